"""The queue of cases: worst first, filtered by state, severity, cause, region and by whose they are."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.roles import Permission
from auth_service.casework.case import CaseState, Cause
from auth_service.console.case_words import due_word
from auth_service.console.listing import ALL, PAGE_SIZE, Listing, cursor_of
from auth_service.console.money_words import options
from auth_service.console.words import region
from auth_service.core.clock import legal_date
from auth_service.flows.gather_cases import PEOPLE_AT_ONCE
from auth_service.monitoring.flags import Severity
from auth_service.storage.queries import CaseFilter, CaseLine
from auth_service.storage.queries.cases import MINE, OPEN, OVERDUE, RESTORE
from auth_service.web.access import CaseReader, CaseWorker
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

LIST = Listing(
    "/console/cases",
    "cases.list",
    (OPEN, CaseState.PROPOSED.value, MINE, OVERDUE, RESTORE, CaseState.CLOSED.value, ALL),
    {
        "severity": frozenset(one.value for one in Severity),
        "cause": frozenset(one.value for one in Cause),
    },
)


async def gather_fields(request: Request) -> dict[str, str]:
    """A form that is only a button."""
    return await read_page_form(request, (FIELD,))


GatherForm = Annotated[dict[str, str], Depends(gather_fields)]


def cases_page(request: Request, visitor: CaseReader) -> Response:
    """The queue. raises FieldInvalid: a cursor that no page of ours has given out"""
    services, language = services_of(request), language_of(request)
    chosen, today = LIST.chosen(request), legal_date(services.clock.now())
    wanted = CaseFilter(
        chosen["state"],
        Severity(chosen["severity"]) if chosen["severity"] else None,
        Cause(chosen["cause"]) if chosen["cause"] else None,
        chosen["region"] or None,
        visitor.staff.id,
        today,
    )
    page = services.queries.cases(wanted, cursor_of(request), PAGE_SIZE)
    counts = services.queries.case_counts(visitor.staff.id, today)
    tabs = LIST.tabs(chosen, counts, language)
    tabs[-1]["count"] = counts[ALL]  # the lists overlap: their sum would count some twice
    names = services.people.names()
    return pages_of(request).answer(
        request,
        "cases.html",
        chosen=chosen,
        tabs=tabs,
        severities=options("flags.severity", [one.value for one in Severity], language),
        causes=options("cases.cause", [one.value for one in Cause], language),
        rows=[_row(row, names, today, language) for row in page.rows],
        filtered=LIST.is_narrowed(chosen),
        pages=LIST.pages(request, chosen, page.next_cursor),
        may_gather=visitor.may(Permission.WORK_CASES),
        gathered=request.query_params.get("gathered", "") if visitor.may(Permission.WORK_CASES) else "",
        more=request.query_params.get("more") == "1",
    )


def gather(request: Request, visitor: CaseWorker, form: GatherForm) -> Response:
    """Puts flags of so many people into cases now; the worker does the rest. raises CsrfRefused"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    flags, more = services_of(request).cases.gather.some(PEOPLE_AT_ONCE)
    return RedirectResponse(f"{LIST.path}?gathered={flags}{'&more=1' if more else ''}", 303)


def _row(row: CaseLine, names: dict[str, str], today: date, language: Language) -> dict[str, object]:
    erased, standing = text("person.erased", language), row.standing
    return {
        "id": row.id,
        "cause": text(f"cases.cause.{row.cause.value}", language),
        "name": row.person.name or erased,
        "number": row.person.id_number or erased,
        "severity": standing.severity.value,
        "rules": text("cases.rules", language, n=standing.rules),
        "region": region(row.person.region_code, language),
        "state": standing.state.value,
        "assignee": names.get(standing.assignee or "", ""),
        "due": due_word(standing, today, language),
        "overdue": standing.is_overdue(today),
        "disposition": text(f"cases.disposition.{standing.disposition.value}", language)
        if standing.disposition
        else "",
    }
