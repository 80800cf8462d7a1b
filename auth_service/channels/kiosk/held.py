"""How a kiosk shows that a capture session is its own: two headers, which its signature covers, and no cookie."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request

from auth_service.accounts.devices import Device
from auth_service.core.errors import SessionUnknown
from auth_service.flows.session_terms import SessionKey
from auth_service.qualification.evidence import Channel
from auth_service.web.services import services_of
from auth_service.web.signed import ACTIVE, SignedByDevice, signed_json

TOKEN, NONCE = "capture-token", "capture-nonce"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
_NONCE = re.compile(r"(?:[0-9a-f]{32})?")


def word_of(device: Device) -> str:
    """What a device is called where captures are counted by device; only its keyed hash is kept."""
    return device.word


@dataclass(frozen=True, slots=True)
class HoldsKioskSession:
    """The device whose session it is, by its signature and the session's headers.

    The session is looked up before the request's body is read.
    raises  as SignedByDevice; SessionUnknown: no such session, or one of another device
    """

    signed: SignedByDevice

    def __call__(self, request: Request, session_id: str) -> SessionKey:
        device = self.signed(request)
        token, nonce = request.headers.get(TOKEN, ""), request.headers.get(NONCE, "")
        if not _TOKEN.fullmatch(token) or not _NONCE.fullmatch(nonce):
            raise SessionUnknown
        key = SessionKey(session_id, token, bytes.fromhex(nonce), Channel.KIOSK, word_of(device))
        services_of(request).captures.see.run(key)
        return key


HOLDS_SESSION = HoldsKioskSession(ACTIVE)
HeldKey = Annotated[SessionKey, Depends(HOLDS_SESSION)]
Model = TypeVar("Model", bound=BaseModel)


def held_body(model: type[Model]) -> Callable[[Request, SessionKey], Awaitable[Model]]:
    """A dependency: the body as this model, read once the session is known. raises as signed_json"""

    async def read(request: Request, _key: HeldKey) -> Model:
        return await signed_json(request, model)

    return read
