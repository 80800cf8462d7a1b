"""Asking for another way than the camera, within a session, by name or with a photo, and saying that a hold is wrong;
it changes nothing by itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.channels.phone.held import HeldKey, held_body
from auth_service.channels.phone.schemas import ContestBody, NamedWishBody, ReceivedAnswer, WishBody
from auth_service.core.errors import FieldInvalid
from auth_service.flows.ask_other_way import Named
from auth_service.qualification.evidence import Channel
from auth_service.web.access import client_of
from auth_service.web.csrf import check_page
from auth_service.web.forms import read_photo_form
from auth_service.web.idempotency import checked_key
from auth_service.web.services import services_of

Wishing = Annotated[WishBody, Depends(held_body(WishBody))]


def ask_in_session(request: Request, key: HeldKey, given: Wishing) -> Response:
    """For whom the session was opened. raises SessionUnknown, RateLimited, CsrfRefused"""
    checked_key(request)
    services_of(request).captures.other_way.in_session(key, given.way, given.phone or "", client_of(request))
    return _received()


def ask_by_name(request: Request, given: NamedWishBody) -> Response:
    """For whoever can name the person; the very same is kept once a day, so that a repetition adds nothing.

    raises  IdNumberInvalid, RateLimited, CsrfRefused
    """
    check_page(request, cookie=False)
    checked_key(request)
    services = services_of(request)
    client, named = client_of(request), Named(given.id_number, given.name)
    services.limit.opening(client)
    services.captures.other_way.by_number(named, given.way, Channel.PHONE, given.phone or "", client)
    return _received()


async def picture(request: Request, _key: HeldKey) -> bytes:
    """One picture, read only for whoever holds the session. raises as read_photo_form; FieldInvalid: more than one"""
    checked_key(request)
    form = await read_photo_form(request, ())
    if len(form.photos) != 1:
        raise FieldInvalid("one photo", field="photo")
    return form.photos[0]


def leave_photo(request: Request, key: HeldKey, sent: Annotated[bytes, Depends(picture)]) -> Response:
    """For staff to check; idempotent by its content. raises as LeavePhoto.run"""
    services_of(request).captures.photo.run(key, sent, client_of(request))
    return _received()


def contest(request: Request, given: ContestBody) -> Response:
    """ "I am alive": one answer for everybody, whether anything is held or the number is in the ledger.

    raises  IdNumberInvalid, RateLimited, CsrfRefused
    """
    check_page(request, cookie=False)
    checked_key(request)
    services = services_of(request)
    client, named = client_of(request), Named(given.id_number, given.name, given.proxy_id_number or "")
    services.limit.opening(client)
    services.money.open_contest.by_number(named, Channel.PHONE, given.words, client)
    return _received()


def _received() -> Response:
    return JSONResponse(ReceivedAnswer().model_dump(), 201)
