"""One person's money: how each benefit stands, what was done, and the forms to propose, to give back, to contest."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.dates import parse_date
from auth_service.beneficiaries.person import BenefitKind
from auth_service.console.money_words import act_word, benefit_card, history_rows, options, yuan
from auth_service.console.proposals import SHOWN
from auth_service.console.words import local_time, person_rows
from auth_service.core.errors import AmountInvalid, DateInvalid, FieldInvalid, ServiceError
from auth_service.flows.give_back import Restored, Restoring
from auth_service.flows.propose_act import Wish
from auth_service.flows.see_money import PersonMoney
from auth_service.payments.months import Uncertain
from auth_service.payments.overpayment import OffsetKind
from auth_service.payments.proposals import GROUNDS, Act, Ground, PayState
from auth_service.payments.rows import check_amount
from auth_service.payments.statement import RecoverTerms
from auth_service.web.access import GivingBack, MoneyMaker, MoneyReader, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

_SHOWN = (*SHOWN, AmountInvalid, DateInvalid)
_MOST_OFFSET = Decimal(10_000_000)
"""source: own decision; a personal account above ten million CNY is a slip of the keyboard"""
_FIELDS = (
    FIELD, "benefit", "act", "ground", "month", "note", "end_first", "end_last", "refund", "funeral_grant",
    "personal_account",
)  # fmt: skip


async def wish_fields(request: Request) -> dict[str, str]:
    """The fields of the form that proposes."""
    return await read_page_form(request, _FIELDS)


async def restore_fields(request: Request) -> dict[str, str]:
    """The fields of the form that gives back."""
    return await read_page_form(request, (FIELD, "ground", "note"))


async def contest_fields(request: Request) -> dict[str, str]:
    """The field of what somebody says."""
    return await read_page_form(request, (FIELD, "words"))


WishForm = Annotated[dict[str, str], Depends(wish_fields)]
RestoreForm = Annotated[dict[str, str], Depends(restore_fields)]
ContestForm = Annotated[dict[str, str], Depends(contest_fields)]


def money_page(request: Request, person_id: str, visitor: MoneyReader) -> Response:
    """One person; `?act=` and `?benefit=` open the form to propose that. raises NotFound"""
    return _page(request, person_id, visitor, None, dict(request.query_params))


def propose(request: Request, person_id: str, visitor: MoneyMaker, form: WishForm) -> Response:
    """Puts it before a second person; what the form lacks is said on the same page. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        proposal = services_of(request).money.propose.run(_wish(person_id, form), visitor.staff)
    except _SHOWN as error:
        return _page(request, person_id, visitor, error, form)
    return RedirectResponse(f"/console/proposals/{proposal.id}?recorded=proposed", 303)


def restore(request: Request, person_id: str, visitor: GivingBack, form: RestoreForm) -> Response:
    """Gives back at once; the safe direction asks for no password. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        wish = restoring(person_id, form)
        restored = services_of(request).money.give_back.run(wish, visitor.staff)
    except _SHOWN as error:
        return _page(request, person_id, visitor, error, form)
    return RedirectResponse(f"/console/money/{person_id}?{told(restored)}", 303)


def contest(request: Request, person_id: str, visitor: GivingBack, form: ContestForm) -> Response:
    """Writes down what somebody says at a counter or on the telephone. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        opened = services_of(request).money.open_contest.by_staff(person_id, form.get("words", ""), visitor.staff)
    except _SHOWN as error:
        return _page(request, person_id, visitor, error, form)
    if opened is None:
        return RedirectResponse(f"/console/money/{person_id}?written=none", 303)
    return RedirectResponse(f"/console/contests/{opened.contest.id}?recorded=1", 303)


def restoring(person_id: str, form: dict[str, str]) -> Restoring:
    """raises FieldInvalid"""
    if form.get("ground") not in set(GROUNDS[Act.RESUME]):
        raise FieldInvalid(field="ground")
    return Restoring(person_id, Ground(form["ground"]), form.get("note", ""))


def told(restored: Restored) -> str:
    """What was given back, for the page that follows; it names nobody."""
    more = ("&open=1" if restored.left_open else "") + ("&awaited=1" if restored.awaited else "")
    return f"restored={restored.back_paid}{more}"


def told_of(request: Request, language: Language) -> str:
    """The same as a sentence; empty where nothing was."""
    try:
        amount = Decimal(request.query_params.get("restored", ""))
    except ArithmeticError:
        return ""
    more = text("money.restored.open", language) if "open" in request.query_params else ""
    more += text("money.restored.awaited", language) if "awaited" in request.query_params else ""
    if not amount.is_finite() or amount <= 0:
        return text("money.restored.nothing" if not more else "money.restored.yes", language) + more
    return text("money.restored", language, amount=yuan(amount, language)) + more


def _wish(person_id: str, form: dict[str, str]) -> Wish:
    """raises FieldInvalid, DateInvalid, AmountInvalid"""
    for field, known in (("benefit", set(BenefitKind)), ("act", set(Act)), ("ground", set(Ground))):
        if form.get(field) not in known:
            raise FieldInvalid(field=field)
    act = Act(form["act"])
    terms = _terms(form) if act is Act.RECOVER else None
    month, note = form.get("month", "").strip() or None, form.get("note", "")
    return Wish(person_id, BenefitKind(form["benefit"]), act, Ground(form["ground"]), month, note, terms)


def _terms(form: dict[str, str]) -> RecoverTerms:
    """raises FieldInvalid, DateInvalid, AmountInvalid"""
    first = parse_date(form.get("end_first", ""), "end_first")
    last: date = parse_date(form["end_last"], "end_last") if form.get("end_last", "").strip() else first
    if last < first:
        raise FieldInvalid(field="end_last")
    refund = form.get("refund", "").strip()
    offsets = tuple(
        (kind, check_amount(form[kind.value], kind.value, _MOST_OFFSET))
        for kind in OffsetKind
        if form.get(kind.value, "").strip()
    )
    return RecoverTerms(
        Uncertain(first, last), refunds=(check_amount(refund, "refund", _MOST_OFFSET),) if refund else (),
        offsets=offsets,
    )  # fmt: skip


def _page(
    request: Request, person_id: str, visitor: Visitor, error: ServiceError | None, form: dict[str, str]
) -> Response:
    language = language_of(request)
    view = services_of(request).money.see.person(person_id, visitor.staff)
    stopped = any(benefit.state is not PayState.PAID for benefit in view.benefits)
    return pages_of(request).answer(
        request,
        "money.html",
        status_of(error) if error else 200,
        here=f"/console/money/{person_id}",
        address=f"/console/money/{person_id}",
        person=person_rows(view.person, language),
        seen=text("money.seen", language, when=local_time(view.seen_at))
        if view.seen_at
        else text("money.seen.never", language),
        benefits=[benefit_card(benefit, language) for benefit in view.benefits],
        history=history_rows(view.proposals, view.names, language),
        contests=[
            {"id": one.contest.id, "opened": local_time(one.contest.opened_at)} for one in view.contests if one.is_open
        ],
        wish=_wished(view, visitor, form, language),
        restore_grounds=options("money.ground", [ground.value for ground in GROUNDS[Act.RESUME]], language)
        if stopped and visitor.may(Permission.GIVE_BACK)
        else [],
        may_propose=visitor.may(Permission.PROPOSE_MONEY),
        may_write=visitor.may(Permission.GIVE_BACK),
        written=text("contests.written.none", language) if request.query_params.get("written") == "none" else "",
        restored=told_of(request, language),
        error=error.text(language) if error else None,
        form=form,
    )


def _wished(view: PersonMoney, visitor: Visitor, form: dict[str, str], language: Language) -> dict[str, object] | None:
    """The form that `?act=` and `?benefit=` ask for, where that may be proposed."""
    if not visitor.may(Permission.PROPOSE_MONEY):
        return None
    for benefit in view.benefits:
        for act in benefit.possible:
            if (form.get("act"), form.get("benefit")) == (act.value, benefit.kind.value):
                return {
                    "act": act.value,
                    "benefit": benefit.kind.value,
                    "title": text("money.propose.title", language, act=act_word(act, language)),
                    "for": text(f"benefit.{benefit.kind.value}", language),
                    "grounds": options("money.ground", [ground.value for ground in GROUNDS[act]], language),
                    "with_terms": act is Act.RECOVER,
                    "with_offsets": act is Act.RECOVER and benefit.kind is BenefitKind.RESIDENT_PENSION,
                }
    return None
