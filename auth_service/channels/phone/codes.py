"""The one-time code of a session without colours: asked for, and given back."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.channels.phone.held import HeldKey, held_body
from auth_service.channels.phone.schemas import CodeBody, NothingBody, ReceivedAnswer
from auth_service.web.idempotency import checked_key
from auth_service.web.services import services_of

Nothing = Annotated[NothingBody, Depends(held_body(NothingBody))]
Code = Annotated[CodeBody, Depends(held_body(CodeBody))]


def send_code(request: Request, key: HeldKey, _given: Nothing) -> Response:
    """The same whether or not there is a telephone to send it to. raises as ProvePossession.send"""
    checked_key(request)
    services_of(request).captures.possession.send(key)
    return _received()


def give_code(request: Request, key: HeldKey, given: Code) -> Response:
    """raises as ProvePossession.give"""
    checked_key(request)
    services_of(request).captures.possession.give(key, given.code)
    return _received()


def _received() -> Response:
    return JSONResponse(ReceivedAnswer().model_dump(), 200)
