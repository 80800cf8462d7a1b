"""Requests for another way: the list, one request, whom to call, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.capture.other_way import Way
from auth_service.console.confirm import needs_password
from auth_service.console.listing import PAGE_SIZE, Listing, cursor_of
from auth_service.console.words import Row, ago, local_time, person_rows, region
from auth_service.core.errors import (
    FieldInvalid,
    FieldTooLong,
    RateLimited,
    ReasonMissing,
    ServiceError,
    StaleJudgement,
)
from auth_service.flows.answer_photo import Checked
from auth_service.flows.answer_request import Contact, RequestShown, RevealReason
from auth_service.storage.queries import RequestLine
from auth_service.web.access import RequestAnswerer, RequestReader, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

LIST = Listing(
    "/console/requests",
    "requests.state",
    ("waiting", "done"),
    {"way": frozenset(one.value for one in Way)},
    regions=False,
)
_NOTHING_WRITTEN: Mapping[str, str] = MappingProxyType({})
SHOWN = (FieldInvalid, FieldTooLong, RateLimited, ReasonMissing, StaleJudgement)


async def reveal_fields(request: Request) -> dict[str, str]:
    """The fields of the form that shows whom to call."""
    return await read_page_form(request, (FIELD, "reason"))


async def done_fields(request: Request) -> dict[str, str]:
    """The fields of the form that settles a request."""
    return await read_page_form(request, (FIELD, "note"))


RevealForm = Annotated[dict[str, str], Depends(reveal_fields)]
DoneForm = Annotated[dict[str, str], Depends(done_fields)]


def requests_page(request: Request, _visitor: RequestReader) -> Response:
    """The list by state and wished way. raises FieldInvalid: a cursor that no page of ours has given out"""
    services, language = services_of(request), language_of(request)
    chosen = LIST.chosen(request)
    page = services.queries.requests(
        settled=chosen["state"] == "done",
        way=Way(chosen["way"]) if chosen["way"] else None,
        cursor=cursor_of(request),
        limit=PAGE_SIZE,
    )
    counts, now = services.queries.request_counts(), services.clock.now()
    return pages_of(request).answer(
        request,
        "requests.html",
        chosen=chosen,
        ways=[(one.value, text(f"verify.ways.{one.value}", language)) for one in Way],
        tabs=LIST.tabs(chosen, counts, language),
        nobody=counts["nobody"],
        rows=[_row(row, now, language) for row in page.rows],
        pages=LIST.pages(request, chosen, page.next_cursor),
    )


def request_page(request: Request, request_id: str, visitor: RequestReader) -> Response:
    """One request. raises NotFound"""
    return request_view(request, request_id, visitor)


def reveal(request: Request, request_id: str, visitor: RequestAnswerer, form: RevealForm) -> Response:
    """The same page with whom to call, this once; nothing of it stands in an address. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        if form.get("reason") not in set(RevealReason):
            raise ReasonMissing(field="reason")
        contact = services_of(request).desk.answer.reveal(request_id, RevealReason(form["reason"]), visitor.staff)
    except SHOWN as error:
        return request_view(request, request_id, visitor, error)
    return request_view(request, request_id, visitor, contact=contact)


def settle(request: Request, request_id: str, visitor: RequestAnswerer, form: DoneForm) -> Response:
    """Marks it as done; what was written is kept where something is lacking. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        services_of(request).desk.answer.settle(request_id, form.get("note", ""), visitor.staff)
    except SHOWN as error:
        return request_view(request, request_id, visitor, error, written=form)
    return RedirectResponse(f"/console/requests/{request_id}?recorded=1", 303)


def request_view(
    request: Request,
    request_id: str,
    visitor: Visitor,
    error: ServiceError | None = None,
    *,
    contact: Contact | None = None,
    written: Mapping[str, str] = _NOTHING_WRITTEN,
) -> Response:
    """The page of one request; written: what stays in its form beside an error. raises NotFound"""
    services, language = services_of(request), language_of(request)
    view = services.desk.answer.see(request_id, visitor.staff)
    asked = view.request
    return pages_of(request).answer(
        request,
        "request.html",
        status_of(error) if error else 200,
        address=f"/console/requests/{request_id}",
        here=f"/console/requests/{request_id}",
        way=text(f"verify.ways.{asked.way.value}", language),
        taken=text(
            "desk.taken", language, when=local_time(asked.asked_at),
            channel=text(f"desk.channel.{asked.channel.value}", language),
            ago=ago(asked.asked_at, services.clock.now(), language),
        ),
        person=person_rows(view.person, language),
        phone=text(f"requests.phone.{'given' if asked.phone else 'none'}", language),
        reasons=[(one.value, text(f"requests.reveal.{one.value}", language)) for one in RevealReason],
        contact=_contact(contact, language) if contact else None,
        may_answer=view.may_answer,
        photo=_photo(view, written, language) if asked.way is Way.PHOTO else None,
        needs_password=view.has_photo and needs_password(request, visitor),
        settled=_settled(asked.settled_at, view.settled_by, language),
        note=asked.note if asked.settled_at else written.get("note", ""),
        error=error.text(language) if error else None,
        recorded=error is None and "recorded" in request.query_params,
    )  # fmt: skip


def _photo(view: RequestShown, written: Mapping[str, str], language: Language) -> dict[str, object]:
    """What the page says of a photo that was left, and its form as it was filled."""
    asked = view.request
    gone = "answered" if asked.settled_at else "expired" if asked.photo_id else "not_kept"
    return {
        "shown": view.has_photo and view.may_answer,
        "words": text(f"requests.photo.{'waits' if view.has_photo else gone}", language),
        "checks": [(one.value, text(f"requests.photo.{one.value}", language)) for one in Checked],
        "form": {"verdict": "", "checked": "", "note": "", **written},
    }


def _contact(contact: Contact, language: Language) -> list[Row]:
    none = text("requests.contact.none", language)
    helper = " ".join(part for part in (contact.helper, contact.helper_phone) if part)
    told = {"name": contact.name, "given": contact.given, "on_file": contact.on_file, "helper": helper}
    return [Row(text(f"requests.contact.{name}", language), value or none) for name, value in told.items()]


def _settled(at: datetime | None, who: str, language: Language) -> str | None:
    return None if at is None else text("requests.settled", language, who=who, when=local_time(at))


def _row(row: RequestLine, now: datetime, language: Language) -> dict[str, object]:
    erased = text("person.erased", language)
    return {
        "id": row.id,
        "way": text(f"verify.ways.{row.way.value}", language),
        "channel": text(f"desk.channel.{row.channel.value}", language),
        "name": row.person.name or erased,
        "number": row.person.id_number or erased,
        "key": row.person.person_key,
        "region": region(row.person.region_code, language),
        "phone": text(f"requests.phone.{'given' if row.has_phone else 'none'}", language),
        "asked": local_time(row.asked_at),
        "asked_iso": row.asked_at.isoformat(),
        "ago": ago(row.asked_at, now, language),
        "done": local_time(row.settled_at) if row.settled_at else "",
    }
