"""How a status came about: every day on which it became another, and what it rested on then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from auth_service.core.clock import end_of, legal_date
from auth_service.qualification.life import LifeFacts
from auth_service.qualification.policy import PolicyBook
from auth_service.qualification.status import Status, status_of


@dataclass(frozen=True, slots=True)
class Change:
    """On this day the state or the due date became another; `was` is None at the beginning."""

    on: date
    was: Status | None
    now: Status


def time_line(facts: LifeFacts, book: PolicyBook, since: date, until: date) -> Iterator[Change]:
    """The changes between two days, oldest first; each day as it was known at its end."""
    learnt = sorted(_days_of_facts(facts))
    was, day = None, since
    while day <= until:
        now = status_of(facts, book, end_of(day))
        if was is None or (now.state, now.due_on, now.may_propose_hold) != (
            was.state,
            was.due_on,
            was.may_propose_hold,
        ):
            yield Change(day, was, now)
        was = now
        coming = [one for one in learnt if one > day][:1]
        if now.next_change_on is not None:
            coming.append(now.next_change_on)
        day = min(coming, default=until + timedelta(days=1))


def _days_of_facts(facts: LifeFacts) -> set[date]:
    """When something was learnt or decided."""
    instants = [event.known_at for event in facts.events]
    instants += [act.decided_at for act in facts.acts]
    instants += [outage.known_at for outage in facts.outages]
    ends = {outage.ended_on + timedelta(days=1) for outage in facts.outages if outage.ended_on is not None}
    return {legal_date(instant) for instant in instants} | ends
