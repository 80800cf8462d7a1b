"""The sweep: whoever may stand elsewhere today than yesterday is judged anew by the one status function.

It may be killed at any point and run again: each page of people is one transaction, and a new process goes on behind
the last one that was kept. Twice is once: only what differs is written. It takes nothing from anybody; it writes down
who is due, late, or first in the queue of those who get something back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, end_of, legal_date
from auth_service.core.errors import DateInvalid
from auth_service.flows.life_pages import PEOPLE_AT_ONCE, lives_of, pages
from auth_service.qualification.judging import Judge
from auth_service.qualification.policy import PolicyBook
from auth_service.storage.unit import Store, SweepState


@dataclass(frozen=True, slots=True)
class SweepReport:
    """whole: everybody was looked at. judged, changed: people looked at, benefits that stand elsewhere now"""

    as_of: date
    whole: bool
    judged: int
    changed: int
    states: dict[str, int]


class Sweep:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, as_of: date | None, actor: str, progress: Callable[[int], None]) -> SweepReport:
        """as_of: a day that is over, or today. raises DateInvalid: a day to come; PolicyTampered"""
        now = self._clock.now()
        today = as_of or legal_date(now)
        if today > legal_date(now):
            raise DateInvalid("a day to come is for a rehearsal", field="as_of")
        with self._store.unit() as unit:
            book = unit.policies.book()
            mark = f"{unit.policies.mark()}/{len(unit.lives.outages())}"
            sweep = unit.lives.open_sweep(today, mark, now)
        judge = Judge(book, end_of(today))
        for people in self._people(sweep, today):
            sweep = self._page(sweep, people, today, (book, judge))
            progress(len(people))
        with self._store.unit() as unit:
            unit.lives.advance(sweep, self._clock.now())
            states = unit.lives.counts()
            details: Details = {"as_of": str(today), "judged": sweep.judged, "changed": sweep.changed}
            unit.audit.append(AuditEvent(actor, "life.swept", f"sweep:{sweep.id}", details), self._clock.now())
        return SweepReport(today, sweep.since is None, sweep.judged, sweep.changed, states)

    def _people(self, sweep: SweepState, today: date) -> Iterator[Sequence[str]]:
        """Whom to look at behind the place where the sweep stands."""
        if sweep.since is not None:
            with self._store.reading() as unit:
                touched = unit.lives.touched(sweep.since, today)
            yield from pages([person for person in touched if person > sweep.place])
            return
        place = sweep.place
        while True:
            with self._store.reading() as unit:
                people = unit.lives.everybody(place, PEOPLE_AT_ONCE)
            if not people:
                return
            yield people
            place = people[-1]

    def _page(self, sweep: SweepState, people: Sequence[str], today: date, by: tuple[PolicyBook, Judge]) -> SweepState:
        book, judge = by
        with self._store.unit() as unit:
            judged = [(life, judge.status(life.facts)) for life in lives_of(unit, people, today, book)]
            changed = unit.lives.put(judged, self._clock.now())
            after = replace(sweep, place=people[-1], judged=sweep.judged + len(people), changed=sweep.changed + changed)
            unit.lives.advance(after, None)
        return after
