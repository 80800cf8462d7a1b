"""What has been kept long enough goes: in batches, each a transaction, so that a killed run is simply run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.retention import RULES, RetentionPolicy, days_of
from auth_service.storage.unit import Store, Unit

_BATCH = 500
"""Rows per transaction: short enough that nobody waits for it."""
_ROWS = ("captures", "saved_answers", "sign_in_failures", "staff_sessions", "imports")
Progress = Callable[[int], None]


class OldFiles(Protocol):
    """Files outside the database that age: rejected rows, keys parts of backups."""

    def count(self, before: datetime) -> int: ...

    def remove(self, before: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Retained:
    """What one run did, per kind.

    removed  in a dry run: what it would remove
    overdue  what is left that should be gone; nothing after a run
    """

    removed: Mapping[str, int]
    overdue: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.removed.values())


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind: how to count what is due, and how to remove a batch of it (0: none was left)."""

    count: Callable[[Unit], int]
    remove: Callable[[], int]


class Retain:
    """See the module. files: kinds that are files, by name"""

    def __init__(self, store: Store, files: Mapping[str, OldFiles], policy: RetentionPolicy, clock: Clock) -> None:
        self._store = store
        self._files = files
        self._policy = policy
        self._clock = clock

    def run(self, *, dry_run: bool = False, actor: str = "system", progress: Progress = lambda _: None) -> Retained:
        """Removes everything that is due. Running it again changes nothing. raises StorageFault, Unavailable"""
        now = self._clock.now()
        kinds = self._kinds(now)
        if dry_run:
            due = self.overdue()
            return Retained(due, due)
        removed = dict.fromkeys(kinds, 0)
        for name, kind in kinds.items():
            while done := kind.remove():
                removed[name] += done
                progress(done)
        for name, files in self._files.items():
            removed[name] = files.remove(self._before(name, now))
            progress(removed[name])
        result = Retained(removed, self.overdue())
        if result.total:
            with self._store.unit() as unit:
                done_now = {name: count for name, count in removed.items() if count}
                unit.audit.append(AuditEvent(actor, "retention.applied", "", done_now), now)
        return result

    def overdue(self) -> dict[str, int]:
        """How many of each kind are older than they may be."""
        now = self._clock.now()
        with self._store.reading() as unit:
            found = {name: kind.count(unit) for name, kind in self._kinds(now).items()}
        return {**found, **{name: files.count(self._before(name, now)) for name, files in self._files.items()}}

    def _kinds(self, now: datetime) -> dict[str, _Kind]:
        """In the order in which they go: what refers to a record before the record."""
        kinds = {
            "review_pictures": self._pictures("review_pictures", "review", now),
            "replaced_pictures": self._pictures("replaced_pictures", "reference", now),
            "replaced_averages": self._averages(now),
            "replaced_templates": self._templates(now),
        }
        for name in _ROWS:
            kinds[name] = self._rows(name, now)
        kinds["facts"] = self._facts(now)
        kinds["orphan_files"] = self._orphans(now)
        return kinds

    def _pictures(self, name: str, purpose: str, now: datetime) -> _Kind:
        before = self._before(name, now)

        def remove() -> int:
            with self._store.unit() as unit:
                files = unit.expiry.erase_pictures(unit.expiry.pictures(purpose, before, _BATCH), now)
            self._store.remove_files(files)  # after the commit: a row never names a file that is gone
            return len(files)

        return _Kind(lambda unit: len(unit.expiry.pictures(purpose, before)), remove)

    def _averages(self, now: datetime) -> _Kind:
        before = self._before("replaced_averages", now)
        drop = self._in_unit(lambda unit: unit.expiry.drop_averages(before, _BATCH))
        return _Kind(lambda unit: unit.expiry.count_averages(before), drop)

    def _templates(self, now: datetime) -> _Kind:
        before = self._before("replaced_templates", now)
        erase = self._in_unit(lambda unit: unit.expiry.erase_enrolled(unit.expiry.enrolled(before, _BATCH), now))
        return _Kind(lambda unit: len(unit.expiry.enrolled(before)), erase)

    def _rows(self, name: str, now: datetime) -> _Kind:
        before = self._before(name, now)
        remove = self._in_unit(lambda unit: unit.expiry.remove_rows(name, before, _BATCH))
        return _Kind(lambda unit: unit.expiry.count_rows(name, before), remove)

    def _facts(self, now: datetime) -> _Kind:
        before = self._before("facts", now)
        remove = self._in_unit(lambda unit: unit.expiry.remove_facts(before, _BATCH))
        return _Kind(lambda unit: unit.expiry.count_facts(before), remove)

    def _orphans(self, now: datetime) -> _Kind:
        before = self._before("orphan_files", now)
        sweep = self._in_unit(lambda unit: unit.photos.sweep_orphans(before))
        return _Kind(lambda unit: unit.photos.count_orphans(before), sweep)

    def _in_unit(self, work: Callable[[Unit], int]) -> Callable[[], int]:
        def done() -> int:
            with self._store.unit() as unit:
                return work(unit)

        return done

    def _before(self, kind: str, now: datetime) -> datetime:
        """Records older than this are due."""
        rule = next(rule for rule in RULES if rule.kind == kind)
        days = days_of(rule, self._policy)
        if days is None:
            raise ValueError(f"{kind} has no end")
        return now - timedelta(days=days)
