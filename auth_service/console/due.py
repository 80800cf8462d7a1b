"""Who is due: the list by state, benefit, region and the way somebody passed last, on the screen and as a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.region import region_name
from auth_service.console.listing import ALL, PAGE_SIZE, Chosen, Listing, cursor_of
from auth_service.console.words import region
from auth_service.core.errors import BeneficiaryUnknown, FieldMissing, ServiceError
from auth_service.flows.see_person import MOST_EXPORTED
from auth_service.qualification.status import LifeState
from auth_service.storage.queries import DueFilter, DueLine, LastPass
from auth_service.web.access import PeopleReader
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

LIST = Listing(
    "/console/due",
    "due.state",
    ("overdue", "due_soon", "held", "suspended", "terminated", "normal", ALL),
    {"benefit": frozenset(kind.value for kind in BenefitKind), "last": frozenset(last.value for last in LastPass)},
)


async def find_fields(request: Request) -> dict[str, str]:
    """The field that names a person."""
    return await read_page_form(request, (FIELD, "who"))


FindForm = Annotated[dict[str, str], Depends(find_fields)]


def due_page(request: Request, _visitor: PeopleReader) -> Response:
    """The list. raises FieldInvalid: a cursor that no page of ours has given out"""
    return _list(request, None)


def find(request: Request, visitor: PeopleReader, form: FindForm) -> Response:
    """Leads to the person. The number travels in no address. raises CsrfRefused"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        person_id = services_of(request).people.see.find(form.get("who", ""), visitor.staff)
    except (BeneficiaryUnknown, FieldMissing) as error:
        return _list(request, error)
    return RedirectResponse(f"/console/people/{person_id}", 303)


def due_file(request: Request, visitor: PeopleReader) -> Response:
    """The same list as CSV, masked as on the screen; no cell runs as a formula."""
    services, language = services_of(request), language_of(request)
    page = services.people.see.due(_filter(LIST.chosen(request)), visitor.staff)
    head = [
        text(key, language)
        for key in (
            "due.csv.key", "due.csv.name", "due.csv.number", "due.csv.region", "due.csv.place", "money.benefit",
            "flags.state", "due.on", "due.csv.passed", "due.last", "due.marks",
        )
    ]  # fmt: skip
    body = services.people.csv([head, *(_cells(row, language) for row in page.rows)])
    headers = {"Content-Disposition": 'attachment; filename="due.csv"', "Cache-Control": "no-store"}
    return Response(body, headers=headers, media_type="text/csv; charset=utf-8")


def _list(request: Request, error: ServiceError | None) -> Response:
    services, language = services_of(request), language_of(request)
    chosen = LIST.chosen(request)
    cursor = cursor_of(request) if error is None else None
    page = services.queries.due(_filter(chosen), cursor, PAGE_SIZE)
    return pages_of(request).answer(
        request,
        "due.html",
        status_of(error) if error else 200,
        here="/console/due",
        error=error.text(language) if error else None,
        chosen=chosen,
        tabs=LIST.tabs(chosen, services.queries.due_counts(chosen["region"] or None), language),
        benefits=[(kind.value, text(f"benefit.{kind.value}", language)) for kind in BenefitKind],
        lasts=[(last.value, text(f"due.last.{last.value}", language)) for last in LastPass],
        rows=[_row(row, language) for row in page.rows],
        file_url=LIST.url(chosen).replace("/console/due", "/console/due.csv", 1),
        most=f"{MOST_EXPORTED:,}",
        pages=LIST.pages(request, chosen, page.next_cursor),
    )


def _filter(chosen: Chosen) -> DueFilter:
    return DueFilter(
        None if chosen["state"] == ALL else LifeState(chosen["state"]),
        BenefitKind(chosen["benefit"]) if chosen["benefit"] else None,
        chosen["region"] or None,
        LastPass(chosen["last"]) if chosen["last"] else None,
    )


def _row(row: DueLine, language: Language) -> dict[str, object]:
    erased = text("person.erased", language)
    return {
        "id": row.person.person_id,
        "name": row.person.name or erased,
        "number": row.person.id_number or erased,
        "region": region(row.person.region_code, language),
        "benefit": text(f"benefit.{row.benefit.value}", language),
        "state": row.state.value,
        "state_word": text(f"due.state.{row.state.value}", language),
        "due_on": row.due_on.isoformat(),
        "passed_on": row.passed_on.isoformat() if row.passed_on else "",
        "last": text(f"due.last.{row.last.value}", language),
        "marks": _marks(row, language),
    }


def _marks(row: DueLine, language: Language) -> list[str]:
    held = {"due.guarded": row.guarded, "due.may_hold": row.may_propose_hold, "due.restore_first": row.restore_first}
    return [text(key, language) for key, yes in held.items() if yes]


def _cells(row: DueLine, language: Language) -> list[str]:
    told, code = _row(row, language), row.person.region_code or ""
    place = region_name(code, language) if code else ""
    shown = [str(told[name]) for name in ("benefit", "state_word", "due_on", "passed_on", "last")]
    return [
        row.person.person_key, str(told["name"]), str(told["number"]), code, "" if place == code else place, *shown,
        "; ".join(_marks(row, language)),
    ]  # fmt: skip
