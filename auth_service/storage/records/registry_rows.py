"""Rows of registries within one unit: kept as told, and read in the version that holds.

What a row says of a person is sealed with the key of its batch. It goes with that key after the extract's time; what
stays names nobody: a keyed hash of the reference, times, and the day of the event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, insert, select, update

from auth_service.beneficiaries.dates import PartialDate, parse_partial_date
from auth_service.beneficiaries.id_number import Sex, parse_id_number
from auth_service.core.errors import IdNumberInvalid, KeyDestroyed, LedgerRoleMissing
from auth_service.core.ids import new_id
from auth_service.crosscheck.sources import RegistryAct, RegistryKind, RegistryRecord
from auth_service.crosscheck.versions import Version
from auth_service.storage.postgres import may
from auth_service.storage.sealing import DataKey, Place
from auth_service.storage.tables import (
    PersonKeyRow,
    PersonRow,
    RegistryBatchRow,
    RegistryRecordRow,
    RegistryRefusalRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_ROWS, _REFUSALS, _PEOPLE = table_of(RegistryRecordRow), table_of(RegistryRefusalRow), table_of(PersonRow)
_BATCHES, _KEYS = table_of(RegistryBatchRow), table_of(PersonKeyRow)
_WHOLE_DATE = 10
_AT_ONCE = 10_000
"""Ids named in one statement."""
_EMPTIED = {"id_index": None, "content_index": None, "content_sealed": None}


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A row as checked, with its number in the file, its keyed indexes and the version that it is."""

    row: int
    record: RegistryRecord
    reference: bytes
    version: Version


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row as it is kept. record: None once what it said has been erased

    reference, content  keyed hashes of the source's reference and of what the row says; content goes with the record
    """

    id: str
    batch_id: str
    row: int
    kind: RegistryKind
    source: str
    act: RegistryAct
    at: datetime
    event: PartialDate | None
    region: str
    record: RegistryRecord | None
    reference: bytes = b""
    content: bytes | None = None


class RegistryRows:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def require(self) -> None:
        """Whether this role may add rows of registries, before a file is begun. raises LedgerRoleMissing"""
        connection = self._work.connection
        if connection.dialect.name == "postgresql" and not may(connection, _ROWS.name, "INSERT"):
            raise LedgerRoleMissing

    def told(self, row: int, record: RegistryRecord, begun_at: datetime) -> ToldRow:
        """A row ready to be kept. begun_at: stands for the source's time where it tells none"""
        said = f"{record.kind.value}\n{record.source}\n{record.ref}"
        content = self._work.indexes.of("registry_content", to_json(_plain(record)))
        at, given = record.source_time or begun_at, record.source_time is not None
        version = Version(new_id(), record.act, at, given, content, (_UNPLACED, row))
        return ToldRow(row, record, self._work.indexes.of("registry_reference", said), version)

    def add_rows(self, batch_id: str, rows: Sequence[ToldRow]) -> None:
        """raises KeyStoreUnavailable, KeyDestroyed: the extract's time is over"""
        key = self._work.keys.of(batch_id)
        values = [self._values(batch_id, key, one) for one in rows]
        if values:
            self._work.connection.execute(insert(_ROWS), values)

    def add_refusals(self, batch_id: str, refused: Iterable[tuple[int, str, str]]) -> None:
        """Rows as (row, field, code)."""
        values = [{"batch_id": batch_id, "row": row, "field": field, "code": code} for row, field, code in refused]
        if values:
            self._work.connection.execute(insert(_REFUSALS), values)

    def refusals(self, batch_id: str, first: int, last: int) -> dict[int, tuple[str, str]]:
        """Row -> (field, code), between two rows of a file."""
        wanted = select(_REFUSALS).where(
            _REFUSALS.c.batch_id == batch_id, _REFUSALS.c.row >= first, _REFUSALS.c.row <= last
        )
        return {row.row: (row.field, row.code) for row in self._work.connection.execute(wanted)}

    def refused_by_code(self, batch_id: str) -> dict[str, int]:
        wanted = select(_REFUSALS.c.code, func.count()).where(_REFUSALS.c.batch_id == batch_id)
        rows = self._work.connection.execute(wanted.group_by(_REFUSALS.c.code))
        return {row[0]: row[1] for row in rows}

    def known_of(self, references: Iterable[bytes]) -> dict[bytes, list[tuple[str, Version]]]:
        """Reference -> what was said under it, with the batch that says it, whether that counts or not."""
        found: dict[bytes, list[tuple[str, Version]]] = {}
        wanted = select(_ROWS).where(_ROWS.c.ref_index.in_(sorted(set(references))))
        for row in self._work.connection.execute(wanted):
            found.setdefault(row.ref_index, []).append((row.batch_id, _version(row, _UNPLACED)))
        return found

    def hits(self, rows: Iterable[ToldRow]) -> int:
        """How many of these rows carry the ID number of somebody in the ledger."""
        indexes = [index for one in rows if (index := self._id_index(one.record)) is not None]
        wanted = select(_PEOPLE.c.id_number_index).where(_PEOPLE.c.id_number_index.in_(sorted(set(indexes))))
        known = set(self._work.connection.execute(wanted).scalars())
        return sum(index in known for index in indexes)

    def commonest_date(self, batch_id: str) -> tuple[int, int]:
        """Rows with a whole date of the event, and how many of them share the commonest one."""
        whole = (_ROWS.c.batch_id == batch_id) & (func.length(_ROWS.c.event_on) == _WHOLE_DATE)
        each = select(func.count().label("count")).where(whole).group_by(_ROWS.c.event_on).subquery()
        wanted = select(func.coalesce(func.sum(each.c.count), 0), func.coalesce(func.max(each.c.count), 0))
        dated, most = self._work.connection.execute(wanted).one()
        return int(dated), int(most)

    def of_batch(self, batch_id: str, after: int, most: int) -> list[StoredRow]:
        """Rows of one file behind a row of it, whether it counts or not: for whoever decides about it."""
        wanted = select(_ROWS).where(_ROWS.c.batch_id == batch_id, _ROWS.c.row > after).order_by(_ROWS.c.row)
        return self.opened(self._work.connection.execute(wanted.limit(most)).all())

    def opened(self, rows: Iterable[Row[Any]]) -> list[StoredRow]:
        """raises KeyStoreUnavailable, SealBroken"""
        keys: dict[str, DataKey | None] = {}
        found = []
        for row in rows:
            if row.batch_id not in keys:
                keys[row.batch_id] = self.key_of(row.batch_id)
            found.append(_opened(row, keys[row.batch_id]))
        return found

    def references_of(self, record_ids: Iterable[str]) -> dict[str, str]:
        """Row -> the source's reference as it was written; without rows that were emptied. raises SealBroken"""
        ids, found = sorted(set(record_ids)), dict[str, str]()
        for start in range(0, len(ids), _AT_ONCE):
            some = select(_ROWS).where(_ROWS.c.id.in_(ids[start : start + _AT_ONCE])).order_by(_ROWS.c.batch_id)
            rows = self.opened(self._work.connection.execute(some).all())
            found |= {one.id: one.record.ref for one in rows if one.record is not None}
        return found

    def key_of(self, batch_id: str) -> DataKey | None:
        """None once it was destroyed."""
        try:
            return self._work.keys.of(batch_id)
        except KeyDestroyed:
            return None

    # --- what must go -------------------------------------------------------------------------------------

    def forget_person(self, id_number_index: ColumnElement[bytes]) -> int:
        """Empties the rows that carry an erased person's ID number; returns how many."""
        mine = update(_ROWS).where(_ROWS.c.id_index == id_number_index)
        return self._work.connection.execute(mine.values(**_EMPTIED)).rowcount

    def count_extracts(self, before: datetime) -> int:
        """Rows that still say something, and keys that open them, of files begun before an instant."""
        rows = select(func.count()).select_from(_ROWS.join(_BATCHES, _BATCHES.c.id == _ROWS.c.batch_id))
        old = self._work.connection.execute(rows.where(_FULL, _BATCHES.c.begun_at < before)).scalar_one()
        keys = select(func.count()).select_from(_live_keys(before).subquery())
        return int(old) + int(self._work.connection.execute(keys).scalar_one())

    def empty_extracts(self, before: datetime, most: int, now: datetime) -> int:
        """Destroys keys first, which no backup survives either, then empties rows; returns how many of both, up to
        `most` of each."""
        owners = list(self._work.connection.execute(_live_keys(before).limit(most)).scalars())
        for batch_id in owners:
            self._work.keys.destroy(batch_id, now)
        old = select(_BATCHES.c.id).where(_BATCHES.c.begun_at < before)
        left = select(_ROWS.c.id).where(_FULL, _ROWS.c.batch_id.in_(old)).limit(most)
        chosen = list(self._work.connection.execute(left).scalars())
        mine = update(_ROWS).where(_ROWS.c.id.in_(chosen))
        return len(owners) + self._work.connection.execute(mine.values(**_EMPTIED)).rowcount

    def _id_index(self, record: RegistryRecord) -> bytes | None:
        number = record.id_number
        return None if number is None else self._work.indexes.of("id_number", number.number)

    def _values(self, batch_id: str, key: DataKey, one: ToldRow) -> dict[str, Any]:
        record, version = one.record, one.version
        sealed = key.seal(Place("registry_records", version.record_id, "content"), to_json(_plain(record)).encode())
        return {
            "id": version.record_id,
            "batch_id": batch_id,
            "row": one.row,
            "kind": record.kind.value,
            "source": record.source,
            "act": record.act.value,
            "ref_index": one.reference,
            "source_time": version.at,
            "time_given": version.time_given,
            "event_on": None if record.event is None else str(record.event),
            "region_code": record.region or None,
            "id_index": self._id_index(record),
            "content_index": version.content,
            "content_sealed": sealed,
        }


_UNPLACED = 0
"""Until it is known whether and since when a batch counts."""
_FULL = _ROWS.c.content_sealed.is_not(None)


def _live_keys(before: datetime) -> Select[Any]:
    """Batches begun before an instant whose key still opens them."""
    joined = _BATCHES.join(_KEYS, _KEYS.c.person_id == _BATCHES.c.id)
    return select(_BATCHES.c.id).select_from(joined).where(_BATCHES.c.begun_at < before, _KEYS.c.wrapped.is_not(None))


def _version(row: Row[Any], place: int) -> Version:
    return Version(row.id, RegistryAct(row.act), row.source_time, row.time_given, row.content_index, (place, row.row))


def placed(row: Row[Any], counting: Mapping[str, int]) -> Version:
    """A stored row as a version, with its batch's place among those that count."""
    return _version(row, counting[row.batch_id])


def _plain(record: RegistryRecord) -> dict[str, str]:
    """What a row says, without what says it again in clear; empty parts left out."""
    said = {
        "ref": record.ref,
        "id": record.id_text,
        "name": record.name,
        "sex": record.sex.value if record.sex else "",
        "birth": str(record.birth or ""),
        "region": record.region,
        "village": record.village,
        "event": str(record.event or ""),
        "detail": record.detail,
    }
    return {name: text for name, text in said.items() if text}


def _opened(row: Row[Any], key: DataKey | None) -> StoredRow:
    kind, act = RegistryKind(row.kind), RegistryAct(row.act)
    record = None
    if key is not None and row.content_sealed is not None:
        said = json.loads(key.open(Place("registry_records", row.id, "content"), row.content_sealed))
        record = _record(kind, act, row, said)
    event = parse_partial_date(row.event_on, "event_date") if row.event_on else None
    return StoredRow(
        row.id, row.batch_id, row.row, kind, row.source, act, row.source_time, event, row.region_code or "", record,
        row.ref_index, row.content_index,
    )  # fmt: skip


def _record(kind: RegistryKind, act: RegistryAct, row: Row[Any], said: Mapping[str, str]) -> RegistryRecord:
    number = said.get("id", "")
    try:
        known = parse_id_number(number, date.max) if number else None
    except IdNumberInvalid:
        known = None
    return RegistryRecord(
        kind=kind,
        source=row.source,
        ref=said["ref"],
        act=act,
        source_time=row.source_time if row.time_given else None,
        id_text=number,
        id_number=known,
        name=said.get("name", ""),
        sex=Sex(said["sex"]) if "sex" in said else None,
        birth=parse_partial_date(said["birth"], "birth_date") if "birth" in said else None,
        region=said.get("region", ""),
        village=said.get("village", ""),
        event=parse_partial_date(said["event"], "event_date") if "event" in said else None,
        detail=said.get("detail", ""),
    )
