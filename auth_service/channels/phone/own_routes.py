"""The routes of /v1/me besides other ways and contests, with their rules of access."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from auth_service.channels.phone import description as words
from auth_service.channels.phone import own
from auth_service.channels.phone import own_schemas as told
from auth_service.channels.phone.schemas import ReceivedAnswer
from auth_service.web.access import PUBLIC

_TAG = "own data"


def add_own(app: FastAPI) -> None:
    """`?session_id=` names the capture session whose cookie is sent."""
    held = [Depends(own.HOLDS_NAMED_SESSION)]
    app.add_api_route(
        "/v1/me/status", own.status, methods=["GET"], dependencies=held, response_model=None, tags=[_TAG],
        summary="How each benefit stands; a code that came back, or a live pass, in the last 15 minutes",
        openapi_extra=words.HELD_LOOK, responses={200: {"model": told.OwnStatusAnswer}, **words.HELD_PROBLEMS},
    )  # fmt: skip
    app.add_api_route(
        "/v1/me/history", own.history, methods=["GET"], dependencies=held, response_model=None, tags=[_TAG],
        summary="What was told and decided; a live pass in the last 15 minutes",
        openapi_extra=words.HELD_LOOK, responses={200: {"model": told.OwnHistoryAnswer}, **words.HELD_PROBLEMS},
    )  # fmt: skip
    app.add_api_route(
        "/v1/me/export", own.export, methods=["GET"], dependencies=held, response_model=None, tags=[_TAG],
        summary="Everything that is kept in words; a live pass in the last 15 minutes",
        openapi_extra=words.HELD_LOOK, responses={200: {"model": told.OwnExportAnswer}, **words.HELD_PROBLEMS},
    )  # fmt: skip
    app.add_api_route(
        "/v1/me/requests", own.ask, methods=["POST"], status_code=201, dependencies=[Depends(PUBLIC)],
        response_model=None, tags=[_TAG], summary="Ask about one's own data, for whoever can name the person",
        openapi_extra=words.OPEN_CALL, responses={201: {"model": ReceivedAnswer}, **words.OPENING_PROBLEMS},
    )  # fmt: skip
