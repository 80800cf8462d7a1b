"""Every route of the beneficiary's page and of its capture sessions, with its rule of access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from starlette.responses import Response

from auth_service.channels.phone import codes, other_ways, page, sessions
from auth_service.channels.phone import description as words
from auth_service.channels.phone import schemas as told
from auth_service.channels.phone.held import HOLDS_SESSION, body_words
from auth_service.channels.phone.own_routes import add_own
from auth_service.web.access import PUBLIC
from auth_service.web.page_assets import add_public_pages

VERIFY = "/verify"
SESSIONS = "/v1/capture-sessions"
_OPEN, _TAG = [Depends(PUBLIC)], "capture session"
_HELD = [Depends(HOLDS_SESSION)]


def add_phone(app: FastAPI) -> None:
    """Adds the page with its files, which stand in no API description, and the calls of its scripts, which do."""
    pages: dict[str, Callable[..., Response]] = {
        VERIFY: page.verify_page,
        "/verify/assets/{version}/{file}": page.page_asset,
        "/certificates/{serial}/qr.svg": page.certificate_qr,
    }
    add_public_pages(app, pages)
    _add_sessions(app)
    _add_steps(app)
    _add_codes(app)
    _add_other_ways(app)
    add_own(app)


def _add_sessions(app: FastAPI) -> None:
    one = f"{SESSIONS}/{{session_id}}"
    app.add_api_route(
        SESSIONS, sessions.open_session, methods=["POST"], status_code=201, dependencies=_OPEN, response_model=None,
        tags=[_TAG], summary="Open a session for whoever an ID number names", openapi_extra=words.OPEN_CALL,
        responses=_answers(201, told.OpenedAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/exchange", sessions.exchange, methods=["POST"], dependencies=_OPEN, response_model=None, tags=[_TAG],
        summary="The one-time ticket for a cookie", openapi_extra=words.OPEN_CALL, responses=words.HELD_PROBLEMS,
    )  # fmt: skip
    app.add_api_route(
        f"{one}/complete", sessions.complete, methods=["POST"], dependencies=_HELD, response_model=None, tags=[_TAG],
        summary="Hand in, and hear what follows", openapi_extra=words.HELD_CALL | body_words(told.NothingBody),
        responses=_answers(200, told.OutcomeAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        one, sessions.state, methods=["GET"], dependencies=_HELD, response_model=None, tags=[_TAG],
        summary="Where it stands", openapi_extra=words.HELD_LOOK,
        responses=_answers(200, told.SessionAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        one, sessions.end, methods=["DELETE"], status_code=204, dependencies=_HELD, response_model=None, tags=[_TAG],
        summary="End it; pictures go at once", openapi_extra=words.HELD_LOOK, responses=words.HELD_PROBLEMS,
    )  # fmt: skip


def _add_steps(app: FastAPI) -> None:
    one = f"{SESSIONS}/{{session_id}}"
    app.add_api_route(
        f"{one}/start", sessions.start, methods=["POST"], dependencies=_HELD, response_model=None, tags=[_TAG],
        summary="The camera runs: the first step", openapi_extra=words.HELD_CALL | body_words(told.StartBody),
        responses=_answers(200, told.StartedAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/steps/{{n}}/seal", sessions.seal, methods=["POST"], dependencies=_HELD, response_model=None,
        tags=[_TAG], summary="The prints of one step's frames, and what is asked next",
        openapi_extra=words.HELD_CALL | body_words(told.SealBody),
        responses=_answers(200, told.StartedAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/colours", sessions.colours, methods=["POST"], dependencies=_HELD, response_model=None, tags=[_TAG],
        summary="The colours, when the person is ready", openapi_extra=words.HELD_CALL | body_words(told.NothingBody),
        responses=_answers(200, told.StartedAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/steps/{{n}}", sessions.step, methods=["POST"], dependencies=_HELD, response_model=None, tags=[_TAG],
        summary="The frames of one step, final once accepted", openapi_extra=words.STEP_CALL,
        responses=_answers(200, told.StepAnswer, words.STEP_PROBLEMS),
    )  # fmt: skip


def _add_codes(app: FastAPI) -> None:
    one = f"{SESSIONS}/{{session_id}}/code"
    app.add_api_route(
        one, codes.send_code, methods=["POST"], dependencies=_HELD, response_model=None, tags=[_TAG],
        summary="Send a one-time code to the telephone on file", responses=_answers(200, told.ReceivedAnswer,
        words.HELD_PROBLEMS), openapi_extra=words.HELD_CALL | body_words(told.NothingBody),
    )  # fmt: skip
    app.add_api_route(
        f"{one}/check", codes.give_code, methods=["POST"], dependencies=_HELD, response_model=None, tags=[_TAG],
        summary="Give it back", responses=_answers(200, told.ReceivedAnswer, words.HELD_PROBLEMS),
        openapi_extra=words.HELD_CALL | body_words(told.CodeBody),
    )  # fmt: skip


def _add_other_ways(app: FastAPI) -> None:
    app.add_api_route(
        f"{SESSIONS}/{{session_id}}/other-ways", other_ways.ask_in_session, methods=["POST"], status_code=201,
        dependencies=_HELD, response_model=None, tags=[_TAG], summary="Ask for another way than the camera",
        openapi_extra=words.HELD_CALL | body_words(told.WishBody),
        responses=_answers(201, told.ReceivedAnswer, words.HELD_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        f"{SESSIONS}/{{session_id}}/photo", other_ways.leave_photo, methods=["POST"], status_code=201,
        dependencies=_HELD, response_model=None, tags=[_TAG], summary="Leave a photo for staff to check",
        openapi_extra=words.PHOTO_CALL, responses=_answers(201, told.ReceivedAnswer, words.STEP_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        "/v1/me/other-ways", other_ways.ask_by_name, methods=["POST"], status_code=201, dependencies=_OPEN,
        response_model=None, tags=[_TAG], summary="The same, for whoever can name the person",
        openapi_extra=words.OPEN_CALL, responses=_answers(201, told.ReceivedAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip
    app.add_api_route(
        "/v1/me/contests", other_ways.contest, methods=["POST"], status_code=201, dependencies=_OPEN,
        response_model=None, tags=[_TAG], summary="Say that a hold is wrong, for whoever can name the person",
        openapi_extra=words.OPEN_CALL, responses=_answers(201, told.ReceivedAnswer, words.OPENING_PROBLEMS),
    )  # fmt: skip


def _answers(status: int, model: type[BaseModel], refusals: dict[int | str, dict[str, Any]]) -> dict[int | str, Any]:
    return {status: {"model": model}, **refusals}
