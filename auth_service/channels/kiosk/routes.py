"""Every call of a kiosk, with its rule of access."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from auth_service.channels.kiosk import description as words
from auth_service.channels.kiosk import devices, other_ways, sessions
from auth_service.channels.kiosk import schemas as own
from auth_service.channels.kiosk.offline_routes import add_offline
from auth_service.channels.phone import schemas as told
from auth_service.channels.phone.description import STEP_CALL
from auth_service.channels.phone.held import body_words

KIOSK = "/v1/kiosk"
SESSIONS = f"{KIOSK}/capture-sessions"
_TAG = "kiosk"


def add_kiosk(app: FastAPI) -> None:
    """Adds the calls; every function's parameters carry the rule (web/signed.py, channels/kiosk/held.py)."""
    _add_devices(app)
    _add_sessions(app)
    _add_steps(app)
    _add_other_ways(app)
    add_offline(app, KIOSK, _TAG)


def _add_devices(app: FastAPI) -> None:
    app.add_api_route(
        f"{KIOSK}/enrolments", devices.enrol, methods=["POST"], status_code=201, response_model=None, tags=[_TAG],
        summary="A one-time code for a place in the registry", openapi_extra=words.LOOK | body_words(own.EnrolmentBody),
        responses=_answers(201, own.StatusAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{KIOSK}/status", devices.status, methods=["GET"], response_model=None, tags=[_TAG],
        summary="How this device stands, and the time", openapi_extra=words.LOOK,
        responses=_answers(200, own.StatusAnswer, words.LOOK_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{KIOSK}/staff-calls", devices.call_staff, methods=["POST"], status_code=201, response_model=None, tags=[_TAG],
        summary="Somebody who stands there needs a person", openapi_extra=words.CALL | body_words(own.StaffCallBody),
        responses=_answers(201, told.ReceivedAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip


def _add_sessions(app: FastAPI) -> None:
    one = f"{SESSIONS}/{{session_id}}"
    app.add_api_route(
        SESSIONS, sessions.open_session, methods=["POST"], status_code=201, response_model=None, tags=[_TAG],
        summary="Open a session for whoever an ID number names",
        openapi_extra=words.CALL | body_words(own.KioskOpenBody),
        responses=_answers(201, own.KioskOpenedAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/complete", sessions.complete, methods=["POST"], response_model=None, tags=[_TAG],
        summary="Hand in, and hear what follows",
        openapi_extra=words.HELD_CALL | words.complete_body(body_words(told.NothingBody)),
        responses=_answers(200, told.OutcomeAnswer, words.STEP_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        one, sessions.state, methods=["GET"], response_model=None, tags=[_TAG], summary="Where it stands",
        openapi_extra=words.HELD_LOOK, responses=_answers(200, told.SessionAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        one, sessions.end, methods=["DELETE"], status_code=204, response_model=None, tags=[_TAG],
        summary="End it; pictures go at once", openapi_extra=words.HELD_LOOK, responses=words.HELD_PROBLEMS,
    )  # fmt: skip


def _add_steps(app: FastAPI) -> None:
    one = f"{SESSIONS}/{{session_id}}"
    app.add_api_route(
        f"{one}/start", sessions.start, methods=["POST"], response_model=None, tags=[_TAG],
        summary="The camera runs: the first step", openapi_extra=words.HELD_CALL | body_words(told.StartBody),
        responses=_answers(200, own.KioskStartedAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/steps/{{n}}/seal", sessions.seal, methods=["POST"], response_model=None, tags=[_TAG],
        summary="The prints of one step's frames, and what is asked next",
        openapi_extra=words.HELD_CALL | body_words(told.SealBody),
        responses=_answers(200, own.KioskStartedAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/colours", sessions.colours, methods=["POST"], response_model=None, tags=[_TAG],
        summary="The colours, when the person is ready", openapi_extra=words.HELD_CALL | body_words(told.NothingBody),
        responses=_answers(200, own.KioskStartedAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/steps/{{n}}", sessions.step, methods=["POST"], response_model=None, tags=[_TAG],
        summary="The frames of one step, final once accepted", openapi_extra=STEP_CALL | words.HELD_CALL,
        responses=_answers(200, told.StepAnswer, words.STEP_PROBLEMS),
    )  # fmt: skip


def _add_other_ways(app: FastAPI) -> None:
    app.add_api_route(
        f"{SESSIONS}/{{session_id}}/other-ways", other_ways.ask_in_session, methods=["POST"], status_code=201,
        response_model=None, tags=[_TAG], summary="Ask for another way than the camera",
        openapi_extra=words.HELD_CALL | body_words(told.WishBody),
        responses=_answers(201, told.ReceivedAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{KIOSK}/other-ways", other_ways.ask_by_name, methods=["POST"], status_code=201, response_model=None,
        tags=[_TAG], summary="The same, for whoever can name the person",
        openapi_extra=words.CALL | body_words(own.KioskWishBody),
        responses=_answers(201, told.ReceivedAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip


def _answers(status: int, model: type[BaseModel], refusals: dict[int | str, dict[str, Any]]) -> dict[int | str, Any]:
    return {status: {"model": model}, **refusals}
