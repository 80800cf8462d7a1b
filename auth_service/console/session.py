"""Signing in and out, and what a signed-out visitor sees instead of a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.browsers import read_browser
from auth_service.accounts.credentials import new_token
from auth_service.accounts.roles import Permission, Role
from auth_service.console.devices import waits_for
from auth_service.console.words import ago
from auth_service.core.clock import legal_date
from auth_service.core.errors import CredentialsInvalid, RateLimited, ServiceError, SignInRequired, SignInThrottled
from auth_service.flows.sign_in import Caller
from auth_service.storage.queries import DeskFilter, ProposalFilter, Queries
from auth_service.web.access import StaffVisitor, Visitor, client_of
from auth_service.web.cookies import (
    device_cookie_name,
    drop_cookie,
    form_cookie_name,
    remember_device,
    session_cookie_name,
    set_cookie,
)
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import language_of, text
from auth_service.web.pages import pages_of, wants_page
from auth_service.web.services import Services, services_of

HOME = "/console"
FLAGS, DESK, REQUESTS, DEVICES = "/console/flags", "/console/desk", "/console/requests", "/console/devices"
PROPOSALS, CONTESTS = "/console/proposals", "/console/contests"
CASES = "/console/cases"
DUE, POLICIES, OWN = "/console/due", "/console/policies", "/console/own-requests"
BATCHES, FUND, SCORECARDS = "/console/batches", "/console/fund", "/console/scorecards"
SIGN_IN = "/console/sign-in"
_NEXT = re.compile(
    r"/console(?:/(?:flags|cases|desk|requests|proposals|contests|policies|own-requests|batches)(?:/[0-9a-f]{32})?"
    r"|/(?:money|people)/[0-9a-f]{32}|/devices|/due|/fund|/scorecards|/poverty)?"
)
"""The only places that a sign-in leads to: no address of somebody else's can be put in."""


async def sign_in_fields(request: Request) -> dict[str, str]:
    """The fields of the sign-in form."""
    return await read_page_form(request, (FIELD, "next", "username", "password"))


async def token_field(request: Request) -> dict[str, str]:
    """A form that is only a button."""
    return await read_page_form(request, (FIELD,))


SignInForm = Annotated[dict[str, str], Depends(sign_in_fields)]
TokenForm = Annotated[dict[str, str], Depends(token_field)]


def home(request: Request, visitor: StaffVisitor) -> Response:
    """What waits for this role, with how much and for how long; whoever has one list alone is led to it."""
    cards = _cards(request, visitor)
    if len(cards) == 1:
        return RedirectResponse(str(cards[0]["url"]), 303)
    return pages_of(request).answer(request, "home.html", cards=cards)


def _devices(services: Services, visitor: Visitor) -> int:
    return sum(waits_for(one, visitor.staff) for one in services.keep_devices.all())


_CASES_OF = {Role.CHECKER: "proposed", Role.OFFICER: "restore"}
"""What of the cases waits for a role; for others every open one does."""


def _cases(services: Services, visitor: Visitor) -> int:
    counts = services.queries.case_counts(visitor.staff.id, legal_date(services.clock.now()))
    return counts[_CASES_OF.get(visitor.staff.role, "open")]


_COUNTED: tuple[tuple[Permission, str, str, Callable[[Services, Visitor], int]], ...] = (
    (Permission.SEE_REGISTRY, "batches.title", BATCHES, lambda services, _: len(services.oversight.registry.waiting())),
    (Permission.SEE_CASES, "cases.title", CASES, _cases),
    (Permission.MANAGE_DEVICES, "devices.title", DEVICES, _devices),
    (Permission.SEE_PEOPLE, "due.title", DUE, lambda services, _: services.queries.due_counts()["overdue"]),
    (Permission.ERASE_PERSON, "own.title", OWN, lambda services, _: services.own.answer.waiting()),
    (Permission.SEE_POLICIES, "policies.title", POLICIES, lambda services, _: services.people.policies.waiting()),
)
"""Cards without an age: who sees them, word, address, how many wait."""


def _cards(request: Request, visitor: Visitor) -> list[dict[str, object]]:
    services, language = services_of(request), language_of(request)
    queries, now, cards = services.queries, services.clock.now(), list[dict[str, object]]()

    def card(word: str, url: str, count: int, oldest: datetime | None = None) -> None:
        since = ago(oldest, now, language) if oldest is not None else ""
        cards.append({"word": text(word, language), "url": url, "count": count, "oldest": since})

    if visitor.may(Permission.SEE_FLAGS):
        card("flags.title", FLAGS, queries.flag_counts()["open"])
    if visitor.may(Permission.SEE_REVIEWS):
        first = queries.desk(DeskFilter(), limit=1).rows
        card("desk.title", DESK, queries.desk_counts()["waiting"], first[0].taken_at if first else None)
    if visitor.may(Permission.SEE_REQUESTS):
        asked = queries.requests(limit=1).rows
        card("requests.title", REQUESTS, queries.request_counts()["waiting"], asked[0].asked_at if asked else None)
    for permission, word, url, waiting_for in _COUNTED:
        if visitor.may(permission):
            card(word, url, waiting_for(services, visitor))
    if visitor.may(Permission.SEE_MONEY):
        _money_cards(queries, card)
    return cards


def _money_cards(queries: Queries, card: Callable[[str, str, int, datetime | None], None]) -> None:
    contested = queries.contests(limit=1).rows
    card("contests.title", CONTESTS, queries.contest_counts()["open"], contested[0].opened_at if contested else None)
    proposed = queries.proposals(ProposalFilter(), limit=1).rows
    count = queries.proposal_counts()["waiting"]
    card("money.title", PROPOSALS, count, proposed[0].proposed_at if proposed else None)


def to_home() -> Response:
    """The console's address as people type it."""
    return RedirectResponse(HOME, 308)


def sign_in_page(request: Request) -> Response:
    """The form. Its token lies in a cookie as well, so that no other site can sign somebody in."""
    return _form(request, None, 200)


def sign_in(request: Request, form: SignInForm) -> Response:
    """A session for the right name and password; for anything else one and the same page."""
    services = services_of(request)
    secure = services.cookie_secure
    check_form(request, form.get(FIELD), request.cookies.get(form_cookie_name(secure=secure)))
    device = read_browser(request.cookies.get(device_cookie_name(secure=secure)))
    caller = Caller(client_of(request), device)
    try:
        services.limit.sign_in(caller.client)
        token, session = services.sign_in.begin(form.get("username", ""), form.get("password", ""), caller)
    except (CredentialsInvalid, SignInThrottled, RateLimited) as error:
        return _form(request, error, status_of(error))
    former = request.cookies.get(session_cookie_name(secure=secure))
    if former:
        services.sign_in.end(former)  # whoever signs in again leaves no session behind
    wish = form.get("next", "")
    response = RedirectResponse(wish if _NEXT.fullmatch(wish) else HOME, 303)
    set_cookie(response, session_cookie_name(secure=secure), token, secure=secure)
    remember_device(response, services.sign_in.remember(session, device).text(), secure=secure)
    drop_cookie(response, form_cookie_name(secure=secure), secure=secure)
    return response


def sign_out(request: Request, visitor: StaffVisitor, form: TokenForm) -> Response:
    """Ends the session on the server and clears the browser."""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    services = services_of(request)
    name = session_cookie_name(secure=services.cookie_secure)
    services.sign_in.end(request.cookies[name])
    response = RedirectResponse(f"{SIGN_IN}?ended=1", 303)
    drop_cookie(response, name, secure=services.cookie_secure)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _form(request: Request, error: ServiceError | None, status: int) -> Response:
    services = services_of(request)
    token = new_token()
    wish = request.query_params.get("next", "")
    response = pages_of(request).answer(
        request,
        "sign_in.html",
        status,
        error=error.text(language_of(request)) if error else None,
        ended=error is None and "ended" in request.query_params,
        form_token=token,
        next=wish if _NEXT.fullmatch(wish) else "",
    )
    name = form_cookie_name(secure=services.cookie_secure)
    set_cookie(response, name, token, secure=services.cookie_secure)
    if isinstance(error, SignInThrottled | RateLimited):
        response.headers["Retry-After"] = str(error.retry_after if isinstance(error, RateLimited) else 30)
    return response


def error_page(request: Request, error: ServiceError, status: int) -> Response | None:
    """For a person: the sign-in page where one must sign in first, else a page in the same design."""
    if isinstance(error, SignInRequired) and request.method == "GET" and wants_page(request):
        wish = request.url.path
        return RedirectResponse(f"{SIGN_IN}?next={wish}" if _NEXT.fullmatch(wish) else SIGN_IN, 303)
    return pages_of(request).error(request, error, status)
