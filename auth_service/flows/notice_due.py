"""What the sweep has to tell people: reminders, a day that has passed, more time after an outage, and receipts.

The sweep calls `notices_due` in the transaction in which it keeps where a benefit stands. Judged twice is told once.
Whoever is held or stopped gets none of these: what they are told comes with the act.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from auth_service.core.clock import legal_date
from auth_service.core.errors import KeyMissing
from auth_service.flows.notice_terms import tell
from auth_service.notices.notice import NoticeFacts, NoticeKind
from auth_service.notices.plan import NoticePlan
from auth_service.qualification.grades import WORTH
from auth_service.qualification.status import LifeState, Reason, Status, Why
from auth_service.storage.unit import Life, Unit

_PAID = frozenset({LifeState.NORMAL, LifeState.DUE_SOON, LifeState.OVERDUE})
_KINDS = (NoticeKind.REMINDER, NoticeKind.OVERDUE, NoticeKind.EXTENDED, NoticeKind.RECEIPT)
_OLD = timedelta(days=60)
"""A receipt of a pass, or word of a day that passed, longer ago than this is no news. source: own decision: the time of
a first reminder, within which every sweep runs"""
_BY_RECORDS = ("数据核对", "by records")
"""A telephone is shared: that somebody was in hospital or at a hotel is not said over it."""
Due = tuple[NoticeKind, str, NoticeFacts]


def notices_due(unit: Unit, judged: Sequence[tuple[Life, Status]], plan: NoticePlan, now: datetime) -> int:
    """Writes what these people are to be told and were not told yet; returns how many notices.

    judged  benefits as the one status function has them today
    """
    if not plan.reaches:
        return 0
    since = unit.notice_wishes.receipts({life.person_id for life, _ in judged})
    wanted = [
        (life, status, due) for life, status in judged for due in _dues(life, status, since.get(life.person_id), now)
    ]
    if not wanted:
        return 0
    known = unit.notices.known({life.person_id for life, *_ in wanted}, _KINDS)
    written = 0
    for life, status, due in wanted:
        if known.isdisjoint((life.person_id, due[0].value, about) for about in _same(status, due)):
            last = due[0] is NoticeKind.OVERDUE or (due[0] is NoticeKind.REMINDER and status.last_reminder)
            written += _tell(unit, plan, (life, due), now, last=last)
    return written


def _tell(unit: Unit, plan: NoticePlan, what: tuple[Life, Due], now: datetime, *, last: bool) -> int:
    """last: nobody is reminded later, so that the contact whom the ledger names hears of it too"""
    life, due = what
    try:
        person = unit.people.get(life.person_id)
    except KeyMissing:  # erased between two reads
        return 0
    if person is None:
        return 0
    return tell(unit, plan, person, due, now, helper=last)


def _dues(life: Life, status: Status, receipts_since: datetime | None, now: datetime) -> Iterable[Due]:
    """Every notice that belongs to this standing, told already or not."""
    today, benefit = legal_date(now), life.facts.benefit
    if status.state not in _PAID:
        return
    facts = NoticeFacts(benefit=benefit, day=status.due_on)
    lost = _lost(status)
    if status.reminder is not None and not (lost and _told_by_more_time(life, status, status.reminder)):
        yield NoticeKind.REMINDER, f"{benefit.value}/{status.reminder}/{status.due_on}", facts
    if status.state is LifeState.OVERDUE and today <= status.due_on + _OLD:
        yield NoticeKind.OVERDUE, f"{benefit.value}/{status.due_on}", facts
    # while an outage goes on the date moves every day; the person is told once, when it is over
    if lost and today <= status.due_on and not any(outage.ended_on is None for outage in life.facts.outages):
        yield NoticeKind.EXTENDED, f"{benefit.value}/{status.due_on}", facts
    if receipts_since is not None and status.passed_on is not None:
        yield from _receipt(life, status, (legal_date(receipts_since), today), status.passed_on)


def _same(status: Status, due: Due) -> set[str]:
    """What a notice about this matter may be called. An outage of some days moves the date a little: whoever was
    reminded of the first is not reminded of the second, as long as no more days lie between than were lost."""
    kind, about, _ = due
    if kind is not NoticeKind.REMINDER:
        return {about}
    which = about.removesuffix(str(status.due_on))
    return {f"{which}{status.due_on - timedelta(days=days)}" for days in range(_lost(status) + 1)}


def _told_by_more_time(life: Life, status: Status, reminder: int) -> bool:
    """Whether word of more time, which names the same date, comes in the place of a reminder whose day had come by
    then. The last one always comes."""
    news = (outage.known_at for outage in life.facts.outages if outage.began_on <= status.due_on)
    known_on = legal_date(max(news, default=datetime.min.replace(tzinfo=UTC)))
    return not status.last_reminder and status.due_on - timedelta(days=reminder) <= known_on


def _lost(status: Status) -> int:
    """Days that an outage gave back."""
    extended = _reason(status, Why.EXTENDED)
    return 0 if extended is None else extended.days or 0


def _receipt(life: Life, status: Status, between: tuple[date, date], passed_on: date) -> Iterable[Due]:
    since, today = between
    if not max(since, today - _OLD) <= passed_on <= today:
        return
    told = _reason(status, Why.PASSED)
    worth = WORTH[told.kind] if told is not None and told.kind is not None and told.on == passed_on else None
    how = (worth.zh, worth.en) if worth is not None else _BY_RECORDS
    facts = NoticeFacts(life.facts.benefit, status.due_on, passed_on, how=how)
    yield NoticeKind.RECEIPT, f"{life.facts.benefit.value}/{passed_on}", facts


def _reason(status: Status, why: Why) -> Reason | None:
    return next((reason for reason in status.reasons if reason.why is why), None)
