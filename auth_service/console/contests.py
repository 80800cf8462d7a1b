"""Contests: the list, whoever passed remotely first; one of them, and what staff do about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.roles import Permission
from auth_service.casework.contest import ContestAct, may_follow, proposer_of_dismissal, restore_by, state_of
from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.listing import PAGE_SIZE, Listing, cursor_of
from auth_service.console.money import restoring, told, told_of
from auth_service.console.money_words import benefit_card, options
from auth_service.console.proposals import SHOWN
from auth_service.console.words import ago, local_time, person_rows, region
from auth_service.core.errors import FieldInvalid, ServiceError
from auth_service.flows.see_money import ContestShown
from auth_service.payments.proposals import GROUNDS, Act, Ground
from auth_service.storage.queries import ContestLine
from auth_service.web.access import GivingBack, MoneyReader, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

LIST = Listing("/console/contests", "contests.state", ("open", "restored", "dismissed"), {})


async def act_fields(request: Request) -> dict[str, str]:
    """The fields of the form that notes an act."""
    return await read_page_form(request, (FIELD, "act", "note"))


async def restore_fields(request: Request) -> dict[str, str]:
    """The fields of the form that gives back."""
    return await read_page_form(request, (FIELD, "ground", "note"))


async def dismiss_fields(request: Request) -> dict[str, str]:
    """The fields of the second word."""
    return await read_page_form(request, (FIELD, "note", PASSWORD))


ActForm = Annotated[dict[str, str], Depends(act_fields)]
RestoreForm = Annotated[dict[str, str], Depends(restore_fields)]
DismissForm = Annotated[dict[str, str], Depends(dismiss_fields)]


def contests_page(request: Request, _visitor: MoneyReader) -> Response:
    """The list by state and region. raises FieldInvalid: a cursor that no page of ours has given out"""
    services, language = services_of(request), language_of(request)
    chosen = LIST.chosen(request)
    page = services.queries.contests(
        chosen["state"], region=chosen["region"] or None, cursor=cursor_of(request), limit=PAGE_SIZE
    )
    now = services.clock.now()
    return pages_of(request).answer(
        request,
        "contests.html",
        chosen=chosen,
        tabs=LIST.tabs(chosen, services.queries.contest_counts(), language),
        rows=[_row(row, now, language) for row in page.rows],
        filtered=LIST.is_narrowed(chosen),
        pages=LIST.pages(request, chosen, page.next_cursor),
    )


def contest_page(request: Request, contest_id: str, visitor: MoneyReader) -> Response:
    """One contest. raises NotFound"""
    return _page(request, contest_id, visitor, None, {})


def restore(request: Request, contest_id: str, visitor: GivingBack, form: RestoreForm) -> Response:
    """Gives back at once, which ends the contest; no password. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    money = services_of(request).money
    try:
        person_id = money.see.contest(contest_id, visitor.staff).person.person_id
        restored = money.give_back.run(restoring(person_id, form), visitor.staff)
    except SHOWN as error:
        return _page(request, contest_id, visitor, error, form)
    return RedirectResponse(f"{LIST.path}/{contest_id}?{told(restored)}", 303)


def note_act(request: Request, contest_id: str, visitor: GivingBack, form: ActForm) -> Response:
    """Notes an act that moves nobody's money. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        if form.get("act") not in set(ContestAct):
            raise FieldInvalid(field="act")
        act, note = ContestAct(form["act"]), form.get("note", "")
        services_of(request).money.answer_contest.act(contest_id, act, note, visitor.staff)
    except SHOWN as error:
        return _page(request, contest_id, visitor, error, form)
    return RedirectResponse(f"{LIST.path}/{contest_id}?recorded=1", 303)


def dismiss(request: Request, contest_id: str, visitor: GivingBack, form: DismissForm) -> Response:
    """The second word that things stay as they are. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        visitor = confirm(request, visitor, form)
        services_of(request).money.answer_contest.dismiss(contest_id, form.get("note", ""), visitor.staff)
    except SHOWN as error:
        return carrying(request, _page(request, contest_id, visitor, error, form))
    return carrying(request, RedirectResponse(f"{LIST.path}/{contest_id}?recorded=1", 303))


def _row(row: ContestLine, now: datetime, language: Language) -> dict[str, str]:
    erased = text("person.erased", language)
    return {
        "id": row.id,
        "name": row.person.name or erased,
        "number": row.person.id_number or erased,
        "region": region(row.person.region_code, language),
        "channel": text(f"desk.channel.{row.channel.value}", language),
        "opened": local_time(row.opened_at),
        "opened_iso": row.opened_at.isoformat(),
        "ago": ago(row.opened_at, now, language),
        "passed": text("contests.passed", language) if row.passed_at else "",
        "by": _by(row.passed_at, language) if row.state == "open" else "",
        "dismissal": text("contests.dismissal", language) if row.dismissal_proposed and row.state == "open" else "",
    }


def _by(passed_at: datetime | None, language: Language) -> str:
    return text("contests.by", language, day=restore_by(passed_at).isoformat()) if passed_at else ""


def _page(
    request: Request, contest_id: str, visitor: Visitor, error: ServiceError | None, form: dict[str, str]
) -> Response:
    language = language_of(request)
    view = services_of(request).money.see.contest(contest_id, visitor.staff)
    contest = view.stored.contest
    may = visitor.may(Permission.GIVE_BACK)
    return pages_of(request).answer(
        request,
        "contest.html",
        status_of(error) if error else 200,
        here=f"{LIST.path}/{contest_id}",
        address=f"{LIST.path}/{contest_id}",
        title=text("contests.one", language, name=view.person.masked_name or text("person.erased", language)),
        opened=text(
            "desk.taken", language, when=local_time(contest.opened_at),
            channel=text(f"desk.channel.{contest.channel.value}", language),
            ago=ago(contest.opened_at, services_of(request).clock.now(), language),
        ),
        state=state_of(view.stored.steps).value,
        is_open=view.stored.is_open,
        words=contest.words,
        person=person_rows(view.person, language),
        person_id=contest.person_id,
        stopped=[benefit_card(benefit, language) for benefit in view.stopped],
        passed=_by(view.passed_at, language),
        history=_history(view, language),
        grounds=_grounds(view, language) if may and view.stopped else [],
        **_acts(view, visitor, language),
        needs_password=needs_password(request, visitor),
        restored=told_of(request, language),
        recorded=error is None and "recorded" in request.query_params,
        error=error.text(language) if error else None,
        form=form,
    )  # fmt: skip


def _grounds(view: ContestShown, language: Language) -> list[tuple[str, str]]:
    """A remote pass first where there was one; where there was none somebody has to say what they know."""
    others = [ground.value for ground in GROUNDS[Act.RESUME] if ground is not Ground.PASSED_REMOTELY]
    first = [Ground.PASSED_REMOTELY.value] if view.passed_at else []
    return options("money.ground", [*first, *others], language)


def _acts(view: ContestShown, visitor: Visitor, language: Language) -> dict[str, object]:
    """What this visitor may note now."""
    may, steps = visitor.may(Permission.GIVE_BACK), view.stored.steps
    source = (ContestAct.SOURCE_TOLD, ContestAct.SOURCE_CORRECTED, ContestAct.SOURCE_STANDS)
    possible = [act.value for act in source if may and may_follow(steps, act)]
    dismissable = may and may_follow(steps, ContestAct.DISMISSED)
    own = dismissable and proposer_of_dismissal(steps) == visitor.staff.id
    return {
        "source_acts": options("contests.act", possible, language),
        "may_propose_dismissal": may and may_follow(steps, ContestAct.DISMISSAL_PROPOSED),
        "may_dismiss": dismissable and not own,
        "own_dismissal": own,
    }


def _history(view: ContestShown, language: Language) -> list[dict[str, str]]:
    return [
        {
            "act": text(f"contests.act.{step.act.value}", language),
            "who": view.names.get(step.done_by, "?"),
            "when": local_time(step.done_at),
            "note": step.note,
        }
        for step in reversed(view.stored.steps)
    ]
