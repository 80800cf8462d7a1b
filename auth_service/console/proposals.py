"""Acts on money that wait for a second person: the list, one of them, and what its checker or its maker says."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.person import BenefitKind
from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.listing import ALL, PAGE_SIZE, Listing, cursor_of
from auth_service.console.money_words import act_word, ended, options, statement_rows, sum_rows, yuan
from auth_service.console.words import ago, local_time, person_rows, region
from auth_service.core.errors import (
    AccessRefused,
    ActRefused,
    BeneficiaryUnknown,
    CredentialsInvalid,
    FieldInvalid,
    FieldMissing,
    FieldTooLong,
    RateLimited,
    ServiceError,
    StaleJudgement,
)
from auth_service.flows.money_terms import error_of
from auth_service.flows.see_money import ProposalShown
from auth_service.payments.proposals import Act, Verdict
from auth_service.storage.queries import ProposalFilter, ProposalLine
from auth_service.web.access import MoneyChecker, MoneyMaker, MoneyReader, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

LIST = Listing(
    "/console/proposals",
    "money.state",
    ("waiting", *(verdict.value for verdict in Verdict), ALL),
    {"act": frozenset(act.value for act in Act), "benefit": frozenset(kind.value for kind in BenefitKind)},
)
SHOWN = (
    AccessRefused, ActRefused, CredentialsInvalid, FieldInvalid, FieldMissing, FieldTooLong, RateLimited,
    StaleJudgement,
)  # fmt: skip
"""What is said on the same page, with the form as it was."""


async def decision_fields(request: Request) -> dict[str, str]:
    """The fields of the checker's form."""
    return await read_page_form(request, (FIELD, "verdict", "note", PASSWORD))


async def find_fields(request: Request) -> dict[str, str]:
    """The field that names a person."""
    return await read_page_form(request, (FIELD, "who"))


async def withdraw_fields(request: Request) -> dict[str, str]:
    """A form that is only a button."""
    return await read_page_form(request, (FIELD,))


DecisionForm = Annotated[dict[str, str], Depends(decision_fields)]
FindForm = Annotated[dict[str, str], Depends(find_fields)]
WithdrawForm = Annotated[dict[str, str], Depends(withdraw_fields)]


def proposals_page(request: Request, _visitor: MoneyReader) -> Response:
    """The list by state, act, benefit and region. raises FieldInvalid: a cursor that no page of ours has given out"""
    return _list(request, None)


def find(request: Request, visitor: MoneyReader, form: FindForm) -> Response:
    """Leads to the person. The number travels in no address. raises CsrfRefused"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        person_id = services_of(request).money.see.find(form.get("who", ""), visitor.staff)
    except (BeneficiaryUnknown, FieldMissing) as error:
        return _list(request, error)
    return RedirectResponse(f"/console/money/{person_id}", 303)


def proposal_page(request: Request, proposal_id: str, visitor: MoneyReader) -> Response:
    """One act. raises NotFound"""
    return _page(request, proposal_id, visitor, None, {})


def decide(request: Request, proposal_id: str, visitor: MoneyChecker, form: DecisionForm) -> Response:
    """Approves or returns; an approval asks for the password given long ago. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    flow, note = services_of(request).money.decide, form.get("note", "")
    try:
        if form.get("verdict") == Verdict.APPROVED.value:
            visitor = confirm(request, visitor, form)
            flow.approve(proposal_id, note, visitor.staff)
        elif form.get("verdict") == Verdict.RETURNED.value:
            flow.give_back_to_maker(proposal_id, note, visitor.staff)
        else:
            raise FieldInvalid(field="verdict")
    except SHOWN as error:
        return carrying(request, _page(request, proposal_id, visitor, error, form))
    return carrying(request, RedirectResponse(f"/console/proposals/{proposal_id}?recorded={form['verdict']}", 303))


def withdraw(request: Request, proposal_id: str, visitor: MoneyMaker, form: WithdrawForm) -> Response:
    """The safe direction asks for no password. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        services_of(request).money.decide.withdraw(proposal_id, "", visitor.staff)
    except SHOWN as error:
        return _page(request, proposal_id, visitor, error, {})
    return RedirectResponse(f"/console/proposals/{proposal_id}?recorded=withdrawn", 303)


def _list(request: Request, error: ServiceError | None) -> Response:
    services, language = services_of(request), language_of(request)
    chosen = LIST.chosen(request)
    wanted = ProposalFilter(
        None if chosen["state"] == ALL else chosen["state"],
        Act(chosen["act"]) if chosen["act"] else None,
        BenefitKind(chosen["benefit"]) if chosen["benefit"] else None,
        chosen["region"] or None,
    )
    page, now = services.queries.proposals(wanted, cursor_of(request), PAGE_SIZE), services.clock.now()
    return pages_of(request).answer(
        request,
        "proposals.html",
        status_of(error) if error else 200,
        here=LIST.path,
        chosen=chosen,
        tabs=LIST.tabs(chosen, services.queries.proposal_counts(), language),
        acts=options("money.act", [act.value for act in Act], language),
        benefits=options("benefit", [kind.value for kind in BenefitKind], language),
        rows=[_row(row, now, language) for row in page.rows],
        filtered=LIST.is_narrowed(chosen),
        pages=LIST.pages(request, chosen, page.next_cursor),
        error=text("money.find.none", language) if error else None,
    )


def _row(row: ProposalLine, now: datetime, language: Language) -> dict[str, str]:
    erased = text("person.erased", language)
    return {
        "id": row.id,
        "act": act_word(row.act, language),
        "ground": text(f"money.ground.{row.ground.value}", language),
        "benefit": text(f"benefit.{row.benefit.value}", language),
        "name": row.person.name or erased,
        "number": row.person.id_number or erased,
        "region": region(row.person.region_code, language),
        "month": row.month,
        "amount": yuan(row.amount, language),
        "proposed": local_time(row.proposed_at),
        "proposed_iso": row.proposed_at.isoformat(),
        "ago": ago(row.proposed_at, now, language),
        "state": row.state,
        "state_word": text(f"money.state.{row.state}", language),
    }


def _page(
    request: Request, proposal_id: str, visitor: Visitor, error: ServiceError | None, form: dict[str, str]
) -> Response:
    language = language_of(request)
    view = services_of(request).money.see.proposal(proposal_id, visitor.staff)
    proposal = view.stored.proposal
    waits = view.stored.decision is None
    recorded = request.query_params.get("recorded", "")
    return pages_of(request).answer(
        request,
        "proposal.html",
        status_of(error) if error else 200,
        here=f"{LIST.path}/{proposal_id}",
        address=f"{LIST.path}/{proposal_id}",
        title=text(
            "money.one", language, act=act_word(proposal.act, language),
            benefit=text(f"benefit.{proposal.benefit.value}", language),
        ),
        state=view.stored.decision.verdict.value if view.stored.decision else "waiting",
        facts=_facts(view, language),
        person=person_rows(view.person, language),
        person_id=proposal.person_id,
        lines=statement_rows(proposal.statement, language),
        sums=sum_rows(view.stored, language),
        notes=[note for note in (proposal.note, view.stored.decision.note if view.stored.decision else "") if note],
        ended=ended(view.stored, view.names, language),
        waits=waits,
        is_checker=_is_checker(visitor, view),
        is_maker=proposal.proposed_by == visitor.staff.id,
        refusal=error_of(view.refusal).text(language) if view.refusal else None,
        needs_password=needs_password(request, visitor),
        error=error.text(language) if error else None,
        recorded=recorded if error is None and recorded in {"proposed", *Verdict} else "",
        form=form,
    )  # fmt: skip


def _is_checker(visitor: Visitor, view: ProposalShown) -> bool:
    return visitor.may(Permission.APPROVE_MONEY) and visitor.staff.id != view.stored.proposal.proposed_by


def _facts(view: ProposalShown, language: Language) -> list[tuple[str, str]]:
    proposal = view.stored.proposal
    who = view.names.get(proposal.proposed_by, "?")
    facts = {
        "money.ground": text(f"money.ground.{proposal.ground.value}", language),
        "money.month": "" if proposal.amount else proposal.month,
        "money.amount": yuan(proposal.amount, language),
        "money.proposed": text("money.by", language, who=who, when=local_time(proposal.proposed_at)),
    }
    if view.stored.decision is not None and view.stored.decision.verdict is Verdict.APPROVED:
        facts["money.file"] = _traffic(view, language)
    return [(text(name, language), value) for name, value in facts.items() if value]


def _traffic(view: ProposalShown, language: Language) -> str:
    """What the paying agency knows and says of it."""
    if view.answers:
        newest = view.answers[-1]
        return text(f"money.file.{newest.outcome.value}", language, code=newest.code)
    return text("money.file.sent" if view.file_id else "money.file.none", language)
