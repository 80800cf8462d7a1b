"""What screens read: each query opens a short read transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from auth_service.monitoring.flags import Severity
from auth_service.storage.queries.flags import FlagFilter, FlagLine, FlagPage, count_flags, page_of_flags
from auth_service.storage.queries.operations import Operations, operations
from auth_service.storage.queries.people import PersonSummary, summarise
from auth_service.storage.queries.totals import count_everything
from auth_service.storage.work import Work

__all__ = ["FlagFilter", "FlagLine", "FlagPage", "Operations", "PersonSummary", "Queries"]


class Queries:
    """Reading for screens. Safe to share between threads."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Work]]) -> None:
        self._reading = reading

    def flags(
        self,
        state: str | None = None,
        *,
        rule_id: str | None = None,
        severity: Severity | None = None,
        region: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> FlagPage:
        """One page of the queue: worst first, then newest.

        state    `open` (not judged), `needs_check`, `false_flag`, None for all
        region   region code or the beginning of one, of any person concerned
        cursor   `next_cursor` of the page before
        raises   FieldInvalid: state or cursor
        """
        with self._reading() as work:
            return page_of_flags(work, FlagFilter(state, rule_id, severity, region), cursor, limit)

    def flag_counts(self) -> dict[str, int]:
        """How many flags are `open`, `needs_check` and `false_flag`."""
        with self._reading() as work:
            return count_flags(work)

    def person_summary(self, person_id: str) -> PersonSummary | None:
        """What a staff screen shows of a person without a reveal. raises KeyMissing, SealBroken"""
        with self._reading() as work:
            return summarise(work, person_id)

    def operations(self) -> Operations:
        """What an operator watches. raises DatabaseUnavailable, SchemaOutdated"""
        with self._reading() as work:
            return operations(work)

    def totals(self) -> dict[str, int]:
        """How much of everything is stored."""
        with self._reading() as work:
            return count_everything(work)
