"""Page by page through keys: how every set of facts goes on behind a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select

from auth_service.storage.records.some_people import not_erased
from auth_service.storage.work import Work

F = TypeVar("F")


def next_keys(work: Work, narrowed: Select[Any], key: ColumnElement[str], after: str, most: int) -> list[str]:
    """The next so many different keys behind one. narrowed: a SELECT of the key alone, grouped by it or distinct"""
    wanted = narrowed.where(key > after).order_by(key).limit(most)
    return list(work.connection.execute(wanted).scalars())


def in_turn(
    after: str, most: int, keys: Callable[[str, int], Sequence[str]], facts_of: Callable[[Sequence[str]], list[F]]
) -> list[F]:
    """Facts of the next keys of which there are any; an empty list once no keys are left.

    keys      (after, most) -> the next keys in ascending order
    facts_of  facts of those keys, in their order; a place is a key, or begins with one
    """
    while True:
        page = keys(after, most)
        if not page:
            return []
        found = facts_of(page)
        if found:
            return found
        after = page[-1]


def people_in_turn(
    work: Work,
    after: str,
    most: int,
    keys: Callable[[str, int], Sequence[str]],
    facts_of: Callable[[Sequence[str]], list[F]],
) -> list[F]:
    """The same where keys are ids of people. Whoever was erased is left out: what stays of them names nobody, and there
    is nobody left to ask."""

    def of_page(page: Sequence[str]) -> list[F]:
        here = not_erased(work.connection, page)
        people = [person for person in page if person in here]
        return facts_of(people) if people else []

    return in_turn(after, most, keys, of_page)
