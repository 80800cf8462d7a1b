"""What has been kept long enough goes: in batches, each a transaction, so that a killed run is simply run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import PartlyDone, ServiceError
from auth_service.core.retention import RULES, RetentionPolicy, age_of
from auth_service.flows.orphans import FilesSetAside, OrphanFiles
from auth_service.storage.unit import Store, Unit

_BATCH = 500
"""Rows per transaction: short enough that nobody waits for it."""
_SESSIONS_AT_ONCE = 20
"""Each holds up to 25 MB of frames, and half a GB is a transaction long enough."""
_UNFINISHED, _NONCES = "unfinished_sessions", "device_nonces"
_ROWS = (
    "captures", "replay_prints", "saved_answers", "sign_in_failures", "staff_sessions", "imports", "other_ways",
    "notices", _NONCES, "offline_tickets", "offline_records", "reconciliations",
)  # fmt: skip
Progress = Callable[[int], None]


class OldFiles(Protocol):
    """Files that age: rejected rows, keys parts of backups, photos that no record names."""

    def count(self, before: datetime) -> int: ...

    def due(self, before: datetime) -> Sequence[Callable[[], None]]:
        """How to remove each, one by one. raises StorageFault, Unavailable"""
        ...


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


@dataclass(frozen=True, slots=True)
class _Turn:
    """One run: in whose name, and when."""

    actor: str
    now: datetime

    def note(self, unit: Unit, action: str, kind: str, count: int) -> None:
        if count:
            unit.audit.append(AuditEvent(self.actor, action, "", {kind: count}), self.now)


class Retain:
    """See the module. files: kinds that are files, by name, besides those of the photo folder"""

    def __init__(self, store: Store, files: Mapping[str, OldFiles], policy: RetentionPolicy, clock: Clock) -> None:
        self._store = store
        self._files: dict[str, OldFiles] = {"orphan_files": OrphanFiles(store, clock), **files}
        self._files["set_aside_files"] = FilesSetAside(store)
        self._policy = policy
        self._clock = clock

    def run(
        self,
        *,
        dry_run: bool = False,
        actor: str = "system",
        progress: Progress = lambda _: None,
        all_orphans: bool = False,
    ) -> Retained:
        """Removes everything that is due. Running it again changes nothing.

        all_orphans  photo files that no record names are set aside however many they are
        raises       PartlyDone: some kinds failed, the others are done; Unavailable
        """
        if dry_run:
            due = self.overdue()
            return Retained(due, due)
        turn = _Turn(actor, self._clock.now())
        files = self._files
        if all_orphans:
            files = {**files, "orphan_files": OrphanFiles(self._store, self._clock, however_many=True)}
        steps = {name: self._batches(kind) for name, kind in self._kinds(turn).items()}
        steps |= {name: self._of_files(name, kind, turn) for name, kind in files.items()}
        removed, failed = dict.fromkeys(steps, 0), {}
        for name, step in steps.items():
            try:
                for done in step:
                    removed[name] += done
                    progress(done)
            except ServiceError as error:
                failed[name] = error.code
        if failed:
            told = ", ".join(f"{name}: {code}" for name, code in failed.items())
            raise PartlyDone(told, counts=removed)
        return Retained(removed, self.overdue())

    def hourly(self) -> dict[str, int]:
        """What cannot wait for the daily run: sessions that came to no decision, and nonces of signatures, of which a
        busy kiosk uses a thousand in an hour. raises Unavailable"""
        turn = _Turn("system", self._clock.now())
        kinds = {_UNFINISHED: self._sessions(_UNFINISHED, turn), _NONCES: self._rows(_NONCES, turn)}
        return {name: sum(self._batches(kind)) for name, kind in kinds.items()}

    @staticmethod
    def _batches(kind: _Kind) -> Iterator[int]:
        while done := kind.remove():
            yield done

    def _of_files(self, name: str, files: OldFiles, turn: _Turn) -> Iterator[int]:
        """Files cannot be removed in a transaction: one event before, so that none goes without a trace, one after."""
        due = files.due(self._before(name, turn.now))
        if not due:
            return
        with self._store.unit() as unit:
            turn.note(unit, "retention.begun", name, len(due))
        gone = 0
        try:
            for remove in due:
                remove()
                gone += 1
                yield 1
        finally:
            with self._store.unit() as unit:
                turn.note(unit, "retention.applied", name, gone)

    def overdue(self) -> dict[str, int]:
        """How many of each kind are older than they may be."""
        now = self._clock.now()
        with self._store.reading() as unit:
            found = {name: kind.count(unit) for name, kind in self._kinds(_Turn("system", now)).items()}
        return {**found, **{name: files.count(self._before(name, now)) for name, files in self._files.items()}}

    def _kinds(self, turn: _Turn) -> dict[str, _Kind]:
        """In the order in which they go: what refers to a record before the record."""
        kinds = {
            "review_pictures": self._pictures("review_pictures", "review", turn),
            "uploaded_photos": self._pictures("uploaded_photos", "upload", turn),
            _UNFINISHED: self._sessions(_UNFINISHED, turn),
            "sessions": self._sessions("sessions", turn),
            "replaced_pictures": self._pictures("replaced_pictures", "reference", turn),
            "replaced_averages": self._averages(turn),
            "replaced_templates": self._templates(turn),
        }
        for name in _ROWS:
            kinds[name] = self._rows(name, turn)
        kinds["registry_extracts"] = self._extracts(turn)
        kinds["poverty_names"] = self._names(turn)
        kinds["facts"] = self._facts(turn)
        return kinds

    def _pictures(self, name: str, purpose: str, turn: _Turn) -> _Kind:
        before = self._before(name, turn.now)

        def remove() -> int:
            with self._store.unit() as unit:
                files = unit.expiry.erase_pictures(unit.expiry.pictures(purpose, before, _BATCH), turn.now)
                turn.note(unit, "retention.applied", name, len(files))
            self._store.remove_files(files)  # after the commit: a row never names a file that is gone
            return len(files)

        return _Kind(lambda unit: len(unit.expiry.pictures(purpose, before)), remove)

    def _sessions(self, name: str, turn: _Turn) -> _Kind:
        """After the pictures: the frames of a session go once its picture has gone."""
        before, decided = self._before(name, turn.now), name != _UNFINISHED
        remove = self._in_unit(
            name, turn, lambda unit: unit.expiry.remove_sessions(before, _SESSIONS_AT_ONCE, decided=decided)
        )
        return _Kind(lambda unit: unit.expiry.count_sessions(before, decided=decided), remove)

    def _averages(self, turn: _Turn) -> _Kind:
        name, before = "replaced_averages", self._before("replaced_averages", turn.now)
        drop = self._in_unit(name, turn, lambda unit: unit.expiry.drop_averages(before, _BATCH))
        return _Kind(lambda unit: unit.expiry.count_averages(before), drop)

    def _templates(self, turn: _Turn) -> _Kind:
        name, before = "replaced_templates", self._before("replaced_templates", turn.now)
        erase = self._in_unit(
            name, turn, lambda unit: unit.expiry.erase_enrolled(unit.expiry.enrolled(before, _BATCH), turn.now)
        )
        return _Kind(lambda unit: len(unit.expiry.enrolled(before)), erase)

    def _rows(self, name: str, turn: _Turn) -> _Kind:
        before = self._before(name, turn.now)
        remove = self._in_unit(name, turn, lambda unit: unit.expiry.remove_rows(name, before, _BATCH))
        return _Kind(lambda unit: unit.expiry.count_rows(name, before), remove)

    def _extracts(self, turn: _Turn) -> _Kind:
        name, before = "registry_extracts", self._before("registry_extracts", turn.now)
        empty = self._in_unit(name, turn, lambda unit: unit.registry.empty_extracts(before, _BATCH, turn.now))
        return _Kind(lambda unit: unit.registry.count_extracts(before), empty)

    def _names(self, turn: _Turn) -> _Kind:
        name, before = "poverty_names", self._before("poverty_names", turn.now)
        empty = self._in_unit(name, turn, lambda unit: unit.poverty.empty_names(before, _BATCH, turn.now))
        return _Kind(lambda unit: unit.poverty.count_names(before), empty)

    def _facts(self, turn: _Turn) -> _Kind:
        before = self._before("facts", turn.now)
        remove = self._in_unit("facts", turn, lambda unit: unit.expiry.remove_facts(before, _BATCH))
        return _Kind(lambda unit: unit.expiry.count_facts(before), remove)

    def _in_unit(self, name: str, turn: _Turn, work: Callable[[Unit], int]) -> Callable[[], int]:
        """With its event in the same transaction: whatever ends the run, nothing went without a trace."""

        def done() -> int:
            with self._store.unit() as unit:
                count = work(unit)
                turn.note(unit, "retention.applied", name, count)
                return count

        return done

    def _before(self, kind: str, now: datetime) -> datetime:
        """Records older than this are due."""
        rule = next(rule for rule in RULES if rule.kind == kind)
        age = age_of(rule, self._policy)
        if age is None:
            raise ValueError(f"{kind} has no end")
        return now - age
