"""Asking for another way than the camera, at a kiosk; it changes nothing by itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.accounts.devices import Device
from auth_service.channels.kiosk.held import HeldKey, held_body, word_of
from auth_service.channels.kiosk.schemas import KioskWishBody
from auth_service.channels.phone.schemas import ReceivedAnswer, WishBody
from auth_service.flows.ask_other_way import Named
from auth_service.qualification.evidence import Channel
from auth_service.web.idempotency import checked_key
from auth_service.web.services import services_of
from auth_service.web.signed import HEARD, signed_json

HeardDevice = Annotated[Device, Depends(HEARD)]
Wishing = Annotated[WishBody, Depends(held_body(WishBody))]


async def wish_body(request: Request, _device: HeardDevice) -> KioskWishBody:
    """Read once the device is known. raises as signed_json"""
    return await signed_json(request, KioskWishBody)


def ask_in_session(request: Request, key: HeldKey, given: Wishing) -> Response:
    """For whom the session was opened. raises SessionUnknown, RateLimited"""
    checked_key(request)
    services_of(request).captures.other_way.in_session(key, given.way, given.phone or "", key.device)
    return _received()


def ask_by_name(request: Request, device: HeardDevice, given: Annotated[KioskWishBody, Depends(wish_body)]) -> Response:
    """For whoever can name the person; at a kiosk that is set aside too. raises IdNumberInvalid, RateLimited"""
    checked_key(request)
    named = Named(given.id_number, given.name)
    other_way = services_of(request).captures.other_way
    other_way.by_number(named, given.way, Channel.KIOSK, given.phone or "", word_of(device))
    return _received()


def _received() -> Response:
    return JSONResponse(ReceivedAnswer().model_dump(), 201)
