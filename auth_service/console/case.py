"""One case: why it was raised, the line, both sides, what may be done now and by whom; its steps, end and pack."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.roles import Permission
from auth_service.casework.case import CaseAct, CaseState, may_follow
from auth_service.casework.disposition import OUTCOMES, Disposition, Outcome, Step, dispositions_of
from auth_service.casework.terms import OF_THE_LIVING
from auth_service.console import case_words
from auth_service.console.case_chart import HEIGHT, LANE, LEFT, RIGHT, TOP, WIDTH, chart_of
from auth_service.console.cases import LIST
from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.words import local_time, person_rows
from auth_service.core.clock import legal_date
from auth_service.core.errors import (
    AccessRefused,
    ActRefused,
    ConfirmationNeeded,
    CredentialsInvalid,
    FieldInvalid,
    FieldTooLong,
    RateLimited,
    ReasonMissing,
    ServiceError,
    SignInThrottled,
    StaleJudgement,
)
from auth_service.flows.case_terms import error_of
from auth_service.flows.see_case import CaseShown
from auth_service.flows.work_case import Checked
from auth_service.monitoring.flags import Severity
from auth_service.web.access import CaseDecider, CaseReader, CaseWorker, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

_SHOWN = (
    AccessRefused, ActRefused, ConfirmationNeeded, CredentialsInvalid, FieldInvalid, FieldTooLong, RateLimited,
    ReasonMissing, SignInThrottled, StaleJudgement,
)  # fmt: skip
"""What is said on the same page, with the form as it was."""
_CHART = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "lane": LANE}


async def assign_fields(request: Request) -> dict[str, str]:
    """The fields of the form that says who works on it."""
    return await read_page_form(request, (FIELD, "after", "assignee"))


async def step_fields(request: Request) -> dict[str, str]:
    """The fields of the form that notes a step. checked: step and outcome, as `call/reached`"""
    return await read_page_form(request, (FIELD, "after", "checked", "note"))


async def disposition_fields(request: Request) -> dict[str, str]:
    """The fields of the form that says how it ends."""
    return await read_page_form(request, (FIELD, "after", "disposition", "reason"))


async def verdict_fields(request: Request) -> dict[str, str]:
    """The fields of the second word."""
    return await read_page_form(request, (FIELD, "after", "verdict", "note", PASSWORD))


AssignForm = Annotated[dict[str, str], Depends(assign_fields)]
StepForm = Annotated[dict[str, str], Depends(step_fields)]
DispositionForm = Annotated[dict[str, str], Depends(disposition_fields)]
VerdictForm = Annotated[dict[str, str], Depends(verdict_fields)]


def case_page(request: Request, case_id: str, visitor: CaseReader) -> Response:
    """One case. raises NotFound"""
    return _page(request, case_id, visitor, None, {})


def assign(request: Request, case_id: str, visitor: CaseWorker, form: AssignForm) -> Response:
    """Says who works on it. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        flow, after = services_of(request).cases.work, form.get("after") or None
        flow.assign(case_id, form.get("assignee", ""), visitor.staff, after)
    except _SHOWN as error:
        return _page(request, case_id, visitor, error, form)
    return _done(case_id, "assigned")


def note_step(request: Request, case_id: str, visitor: CaseWorker, form: StepForm) -> Response:
    """Notes what was done to check. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        step, _, outcome = form.get("checked", "").partition("/")
        if step not in set(Step) or outcome not in set(Outcome):
            raise FieldInvalid(field="checked")
        checked = Checked(Step(step), Outcome(outcome), form.get("note", ""))
        services_of(request).cases.work.note_step(case_id, checked, visitor.staff, form.get("after") or None)
    except _SHOWN as error:
        return _page(request, case_id, visitor, error, form)
    return _done(case_id, "step")


def propose(request: Request, case_id: str, visitor: CaseWorker, form: DispositionForm) -> Response:
    """Says how it ends, for a second person to agree. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        if form.get("disposition") not in set(Disposition):
            raise FieldInvalid(field="disposition")
        flow, said = services_of(request).cases.work, Disposition(form["disposition"])
        flow.propose(case_id, said, form.get("reason", ""), visitor.staff, form.get("after") or None)
    except _SHOWN as error:
        return _page(request, case_id, visitor, error, form)
    return _done(case_id, "proposed")


def decide(request: Request, case_id: str, visitor: CaseDecider, form: VerdictForm) -> Response:
    """Agrees, which asks for the password given long ago, or gives it back. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    flow, note, after = services_of(request).cases.decide, form.get("note", ""), form.get("after") or None
    try:
        if form.get("verdict") == CaseAct.APPROVED.value:
            visitor = confirm(request, visitor, form)
            flow.approve(case_id, note, visitor.staff, after)
        elif form.get("verdict") == CaseAct.RETURNED.value:
            flow.give_back(case_id, note, visitor.staff, after)
        else:
            raise FieldInvalid(field="verdict")
    except _SHOWN as error:
        return carrying(request, _page(request, case_id, visitor, error, form))
    return carrying(request, _done(case_id, form["verdict"]))


def _done(case_id: str, what: str) -> Response:
    return RedirectResponse(f"{LIST.path}/{case_id}?recorded={what}", 303)


def _page(
    request: Request, case_id: str, visitor: Visitor, error: ServiceError | None, form: dict[str, str]
) -> Response:
    services, language = services_of(request), language_of(request)
    shown = services.cases.see.case(case_id, visitor.staff)
    return pages_of(request).answer(
        request,
        "case.html",
        status_of(error) if error else 200,
        here=f"{LIST.path}/{case_id}",
        address=f"{LIST.path}/{case_id}",
        after=shown.stored.newest,
        **_head(shown, legal_date(services.clock.now()), language),
        **_known(shown, language),
        **_now(shown, visitor, language),
        may_see_flags=visitor.may(Permission.SEE_FLAGS),
        may_see_money=visitor.may(Permission.SEE_MONEY),
        money_url=_money_url(shown, visitor),
        restore_url=f"/console/money/{shown.person.person_id}" if _may_restore(shown, visitor) else "",
        needs_password=needs_password(request, visitor),
        recorded=request.query_params.get("recorded", "") if error is None else "",
        error=error.text(language) if error else None,
        form=form,
    )


def _head(shown: CaseShown, today: date, language: Language) -> dict[str, object]:
    """Which case it is, and how it stands."""
    standing = shown.stored.standing
    cause = text(f"cases.cause.{shown.stored.cause.value}", language)
    name = shown.person.masked_name or text("person.erased", language)
    return {
        "title": text("cases.one", language, cause=cause, name=name),
        "opened": text("cases.opened", language, when=local_time(shown.stored.opened_at), rules=standing.rules),
        "state": standing.state.value,
        "severity": standing.severity.value,
        "due": case_words.due_word(standing, today, language),
        "overdue": standing.is_overdue(today),
        "assignee": shown.names.get(standing.assignee or "", ""),
        "disposition": standing.disposition.value if standing.disposition else "",
        "seen_on": shown.seen_on.isoformat() if shown.seen_on else "",
        "theories": shown.theories if standing.is_open else (),
        "restore_first": shown.restore_first,
    }


def _known(shown: CaseShown, language: Language) -> dict[str, object]:
    """What is known, on either side."""
    entries = case_words.entry_rows(shown, language)
    return {
        "flags": case_words.flag_rows(shown, language),
        "entries": entries,
        "chart": chart_of(shown.entries),
        "drawing": _CHART,
        "tips": [entry["said"] for entry in entries],
        "weighed": shown.weighed,
        "overpaid": case_words.overpaid_rows(shown, language),
        "related": case_words.related_rows(shown, language),
        "history": case_words.history(shown, language),
        "notes_gone": shown.stored.notes_gone,
        "person": person_rows(shown.person, language),
        "person_id": shown.person.person_id,
        "told": case_words.told_rows(shown.notices, language),
        "told_key": _told_key(shown),
    }


def _now(shown: CaseShown, visitor: Visitor, language: Language) -> dict[str, object]:
    """What this visitor may do now."""
    state, works = shown.stored.standing.state, visitor.may(Permission.WORK_CASES)
    decides = visitor.may(Permission.DECIDE_CASES) and state is CaseState.PROPOSED
    own = decides and shown.stored.events[-1].done_by == visitor.staff.id
    said = dispositions_of(shown.stored.cause)
    return {
        "now": text(f"cases.now.{state.value}", language),
        "workers": shown.workers if works and may_follow(state, CaseAct.ASSIGNED) else (),
        "me": visitor.staff.username,
        "steps": _steps(language) if works and may_follow(state, CaseAct.STEP) else [],
        "call_second_first": shown.stored.standing.severity is Severity.CRITICAL,
        "all_barred": _all_barred(shown, said, language),
        "dispositions": [
            {
                "value": one.value,
                "word": text(f"cases.disposition.{one.value}", language),
                "help": text(f"cases.disposition.{one.value}.help", language),
                "bar": error_of(shown.bars[one]).text(language) if one in shown.bars else "",
            }
            for one in said
        ]
        if works and may_follow(state, CaseAct.PROPOSED)
        else [],
        "may_decide": decides and not own,
        "own_proposal": own,
        "barred": _barred(shown, language) if decides else "",
        "proposal": _proposal(shown, language) if state is CaseState.PROPOSED else "",
        "proposal_reason": shown.stored.events[-1].note if state is CaseState.PROPOSED else "",
    }


def _all_barred(shown: CaseShown, said: tuple[Disposition, ...], language: Language) -> str:
    """One sentence where nothing may be proposed yet, and why."""
    bars = {shown.bars[one] for one in said if one in shown.bars and shown.bars[one] not in OF_THE_LIVING}
    covered = bool(bars) and all(one in shown.bars for one in said)
    return error_of(bars.pop()).text(language) if covered else ""


def _proposal(shown: CaseShown, language: Language) -> str:
    """Who proposes what."""
    event = shown.stored.events[-1]
    what = text(f"cases.disposition.{event.disposition.value}", language) if event.disposition else ""
    return text("cases.decide.of", language, who=shown.names.get(event.done_by or "", "?"), what=what)


def _barred(shown: CaseShown, language: Language) -> str:
    """Why what was proposed may not be agreed to any more; empty where it may."""
    bar = shown.bars.get(shown.stored.standing.disposition) if shown.stored.standing.disposition else None
    return error_of(bar).text(language) if bar else ""


def _steps(language: Language) -> list[dict[str, object]]:
    return [
        {
            "word": text(f"cases.step.{step.value}", language),
            "outcomes": [(f"{step.value}/{one.value}", text(f"cases.outcome.{one.value}", language)) for one in found],
        }
        for step, found in OUTCOMES.items()
    ]


def _told_key(shown: CaseShown) -> str:
    """What the person knows of it."""
    if shown.restore_first:
        return "cases.told.restore"
    return "cases.told.stopped" if shown.stopped else "cases.told.paid"


def _money_url(shown: CaseShown, visitor: Visitor) -> str:
    """Where an officer proposes what follows from a confirmed death, filled in; nothing is proposed by itself."""
    closed = shown.stored.standing.state is CaseState.CLOSED
    confirmed = shown.stored.standing.disposition is Disposition.CONFIRMED_DEATH
    if not closed or not confirmed or shown.seen_on is not None or not visitor.may(Permission.SEE_MONEY):
        return ""
    kinds = [one.kind.value for one in shown.overpaid] or [kind.value for kind in shown.person.benefits]
    act = "act=terminate&ground=death_confirmed" if shown.stopped else "act=hold&ground=death_record"
    benefit = f"&benefit={kinds[0]}" if kinds else ""
    return f"/console/money/{shown.person.person_id}?{act}{benefit}"


def _may_restore(shown: CaseShown, visitor: Visitor) -> bool:
    return shown.restore_first and visitor.may(Permission.GIVE_BACK)
