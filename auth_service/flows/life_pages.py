"""Everybody's life, page by page: what a sweep and a rehearsal judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from auth_service.qualification.policy import PolicyBook
from auth_service.storage.unit import Life, Unit

PEOPLE_AT_ONCE = 500
"""Below the most parameters that every database takes (999 in older SQLite)."""


def lives_of(unit: Unit, people: Sequence[str], today: date, book: PolicyBook) -> list[Life]:
    """All that is known of some people."""
    return unit.lives.facts(people, today, unit.lives.outages(), book.by_birthday)


def pages(people: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        yield people[start : start + PEOPLE_AT_ONCE]
