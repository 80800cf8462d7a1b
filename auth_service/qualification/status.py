"""Where one benefit of one person stands: one pure function of facts, policies and an instant.

Screens, sweeps, rehearsals and receipts all ask here. SQL only narrows down who is asked about; it never judges.
No event and no passing of time leads to a held, suspended or terminated benefit: only acts that people decided do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from auth_service.core.clock import legal_date
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import ActKind, LifeEvent, LifeFacts, Outage, PaymentAct
from auth_service.qualification.passes import Pass, passes, visit_tried_on, wants_no_data
from auth_service.qualification.period import month_end_of, months_after, next_due
from auth_service.qualification.policy import Policy, PolicyBook

_DAY = timedelta(days=1)
_REMEMBERED = 65_536


class LifeState(StrEnum):
    """source: domain.md section 4. The order of the first three is that of time; the others are acts of people."""

    NORMAL = "normal"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    HELD = "held"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class Why(StrEnum):
    """What a status rests on; qualification/status_words.py has the words."""

    PASSED = "passed"
    PASSED_BY_DATA = "passed_by_data"
    FIRST_CYCLE = "first_cycle"
    TAKEN_BACK = "taken_back"
    EXTENDED = "extended"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    IN_GRACE = "in_grace"
    GUARDED = "guarded"
    CONTESTED = "contested"
    SEEN_SELDOM = "seen_seldom"
    WANTS_NO_DATA = "wants_no_data"
    HELD = "held"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    RESUMED = "resumed"
    RESTORE_FIRST = "restore_first"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing a status rests on. on: the day it is about; days: how many; kind: of which event; ref: of which act"""

    why: Why
    on: date | None = None
    days: int | None = None
    kind: EventKind | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """due_on            the last day for the next pass, with every extension
    passed_on         the newest day on which the person was there; None: nobody has seen them yet
    reminder          days of the reminder that has been reached (60, 30, 7); None: none yet, or it is past
    last_reminder     whether the policy has no later one
    may_propose_hold  whether people may propose a hold for being late; nothing follows by itself
    sample_wanted     only data has spoken for long: the person is asked to be seen once, and nothing else changes
    restore_first     passed after an act that took money away: first in the queue of those who give it back
    next_change_on    the next day on which time alone may change this; None: none will
    """

    state: LifeState
    due_on: date
    passed_on: date | None
    reasons: tuple[Reason, ...]
    reminder: int | None = None
    last_reminder: bool = False
    may_propose_hold: bool = False
    sample_wanted: bool = False
    restore_first: bool = False
    next_change_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Due:
    """A due date with what it rests on, before outages."""

    on: date
    reason: Reason


_GROUNDS = (Why.FIRST_CYCLE, Why.TAKEN_BACK, Why.PASSED_BY_DATA, Why.PASSED)
_STATE_OF = {
    ActKind.HOLD: (LifeState.HELD, Why.HELD),
    ActKind.SUSPEND: (LifeState.SUSPENDED, Why.SUSPENDED),
    ActKind.TERMINATE: (LifeState.TERMINATED, Why.TERMINATED),
}


def status_of(facts: LifeFacts, book: PolicyBook, now: datetime) -> Status:
    """The status as known at an instant, which may lie in the past: what was learnt later plays no part."""
    today = legal_date(now)
    policy = book.on(today, facts.benefit, facts.region)
    found = passes(facts, book, now)
    due = _due(facts, book, found, today)
    due_on, lost_days = extended(due.on, policy, facts.outages, now)
    reasons = [due.reason]
    if lost_days:
        reasons.append(Reason(Why.EXTENDED, due_on, lost_days))
    standing = (one for one in found if one.taken_back is None)
    newest = max(standing, key=lambda one: (one.on, not one.silent), default=None)
    sample = _sample_day(facts, policy, found, newest)
    wanted = sample is not None and today >= sample
    if wanted:
        reasons.append(Reason(Why.SEEN_SELDOM, sample))
    if wants_no_data((event for event in facts.events if event.known_at <= now), today):
        reasons.append(Reason(Why.WANTS_NO_DATA))
    act = act_in_force(facts.acts, now)
    state, of_state, may_hold = _state(facts, policy, due_on, act, now)
    restore = act is not None and act.kind is not ActKind.RESUME and _passed_since(act, found)
    reminder = _reminder(policy, due_on, today)
    if restore:
        of_state.append(Reason(Why.RESTORE_FIRST, newest.on if newest else None))
    return Status(
        state=state,
        due_on=due_on,
        passed_on=newest.on if newest else None,
        reasons=(*of_state, *reasons),
        reminder=reminder,
        last_reminder=reminder is not None and reminder == min(policy.reminders),
        may_propose_hold=may_hold,
        sample_wanted=wanted,
        restore_first=restore,
        next_change_on=_next_change(facts, book, policy, (due_on, sample), now),
    )


def status_with(facts: LifeFacts, event: LifeEvent, book: PolicyBook, now: datetime) -> Status:
    """The status once one more event counts, of which the facts know nothing yet."""
    return status_of(replace(facts, events=(*facts.events, event)), book, now)


def act_in_force(acts: tuple[PaymentAct, ...], now: datetime) -> PaymentAct | None:
    """The last decided act that has begun and stands; of two at one instant the kinder."""
    if not acts:
        return None
    today = legal_date(now)
    begun = [act for act in acts if act.stands and act.decided_at <= now and act.effective_on <= today]
    return max(begun, key=lambda act: (act.decided_at, act.kind is ActKind.RESUME, act.id), default=None)


def extended(due_on: date, policy: Policy, outages: tuple[Outage, ...], now: datetime) -> tuple[date, int]:
    """The due date with every day given back on which the service was away while people were asked, and their number.

    Days count from the first reminder to the due date as it moves on. source: own decision, because no failure of ours
    may cost anybody a day (docs/decisions/0006)
    """
    asked_from = due_on - timedelta(days=policy.notice_days)
    away, lost = _days_away(asked_from, outages, now), 0
    while (found := sum(day <= due_on + timedelta(days=lost) for day in away)) > lost:
        lost = found
    end = due_on + timedelta(days=lost)
    return (month_end_of(end) if lost and policy.cycle.month_end else end), lost


def _days_away(asked_from: date, outages: tuple[Outage, ...], now: datetime) -> set[date]:
    """The days from one on, up to today, on which the service is known to have been away."""
    days: set[date] = set()
    for outage in outages:
        if outage.known_at <= now:
            first, today = max(outage.began_on, asked_from), legal_date(now)
            last = today if outage.ended_on is None else min(outage.ended_on, today)
            days.update(first + timedelta(days=place) for place in range((last - first).days + 1))
    return days


def _due(facts: LifeFacts, book: PolicyBook, found: list[Pass], today: date) -> _Due:
    """The latest of what every pass gives, and of what the first cycle gives: an older pass never moves it backward."""
    start = _start(facts)
    best = _Due(_softly(facts, book, start, today, first=True), Reason(Why.FIRST_CYCLE, start))
    for one in found:
        on = _softly(facts, book, one.on, today, first=False)
        why = Why.PASSED_BY_DATA if one.silent else Why.PASSED
        if one.taken_back is not None:
            policy = book.on(today, facts.benefit, facts.region)
            on = min(on, _with_notice(policy, legal_date(one.taken_back)))
            why = Why.TAKEN_BACK
        if on >= best.on:
            best = max(best, _Due(on, Reason(why, one.on, kind=one.kind)), key=_rank)
    return best


def _rank(due: _Due) -> tuple[date, int, date, str]:
    """Of two grounds for one date the better one is told, whatever the order of rows."""
    reason = due.reason
    return due.on, _GROUNDS.index(reason.why), reason.on or date.min, reason.kind or ""


def _start(facts: LifeFacts) -> date:
    return counted_from(facts.award_month, facts.known_since)


@lru_cache(maxsize=_REMEMBERED)
def counted_from(award_month: date | None, known_since: date) -> date:
    """From where the first cycle counts: the award, and never a time when this service knew nothing of the benefit.

    source   domain.md section 4, first cycle: from the month after the award, no hold before the first due date
    """
    return known_since if award_month is None else max(month_end_of(award_month), known_since)


def _softly(facts: LifeFacts, book: PolicyBook, day: date, today: date, *, first: bool) -> date:
    """What a pass on a day gives under the policy of today, seen together with what it gave when it was made.

    A promise stands where the policy says so; where not, the new date comes with at least the notice of a first
    reminder from the day on which the policy began.
    """
    now_at, then_at = book.place_on(today), book.place_on(day)
    policy = book.policy(now_at, facts.benefit, facts.region)
    given = _given(policy, day, facts.birth_month, first=first)
    if now_at == then_at:
        return given
    promised = _given(book.policy(then_at, facts.benefit, facts.region), day, facts.birth_month, first=first)
    if policy.keeps_promises:
        return max(given, promised)
    return max(given, min(promised, _with_notice(policy, book.starts_on(now_at))))


def _given(policy: Policy, day: date, birth_month: int | None, *, first: bool) -> date:
    if first and policy.first_cycle_months is not None:
        return months_after(day, policy.first_cycle_months, month_end=policy.cycle.month_end)
    return next_due(policy.cycle, day, birth_month)


def _with_notice(policy: Policy, told_on: date) -> date:
    """The soonest due date after something that moves it backward became known."""
    end = told_on + timedelta(days=policy.notice_days)
    return month_end_of(end) if policy.cycle.month_end else end


def _state(
    facts: LifeFacts, policy: Policy, due_on: date, act: PaymentAct | None, now: datetime
) -> tuple[LifeState, list[Reason], bool]:
    """The state, what it rests on, and whether people may propose a hold."""
    today = legal_date(now)
    reasons = [Reason(Why.CONTESTED)] if facts.contested else []
    if act is not None and act.kind is not ActKind.RESUME:
        state, why = _STATE_OF[act.kind]
        return state, [Reason(why, act.from_month or act.effective_on, ref=act.id), *reasons], False
    if act is not None:
        reasons.append(Reason(Why.RESUMED, act.from_month or act.effective_on, ref=act.id))
    if today <= due_on:
        days = (due_on - today).days
        if days > policy.notice_days:
            return LifeState.NORMAL, reasons, False
        return LifeState.DUE_SOON, [Reason(Why.DUE_SOON, due_on, days), *reasons], False
    reasons.insert(0, Reason(Why.OVERDUE, due_on, (today - due_on).days))
    late = _hindrance(facts, policy, due_on, now)
    if late is not None:
        reasons.append(late)
    return LifeState.OVERDUE, reasons, late is None and policy.hold_for_overdue and not facts.contested


def _hindrance(facts: LifeFacts, policy: Policy, due_on: date, now: datetime) -> Reason | None:
    """What keeps people from proposing a hold for being late, besides the policy itself."""
    grace_ends = due_on + timedelta(days=policy.grace_days)
    if legal_date(now) <= grace_ends:
        return Reason(Why.IN_GRACE, grace_ends)
    if facts.tags & policy.guard_tags:
        tried = visit_tried_on(facts, now)
        if tried is None or tried <= due_on:
            return Reason(Why.GUARDED)
    return None


def _passed_since(act: PaymentAct, found: list[Pass]) -> bool:
    """Whether the person was there on or after the day on which the act was decided."""
    decided_on = legal_date(act.decided_at)
    return any(one.taken_back is None and one.on >= decided_on for one in found)


def _reminder(policy: Policy, due_on: date, today: date) -> int | None:
    """The nearest reminder that has been reached."""
    left = (due_on - today).days
    return min((days for days in policy.reminders if 0 <= left <= days), default=None)


def _sample_day(facts: LifeFacts, policy: Policy, found: list[Pass], newest: Pass | None) -> date | None:
    """The day from which a person should be seen once, because only data has spoken for whole cycles. source: V10"""
    if newest is None or not newest.silent or policy.sample_after == 0:
        return None
    seen = max((one.on for one in found if one.taken_back is None and not one.silent), default=_start(facts))
    for _ in range(policy.sample_after):
        seen = next_due(policy.cycle, seen, facts.birth_month)
    return seen + _DAY


def _next_change(
    facts: LifeFacts, book: PolicyBook, policy: Policy, days: tuple[date, date | None], now: datetime
) -> date | None:
    """The earliest coming day on which the passing of time alone may change a status."""
    due_on, sample = days
    today = legal_date(now)
    coming = [due_on - timedelta(days=ahead) for ahead in policy.reminders]
    coming += [due_on + _DAY, due_on + timedelta(days=policy.grace_days + 1)]
    coming += [act.effective_on for act in facts.acts]
    coming += [day for day in (sample, book.next_start(today)) if day is not None]
    if any(outage.ended_on is None for outage in facts.outages):
        coming.append(today + _DAY)
    return min((day for day in coming if day > today), default=None)
