"""The sweep: whoever may stand elsewhere today than yesterday is judged anew by the one status function.

It may be killed at any point and run again: each page of people is one transaction, and a new process goes on behind
the last one that was kept. Twice is once: only what differs is written. It takes nothing from anybody; it writes down
who is due, late, or first in the queue of those who get something back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, end_of, legal_date
from auth_service.core.errors import DateInvalid
from auth_service.flows.life_pages import PEOPLE_AT_ONCE, lives_of
from auth_service.flows.notice_due import notices_due
from auth_service.notices.plan import SILENT, NoticePlan
from auth_service.qualification.judging import Judge
from auth_service.qualification.policy import PolicyBook
from auth_service.qualification.schedule import SweepPolicy, long_over, newest_due
from auth_service.storage.unit import Alike, SomePeople, Span, Store, SweepState, Unit

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class SweepReport:
    """whole: everybody was looked at. judged, changed: people looked at, benefits that stand elsewhere now"""

    as_of: date
    whole: bool
    judged: int
    changed: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How the sweeps stand.

    newest  the one that began last; None: there was none. finished_at None: it goes on, or was cut short
    people  how many there are; one that is whole looks at all of them
    waits   the day that the worker sweeps at its next look; None: nothing waits
    states  how many benefits stand in which state
    """

    newest: SweepState | None
    people: int
    waits: date | None
    states: dict[str, int]


@dataclass(frozen=True, slots=True)
class _By:
    """What all are judged by. is_news: people may be told; of a day long over they would be told what is so no more"""

    book: PolicyBook
    judge: Judge
    alike: Alike
    today: date
    is_news: bool


class Sweep:
    """See the module. Several processes that sweep one day at once share its pages."""

    def __init__(self, store: Store, clock: Clock, plan: NoticePlan = SILENT) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan

    def run(self, as_of: date | None, actor: str, progress: Callable[[int], None]) -> SweepReport:
        """as_of: a day that is over, or today; nobody is told of a day long over.

        raises   DateInvalid: a day to come; PolicyTampered
        """
        now = self._clock.now()
        today = as_of or legal_date(now)
        if today > legal_date(now):
            raise DateInvalid("a day to come is for a rehearsal", field="as_of")
        with self._store.unit() as unit:
            book, sweep = unit.policies.book(), unit.sweeps.open(today, mark_of(unit), now)
        judge = Judge(book, end_of(today))
        by = _By(book, judge, Alike(judge.policies_of), today, not long_over(today, now))
        touched = self._touched(sweep)
        while sweep.finished_at is None:
            people = self._next(sweep, touched)
            sweep, done = self._page(sweep, people, by) if people else self._end(sweep, actor)
            progress(done)
        return SweepReport(today, sweep.whole, sweep.judged, sweep.changed)

    def if_due(self, policy: SweepPolicy) -> dict[str, int]:
        """What the worker does at each look: the sweep of the newest day whose hour has come, unless it is done.

        After days away it is one sweep: a status knows the past. A policy that begins to hold, or an outage that was
        noticed, has everybody judged again the same day. Counts are empty where nothing was due. raises PolicyTampered
        """
        now = self._clock.now()
        with self._store.reading() as unit:
            due = _waits(unit, policy, now)
        if due is None:
            return {}
        report = self.run(due, SYSTEM, lambda _: None)
        return {"judged": report.judged, "changed": report.changed}

    def progress(self, policy: SweepPolicy) -> Progress:
        """For people who look."""
        now = self._clock.now()
        with self._store.reading() as unit:
            newest, people, waits = unit.sweeps.newest(now), unit.lives.number(), _waits(unit, policy, now)
            return Progress(newest, people, waits, unit.life_states.counts())

    def _touched(self, sweep: SweepState) -> Sequence[str] | None:
        """Whom a sweep looks at that does not look at everybody."""
        if sweep.since is None:
            return None
        with self._store.reading() as unit:
            return unit.lives.touched(sweep.since, sweep.as_of)

    def _next(self, sweep: SweepState, touched: Sequence[str] | None) -> SomePeople | None:
        """Whom to look at behind the place where the sweep stands."""
        if touched is not None:
            begin = bisect_right(touched, sweep.place)
            return touched[begin : begin + PEOPLE_AT_ONCE]
        with self._store.reading() as unit:
            return unit.lives.everybody(sweep.place, PEOPLE_AT_ONCE)

    def _page(self, sweep: SweepState, people: SomePeople, by: _By) -> tuple[SweepState, int]:
        """The sweep behind these people, and how many they are; 0 where another process was faster.

        Read and judged outside of the transaction that writes: what somebody does meanwhile is touched by the next
        sweep.
        """
        with self._store.reading() as unit:
            lives = lives_of(unit, people, by.today, by.book, by.alike)
        judged = list(zip(lives, by.judge.statuses([life.facts for life in lives]), strict=True))
        last, count = (people.last, people.count) if isinstance(people, Span) else (people[-1], len(people))
        with self._store.unit() as unit:
            after = replace(sweep, place=last, judged=sweep.judged + count)
            if not unit.sweeps.advance(sweep, after):
                return unit.sweeps.again(sweep), 0
            changed = sweep.changed + unit.life_states.put(judged, self._clock.now())
            if by.is_news:
                notices_due(unit, judged, self._plan, self._clock.now())
            unit.sweeps.advance(after, replace(after, changed=changed))
        return replace(after, changed=changed), count

    def _end(self, sweep: SweepState, actor: str) -> tuple[SweepState, int]:
        now = self._clock.now()
        ended = replace(sweep, finished_at=now)
        with self._store.unit() as unit:
            if not unit.sweeps.advance(sweep, ended):
                return unit.sweeps.again(sweep), 0
            details: Details = {"as_of": str(sweep.as_of), "judged": sweep.judged, "changed": sweep.changed}
            unit.audit.append(AuditEvent(actor, "life.swept", f"sweep:{sweep.id}", details), now)
        return ended, 0


def _waits(unit: Unit, policy: SweepPolicy, now: datetime) -> date | None:
    """The day to sweep now. One that somebody swept by hand before its hour stands for it."""
    last, due = unit.sweeps.finished(now), newest_due(now, policy)
    if last is None or last.as_of < due or last.as_of > legal_date(now):
        return due
    return last.as_of if last.mark != mark_of(unit) else None


def mark_of(unit: Unit) -> str:
    """What everybody is judged by: where it is another, everybody is judged anew."""
    return f"{unit.policies.mark()}/{len(unit.lives.outages())}/{unit.regions.mark()}"
