"""Batches of registries within one unit: how far each was read, what was odd, who stands for it, and whether it counts.

Whether a batch counts is said by its acts alone, and by those that this service wrote (records/guards.py): a row that
came by SQL makes nobody dead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update

from auth_service.core.ids import new_id
from auth_service.crosscheck.batches import BatchFinding, Oddity, PastBatch
from auth_service.crosscheck.profiles import PLAIN, Profile, profile_from_stored
from auth_service.crosscheck.sources import RegistryKind
from auth_service.storage.records.guards import covered_values, guard_of, is_genuine
from auth_service.storage.records.registry_rows import RegistryRows
from auth_service.storage.sealing import Place
from auth_service.storage.tables import RegistryActRow, RegistryBatchRow, RegistryPushRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import to_json

_BATCHES, _ACTS = table_of(RegistryBatchRow), table_of(RegistryActRow)
_PUSHES = table_of(RegistryPushRow)
_TICK = timedelta(microseconds=1)


class BatchState(StrEnum):
    """How a batch stands."""

    READING = "reading"
    QUARANTINED = "quarantined"
    CLEARED = "cleared"
    """Nothing was odd: it counts."""
    RELEASED = "released"
    """A second person let it count."""
    DISCARDED = "discarded"
    TAMPERED = "tampered"
    """Its row is not as this service wrote it; it counts for nothing."""


COUNTING = frozenset({BatchState.CLEARED, BatchState.RELEASED})
_STEPS = {"imported": 1, "cleared": 2, "released": 2, "discarded": 3}


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """One file.

    place        the last row of the file that is done
    counts       rows of each fate
    imported_by  who stands for the import; None: nobody signed in
    number       its place among the batches that count; None while it does not
    """

    id: str
    kind: RegistryKind
    source: str
    file_name: str
    file_digest: str
    profile: Profile
    begun_at: datetime
    place: int
    counts: Mapping[str, int]
    newest_at: datetime | None
    finished_at: datetime | None
    findings: tuple[BatchFinding, ...]
    state: BatchState
    imported_by: str | None
    ended_by: str | None
    number: int | None


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a file is read: the last row that is done, and the rows of each fate up to there."""

    place: int
    counts: Mapping[str, int]
    newest_at: datetime | None
    finished: bool


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A file about to be read."""

    kind: RegistryKind
    source: str
    file_name: str
    file_digest: str
    profile: Profile


class RegistryBatches(RegistryRows):
    """Batches and their rows. See the module, and records/registry_rows.py."""

    def begin(self, new: NewBatch, profile_digest: str, now: datetime) -> StoredBatch:
        """The batch of a file: the one that it was begun with, however often it comes. raises KeyStoreUnavailable"""
        same = (
            (_BATCHES.c.kind == new.kind.value)
            & (_BATCHES.c.file_digest == new.file_digest)
            & (_BATCHES.c.profile_digest == profile_digest)
        )
        known = self._work.connection.execute(select(_BATCHES.c.id).where(same)).scalar_one_or_none()
        if known is not None:
            return self._read(known)
        batch_id = new_id()
        self._work.keys.make_for(batch_id, now)
        name = self._work.keys.of(batch_id).seal(
            Place("registry_batches", batch_id, "file_name"), new.file_name.encode()
        )
        values = {
            "id": batch_id,
            "kind": new.kind.value,
            "source": new.source,
            "file_digest": new.file_digest,
            "profile_digest": profile_digest,
            "profile": "" if new.profile is PLAIN else new.profile.document(),
            "file_name_sealed": name,
            "begun_at": now,
            "place": 0,
            "counts": "{}",
            "findings": "[]",
            "guard": b"",
        }
        self._work.connection.execute(insert(_BATCHES), values)
        return self._read(batch_id)

    def progress(self, batch_id: str) -> BatchProgress:
        """How far a file is read."""
        row = self._row(batch_id)
        return BatchProgress(row.place, json.loads(row.counts), row.newest_at, row.finished_at is not None)

    def advance(self, batch_id: str, place: int, counts: Mapping[str, int], newest: datetime | None) -> None:
        """In the unit that kept the rows up to `place`, so that both are there or neither."""
        mine = update(_BATCHES).where(_BATCHES.c.id == batch_id)
        values = {"place": place, "counts": to_json(dict(counts)), "newest_at": newest}
        self._work.connection.execute(mine.values(**values))

    def finish(self, batch_id: str, findings: Sequence[BatchFinding], now: datetime) -> None:
        """From here on the batch never changes."""
        told = [[one.oddity.value, one.measured, one.limit] for one in findings]
        row = self._row(batch_id)
        values = {**covered_values(RegistryBatchRow, row), "finished_at": now, "findings": to_json(told)}
        guard = guard_of(self._work.indexes, RegistryBatchRow, values)
        mine = update(_BATCHES).where(_BATCHES.c.id == batch_id)
        self._work.connection.execute(mine.values(finished_at=now, findings=values["findings"], guard=guard))

    def act(self, batch_id: str, act: str, by: str | None, now: datetime, first_by: str | None = None) -> int:
        """Notes what became of a batch, behind every act before; returns its number. Only while alone with `registry`.

        raises   StorageFault: the database refuses one and the same person, and a batch that is not read to its end
        """
        last = self._work.connection.execute(
            select(_ACTS.c.number, _ACTS.c.done_at).order_by(_ACTS.c.number.desc()).limit(1)
        ).one_or_none()
        at = now if last is None else max(now, last.done_at + _TICK)
        number = 1 if last is None else int(last.number) + 1
        values = {
            "number": number,
            "batch_id": batch_id,
            "step": _STEPS[act],
            "act": act,
            "first_by": first_by,
            "done_by": by,
            "done_at": at,
        }
        guard = guard_of(self._work.indexes, RegistryActRow, values)
        self._work.connection.execute(insert(_ACTS), {**values, "guard": guard})
        return number

    def note_push(self, batch_id: str, key_id: str, now: datetime) -> None:
        """A system of another office sent this file; again, it is known already."""
        values = {"batch_id": batch_id, "api_key_id": key_id, "pushed_at": now}
        self._work.connection.execute(insert_or_ignore(self._work.connection, RegistryPushRow), values)

    def pushed_by(self, batch_id: str) -> tuple[str, ...]:
        """API keys that sent this file, the first of them first."""
        wanted = select(_PUSHES.c.api_key_id).where(_PUSHES.c.batch_id == batch_id).order_by(_PUSHES.c.pushed_at)
        return tuple(self._work.connection.execute(wanted).scalars())

    def batch(self, batch_id: str) -> StoredBatch | None:
        """raises KeyStoreUnavailable, SealBroken"""
        known = self._work.connection.execute(select(_BATCHES.c.id).where(_BATCHES.c.id == batch_id)).first()
        return None if known is None else self._read(batch_id)

    def batches(self, most: int = 100, kind: RegistryKind | None = None) -> list[StoredBatch]:
        """Newest first."""
        wanted = select(_BATCHES).order_by(_BATCHES.c.begun_at.desc(), _BATCHES.c.id).limit(most)
        if kind is not None:
            wanted = wanted.where(_BATCHES.c.kind == kind.value)
        rows = self._work.connection.execute(wanted).all()
        acts = self._acts([row.id for row in rows])
        return [self._stored(row, acts.get(row.id, {})) for row in rows]

    def waiting(self, most: int = 100) -> list[StoredBatch]:
        """Read to their end and neither counting nor discarded, those that were tampered with among them; newest
        first."""
        ended = select(_ACTS.c.number).where(_ACTS.c.batch_id == _BATCHES.c.id, _ACTS.c.step > 1).exists()
        wanted = select(_BATCHES).where(_BATCHES.c.finished_at.is_not(None), ~ended)
        rows = self._work.connection.execute(
            wanted.order_by(_BATCHES.c.begun_at.desc(), _BATCHES.c.id).limit(most)
        ).all()
        acts = self._acts([row.id for row in rows])
        return [self._stored(row, acts.get(row.id, {})) for row in rows]

    def past(self, batch: StoredBatch, most: int) -> list[PastBatch]:
        """Files of the same kind and source that count, newest first."""
        wanted = (
            select(_BATCHES.c.id)
            .join(_ACTS, (_ACTS.c.batch_id == _BATCHES.c.id) & (_ACTS.c.step == 2))
            .where(_BATCHES.c.kind == batch.kind.value, _BATCHES.c.source == batch.source, _BATCHES.c.id != batch.id)
            .order_by(_BATCHES.c.begun_at.desc())
            .limit(most * 2)
        )
        found = [self.batch(one) for one in self._work.connection.execute(wanted).scalars().all()]
        counting = [one for one in found if one is not None and one.state in COUNTING][:most]
        return [PastBatch(one.counts.get("rows", 0), one.counts.get("hits", 0), one.newest_at) for one in counting]

    def counting(self, batch_ids: Iterable[str]) -> dict[str, int]:
        """Of these batches those that count, each with its place among them."""
        ids = sorted(set(batch_ids))
        rows = self._work.connection.execute(select(_BATCHES).where(_BATCHES.c.id.in_(ids))).all()
        acts = self._acts(ids)
        found = {row.id: self._standing(row, acts.get(row.id, {})) for row in rows}
        return {one: number for one, (state, number) in found.items() if state in COUNTING and number is not None}

    def _standing(self, row: Row[Any], acts: Mapping[int, Row[Any]]) -> tuple[BatchState, int | None]:
        if row.finished_at is None:
            return BatchState.READING, None
        if not is_genuine(self._work.indexes, RegistryBatchRow, row):
            return BatchState.TAMPERED, None
        if 3 in acts:
            return BatchState.DISCARDED, None
        if 2 not in acts:
            return BatchState.QUARANTINED, None
        return BatchState(acts[2].act), acts[2].number

    def _acts(self, batch_ids: Sequence[str]) -> dict[str, dict[int, Row[Any]]]:
        """batch -> step -> the act, those alone that this service wrote."""
        found: dict[str, dict[int, Row[Any]]] = {}
        for row in self._work.connection.execute(select(_ACTS).where(_ACTS.c.batch_id.in_(batch_ids))):
            if is_genuine(self._work.indexes, RegistryActRow, row):
                found.setdefault(row.batch_id, {})[row.step] = row
        return found

    def turns_from(self, number: int, most: int) -> list[tuple[int, str]]:
        """(number, batch) of the acts by which batches began or ceased to count, in their order."""
        wanted = select(_ACTS).where(_ACTS.c.number >= number, _ACTS.c.step > 1).order_by(_ACTS.c.number).limit(most)
        return [(row.number, row.batch_id) for row in self._work.connection.execute(wanted)]

    def ever_counted(self, batch_ids: Iterable[str]) -> frozenset[str]:
        """Of these batches those that count, or did before they were discarded."""
        acts = self._acts(sorted(set(batch_ids)))
        return frozenset(batch_id for batch_id, steps in acts.items() if 2 in steps)

    def _read(self, batch_id: str) -> StoredBatch:
        return self._stored(self._row(batch_id), self._acts([batch_id]).get(batch_id, {}))

    def _row(self, batch_id: str) -> Row[Any]:
        return self._work.connection.execute(select(_BATCHES).where(_BATCHES.c.id == batch_id)).one()

    def _stored(self, row: Row[Any], acts: Mapping[int, Row[Any]]) -> StoredBatch:
        state, number = self._standing(row, acts)
        ended = acts.get(3) or acts.get(2)
        return StoredBatch(
            id=row.id,
            kind=RegistryKind(row.kind),
            source=row.source,
            file_name=self._file_name(row),
            file_digest=row.file_digest,
            profile=profile_from_stored(row.profile) if row.profile else PLAIN,
            begun_at=row.begun_at,
            place=row.place,
            counts=json.loads(row.counts),
            newest_at=row.newest_at,
            finished_at=row.finished_at,
            findings=tuple(BatchFinding(Oddity(name), one, two) for name, one, two in json.loads(row.findings)),
            state=state,
            imported_by=acts[1].done_by if 1 in acts else None,
            ended_by=None if ended is None else ended.done_by,
            number=number,
        )

    def _file_name(self, row: Row[Any]) -> str:
        """Empty once the extract is gone."""
        key = self.key_of(row.id)
        return (
            ""
            if key is None
            else key.open(Place("registry_batches", row.id, "file_name"), row.file_name_sealed).decode()
        )
