"""Policies: proposed by one person, rehearsed on the people who are here, put in force by another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.dates import parse_date
from auth_service.beneficiaries.tags import TAG_TEXTS, Tag
from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.words import local_time, region
from auth_service.core.document import Problem
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    CredentialsInvalid,
    DateInvalid,
    FileUnreadable,
    PolicyRefused,
    RateLimited,
    ServiceError,
)
from auth_service.flows.rehearse import Rehearsal
from auth_service.storage.unit import StoredPolicy
from auth_service.web.access import PolicyActivator, PolicyMaker, PolicyReader, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

LIST = "/console/policies"
_SHOWN = (AccessRefused, AlreadyExists, CredentialsInvalid, DateInvalid, FileUnreadable, PolicyRefused, RateLimited)
_MOST_LINES = 50
_WORDS = ("due_soon", "overdue", "may_be_held", "guarded")


async def document_field(request: Request) -> dict[str, str]:
    """The text of a policy."""
    return await read_page_form(request, (FIELD, "document"))


async def rehearsal_fields(request: Request) -> dict[str, str]:
    """From when it would hold, and the day to look at."""
    return await read_page_form(request, (FIELD, "from", "on"))


async def activation_fields(request: Request) -> dict[str, str]:
    """From when it holds, and the password where it was given long ago."""
    return await read_page_form(request, (FIELD, "from", PASSWORD))


DocumentForm = Annotated[dict[str, str], Depends(document_field)]
RehearsalForm = Annotated[dict[str, str], Depends(rehearsal_fields)]
ActivationForm = Annotated[dict[str, str], Depends(activation_fields)]


def policies_page(request: Request, visitor: PolicyReader) -> Response:
    """Every document, the newest first. raises PolicyTampered"""
    return _list(request, visitor, None, (), "")


def propose(request: Request, visitor: PolicyMaker, form: DocumentForm) -> Response:
    """Keeps a document without a fault; else names every fault and keeps nothing. raises CsrfRefused"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    people, written = services_of(request).people, form.get("document", "")
    try:
        node = people.read_policy(written)
        _, problems = people.policies.check(node)
        if problems:
            return _list(request, visitor, PolicyRefused(field="document"), problems, written)
        stored = people.policies.propose(node, visitor.staff)
    except _SHOWN as error:
        return _list(request, visitor, error, (), written)
    return RedirectResponse(f"{LIST}/{stored.id}?recorded=proposed", 303)


def policy_page(request: Request, policy_id: str, visitor: PolicyReader) -> Response:
    """One document. raises NotFound, PolicyTampered"""
    return _page(request, policy_id, visitor, None, {})


def rehearse(request: Request, policy_id: str, visitor: PolicyReader, form: RehearsalForm) -> Response:
    """What it would do to whom, counted; nothing is kept. raises CsrfRefused, NotFound, PolicyTampered"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    people = services_of(request).people
    stored = people.policies.by_id(policy_id)
    try:
        starts_on, on = _day(form, "from"), _day(form, "on")
        found = people.rehearse.run(stored.policies, starts_on, on, lambda _: None)
    except _SHOWN as error:
        return _page(request, policy_id, visitor, error, form)
    return _page(request, policy_id, visitor, None, form, found)


def activate(request: Request, policy_id: str, visitor: PolicyActivator, form: ActivationForm) -> Response:
    """Puts it in force; asks for a password given long ago. raises CsrfRefused, NotFound, PolicyTampered"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    policies = services_of(request).people.policies
    stored = policies.by_id(policy_id)
    try:
        starts_on = parse_date(form.get("from", ""), "from")
        visitor = confirm(request, visitor, form)
        policies.activate(stored.policies.name, starts_on, visitor.staff)
    except _SHOWN as error:
        return carrying(request, _page(request, policy_id, visitor, error, form))
    return carrying(request, RedirectResponse(f"{LIST}/{policy_id}?recorded=activated", 303))


def _day(form: Mapping[str, str], name: str) -> date | None:
    """raises DateInvalid"""
    return parse_date(form[name], name) if form.get(name, "").strip() else None


def _list(
    request: Request, visitor: Visitor, error: ServiceError | None, problems: tuple[Problem, ...], written: str
) -> Response:
    language, people = language_of(request), services_of(request).people
    return pages_of(request).answer(
        request,
        "policies.html",
        status_of(error) if error else 200,
        here=LIST,
        rows=[_row(one, people.names(), language) for one in people.policies.all()],
        may_propose=visitor.may(Permission.PROPOSE_POLICY),
        error=error.text(language) if error else None,
        faults=[_fault(one, language) for one in problems],
        written=written,
    )


def _page(
    request: Request, policy_id: str, visitor: Visitor, error: ServiceError | None, form: Mapping[str, str],
    found: Rehearsal | None = None,
) -> Response:  # fmt: skip
    language, people = language_of(request), services_of(request).people
    stored = people.policies.by_id(policy_id)
    may = visitor.may(Permission.ACTIVATE_POLICY)
    recorded = request.query_params.get("recorded", "")
    return pages_of(request).answer(
        request,
        "policy.html",
        status_of(error) if error else 200,
        here=f"{LIST}/{policy_id}",
        address=f"{LIST}/{policy_id}",
        policy=_row(stored, people.names(), language),
        result=_result(found, language) if found else None,
        may_activate=may and stored.proposed_by != visitor.staff.id,
        own=may and stored.proposed_by == visitor.staff.id,
        needs_password=needs_password(request, visitor),
        form={"from": "", "on": "", **form},
        error=error.text(language) if error else None,
        recorded=text(f"policies.recorded.{recorded}", language) if recorded in {"proposed", "activated"} else "",
    )


def _row(one: StoredPolicy, names: Mapping[str, str], language: Language) -> dict[str, object]:
    days = ", ".join(day.isoformat() for day in one.starts_on)
    state = text("policies.in_force", language, on=days) if days else text("policies.waits", language)
    return {
        "id": one.id,
        "name": one.policies.name,
        "count": len(one.policies.policies),
        "by": names.get(one.proposed_by, "?"),
        "at": local_time(one.proposed_at),
        "state": state,
        "active": bool(days),
    }


def _fault(one: Problem, language: Language) -> str:
    words = one.zh if language == "zh" else one.en
    return text("policies.fault", language, line=one.line, where=one.where, words=words)


def _result(found: Rehearsal, language: Language) -> dict[str, object]:
    """Counts as tables; villages with most first, as many as fit a page."""
    place = 0 if language == "zh" else 1
    told = found.tables(_MOST_LINES)
    return {
        "title": text("policies.result", language, on=found.on, n=f"{found.benefits:,}"),
        "rows": [(text(f"policies.{word}", language), found.before[word], found.after[word]) for word in _WORDS],
        "heads": [text(f"policies.{word}", language) for word in _WORDS],
        "villages": [(region(code if code != "-" else None, language), counts) for code, counts in told["by_village"]],
        "tags": [(TAG_TEXTS[Tag(name)][place], counts) for name, counts in told["by_tag"]],
    }
