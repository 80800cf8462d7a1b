"""What people ask about their own data: the list, one request, and what a privacy officer did once they met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.words import local_time, person_rows
from auth_service.core.erasure import ErasureReason, Requester
from auth_service.core.errors import (
    AccessRefused,
    CredentialsInvalid,
    ErasureHeldBack,
    FieldInvalid,
    FieldTooLong,
    RateLimited,
    ServiceError,
    StaleJudgement,
)
from auth_service.enrollment.own_request import HELD_BACK_BY_CASES, Answer, OwnRequest, OwnWish, Papers, check_answer
from auth_service.flows.erase import EraseRequest
from auth_service.web.access import PrivacyOfficer, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import Services, services_of

LIST = "/console/own-requests"
_SHOWN = (
    AccessRefused, CredentialsInvalid, ErasureHeldBack, FieldInvalid, FieldTooLong, RateLimited, StaleJudgement,
)  # fmt: skip
_GROUNDS = {OwnWish.ERASE: ErasureReason.ASKED_FOR, OwnWish.WITHDRAW_CONSENT: ErasureReason.CONSENT_WITHDRAWN}


async def answer_fields(request: Request) -> dict[str, str]:
    """The officer's form."""
    return await read_page_form(request, (FIELD, "answer", "papers", "note", PASSWORD))


AnswerForm = Annotated[dict[str, str], Depends(answer_fields)]


def own_requests_page(request: Request, visitor: PrivacyOfficer) -> Response:
    """The waiting ones, the oldest first; `?state=done` shows the others."""
    language, own = language_of(request), services_of(request).own
    settled = request.query_params.get("state") == "done"
    rows = own.answer.listed(visitor.staff, settled=settled)
    return pages_of(request).answer(
        request, "own_requests.html", here=LIST, rows=[_row(one, language) for one in rows], settled=settled
    )


def own_request_page(request: Request, own_id: str, visitor: PrivacyOfficer) -> Response:
    """One request. raises NotFound"""
    return _page(request, own_id, visitor, None, {})


def answer(request: Request, own_id: str, visitor: PrivacyOfficer, form: AnswerForm) -> Response:
    """Carries it out, or says why not; asks for a password given long ago. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    services = services_of(request)
    try:
        visitor = confirm(request, visitor, form)
        _carry_out(services, own_id, visitor, form)
        given = (form.get("answer", ""), form.get("papers", ""), form.get("note", ""))
        services.own.answer.settle(own_id, given, visitor.staff)
    except _SHOWN as error:
        return carrying(request, _page(request, own_id, visitor, error, form))
    return carrying(request, RedirectResponse(f"{LIST}/{own_id}?recorded=1", 303))


def _carry_out(services: Services, own_id: str, visitor: Visitor, form: Mapping[str, str]) -> None:
    """What erases goes first: done again it changes nothing, and an answer without it would be a lie.

    raises   FieldInvalid, StaleJudgement, ErasureHeldBack (a flag is open)
    """
    found = services.own.answer.see(own_id, visitor.staff).request
    wanted, _ = check_answer(form.get("answer", ""), form.get("papers", ""))
    if wanted is not Answer.DONE or found.wish not in HELD_BACK_BY_CASES:
        return
    if found.settled_at is not None:
        raise StaleJudgement
    actor, reason = f"staff:{visitor.staff.id}", _GROUNDS[found.wish]
    erasing = EraseRequest(Requester.PERSON, reason, visitor.staff, actor, person_id=found.person_id)
    services.own.erase.run(erasing)


def _page(
    request: Request, own_id: str, visitor: Visitor, error: ServiceError | None, form: Mapping[str, str]
) -> Response:
    language = language_of(request)
    shown = services_of(request).own.answer.see(own_id, visitor.staff)
    found = shown.request
    return pages_of(request).answer(
        request,
        "own_request.html",
        status_of(error) if error else 200,
        here=f"{LIST}/{own_id}",
        address=f"{LIST}/{own_id}",
        asked=_row(found, language),
        effect=text(f"own.effect.{found.wish.value}", language),
        person=person_rows(shown.person, language) if shown.person else [],
        answers=[(one.value, text(f"own.answer.{one.value}", language)) for one in Answer],
        papers=[(one.value, text(f"own.papers.{one.value}", language)) for one in Papers],
        settled=_settled(found, shown.names, language),
        note=found.note,
        form={"answer": "", "papers": "", "note": "", **form},
        needs_password=needs_password(request, visitor),
        error=error.text(language) if error else None,
        recorded=error is None and "recorded" in request.query_params,
    )


def _settled(found: OwnRequest, names: Mapping[str, str], language: Language) -> str:
    if found.settled_at is None or found.answer is None:
        return ""
    word = text(f"own.answer.{found.answer.value}", language)
    who = names.get(found.settled_by or "", "?")
    return text("own.settled", language, answer=word, who=who, when=local_time(found.settled_at))


def _row(found: OwnRequest, language: Language) -> dict[str, object]:
    return {
        "id": found.id,
        "wish": text(f"own.wish.{found.wish.value}", language),
        "asked": local_time(found.asked_at),
        "channel": text(f"desk.channel.{found.channel}", language),
        "answer": text(f"own.answer.{found.answer.value}", language) if found.answer else "",
    }
