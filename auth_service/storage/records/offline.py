"""Records that kiosks captured without a line, within one unit: kept once, judged by what lies around them, decided
once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, func, insert, or_, select, update

from auth_service.capture.offline import Record
from auth_service.capture.offline_chain import ChainFault, ChainState, Link, Near
from auth_service.capture.offline_rules import RecordState
from auth_service.storage.sealing import Place
from auth_service.storage.tables import CaptureSessionRow, OfflineRecordRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_RECORDS = table_of(OfflineRecordRow)
_SESSIONS = table_of(CaptureSessionRow)
_OPEN = _RECORDS.c.decided_at.is_(None)
_HERE = select(_SESSIONS.c.id).where(_SESSIONS.c.id == _RECORDS.c.session_id).exists()
_REFUSED = RecordState.REFUSED.value
_GONE = b""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record as it came.

    ticket_id  None where its ticket is unknown
    session_id  None where nothing of it is looked at
    data, signature  as they came; kept only where it has a session
    """

    id: str
    record: Record
    person_id: str | None
    ticket_id: str | None
    state: RecordState
    code: str
    received_at: datetime
    session_id: str | None
    data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record; see OfflineRecordRow. frames: its session and frames are here"""

    id: str
    device_id: str
    link: Link
    client_event: str
    person_id: str | None
    state: RecordState
    code: str
    captured_at: datetime
    received_at: datetime
    session_id: str | None
    fault: ChainFault | None
    hold: str | None
    tries: int
    decided_at: datetime | None
    evidence_id: str | None
    frames: bool

    @property
    def lost_frames(self) -> bool:
        """It waits for its decision, and what it is decided by is not here: an older backup came back."""
        return self.decided_at is None and self.state is not RecordState.REFUSED and not self.frames


class OfflineRecords:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, new: NewRecord) -> None:
        """raises StorageFault: this event of the device is there already"""
        record = new.record
        values = {
            "id": new.id,
            "device_id": record.device_id,
            "counter": record.counter,
            "previous": record.previous,
            "digest": record.digest,
            "client_event": record.client_event,
            "ticket_id": new.ticket_id,
            "person_id": new.person_id,
            "state": new.state.value,
            "code": new.code,
            "captured_at": record.captured_at,
            "received_at": new.received_at,
            "session_id": new.session_id,
            "tries": 0,
            **self._sealed(new),
        }
        self._work.connection.execute(insert(_RECORDS), values)

    def mend(self, new: NewRecord, record_id: str) -> None:
        """The frames of a record that lost them came again."""
        mine = update(_RECORDS).where(_RECORDS.c.id == record_id, _OPEN)
        values = {"session_id": new.session_id, **self._sealed(new, record_id)}
        self._work.connection.execute(mine.values(**values))

    def of_event(self, device_id: str, client_event: str) -> StoredRecord | None:
        return self._one((_RECORDS.c.device_id == device_id) & (_RECORDS.c.client_event == client_event))

    def get(self, record_id: str) -> StoredRecord | None:
        return self._one(_RECORDS.c.id == record_id)

    def of_evidence(self, evidence_id: str) -> StoredRecord | None:
        """The record that was decided so; None: the capture had a line."""
        return self._one(_RECORDS.c.evidence_id == evidence_id)

    def bytes_of(self, record: StoredRecord) -> tuple[bytes, bytes] | None:
        """The record as it came, and its signature; None: not kept any more. raises KeyMissing, SealBroken"""
        wanted = select(_RECORDS.c.record_sealed, _RECORDS.c.signature).where(_RECORDS.c.id == record.id)
        row = self._work.connection.execute(wanted).one()
        if row.record_sealed == _GONE:
            return None
        return self._work.keys.of(record.person_id).open(_place(record.id), row.record_sealed), row.signature

    def near(self, device_id: str, link: Link) -> Near:
        """What lies around one record."""
        others = (_RECORDS.c.device_id == device_id) & (_RECORDS.c.digest != link.digest)
        return Near(
            same=self._digests(others & (_RECORDS.c.counter == link.counter)),
            twins=self._digests(others & (_RECORDS.c.previous == link.previous) & (_RECORDS.c.counter != link.counter)),
            before=self._digests(others & (_RECORDS.c.counter == link.counter - 1)),
        )

    def times_beside(self, device_id: str, counter: int, codes: Collection[str]) -> list[datetime]:
        """What the clock said in this record and in those on both sides that came with one of these codes, in order."""
        mine = (_RECORDS.c.device_id == device_id) & _RECORDS.c.code.in_(codes)
        near = _RECORDS.c.counter.between(counter - 1, counter + 1)
        wanted = select(_RECORDS.c.captured_at).where(mine, near).order_by(_RECORDS.c.counter, _RECORDS.c.digest)
        return list(self._work.connection.execute(wanted).scalars())

    def around(self, device_id: str, link: Link) -> list[StoredRecord]:
        """Records whose place may look different since this one came, itself among them."""
        mine = _RECORDS.c.device_id == device_id
        near = or_(
            _RECORDS.c.counter.in_([link.counter, link.counter + 1]),
            _RECORDS.c.previous == link.previous,
        )
        rows = self._work.connection.execute(_all().where(mine, near).order_by(_RECORDS.c.counter, _RECORDS.c.digest))
        return [_stored(row) for row in rows]

    def mark(self, record: StoredRecord, fault: ChainFault | None, now: datetime) -> None:
        """What is wrong with its place now; since when is kept from the first."""
        since = None if fault is None else func.coalesce(_RECORDS.c.fault_at, now)
        mine = update(_RECORDS).where(_RECORDS.c.id == record.id)
        self._work.connection.execute(mine.values(fault=fault, fault_at=since))

    def chain(self, device_id: str, doubted_since: datetime | None) -> ChainState:
        """doubted_since: faults that were found from then on count; None: none does"""
        mine = _RECORDS.c.device_id == device_id
        before = _RECORDS.alias("before")
        missing = ~(
            select(before.c.id)
            .where(before.c.device_id == _RECORDS.c.device_id, before.c.counter == _RECORDS.c.counter - 1)
            .exists()
        )
        gaps = mine & _OPEN & _RECORDS.c.fault.is_(None) & (_RECORDS.c.counter > 1) & missing
        gap = self._work.connection.execute(select(func.min(_RECORDS.c.counter)).where(gaps)).scalar_one()
        return ChainState(self.lowest_fault(device_id, doubted_since), gap)

    def quiet_since(self, device_id: str) -> datetime | None:
        """When the last record of this device came."""
        newest = func.max(_RECORDS.c.received_at, type_=_RECORDS.c.received_at.type)
        last: datetime | None = self._work.connection.execute(
            select(newest).where(_RECORDS.c.device_id == device_id)
        ).scalar_one()
        return last

    def lowest_fault(self, device_id: str, doubted_since: datetime | None) -> int | None:
        """The lowest counter of what was found wrong from then on; None: nothing was, or none of it counts."""
        if doubted_since is None:
            return None
        mine = _RECORDS.c.device_id == device_id
        found = mine & _RECORDS.c.fault.is_not(None) & (_RECORDS.c.fault_at >= doubted_since)
        lowest: int | None = self._work.connection.execute(
            select(func.min(_RECORDS.c.counter)).where(found)
        ).scalar_one()
        return lowest

    def waiting_devices(self) -> list[str]:
        """Devices with records that wait for a decision."""
        wanted = select(_RECORDS.c.device_id).where(_OPEN).distinct().order_by(_RECORDS.c.device_id)
        return list(self._work.connection.execute(wanted).scalars())

    def ready(self, device_id: str, state: ChainState, most: int) -> list[StoredRecord]:
        """Records of one device that wait for a decision and whose turn it is: below the first gap that was not judged
        and the one above it, or above a fault. Those tried least first, then by counter."""
        mine = (_RECORDS.c.device_id == device_id) & _OPEN & (_HERE | (_RECORDS.c.state == _REFUSED))
        if state.lowest_gap is not None:
            above = _RECORDS.c.counter >= state.lowest_fault if state.lowest_fault is not None else false()
            mine &= (_RECORDS.c.counter <= state.lowest_gap) | above
        rows = self._work.connection.execute(
            _all().where(mine).order_by(_RECORDS.c.tries, _RECORDS.c.counter, _RECORDS.c.id).limit(most)
        )
        return [_stored(row) for row in rows]

    def waits_of(self, person_id: str) -> bool:
        """Whether a record of this person waits for a decision."""
        mine = select(_RECORDS.c.id).where(_RECORDS.c.person_id == person_id, _OPEN).limit(1)
        return self._work.connection.execute(mine).first() is not None

    def count_waiting(self) -> int:
        """Records that wait for a decision, on all devices."""
        return self._work.connection.execute(select(func.count()).select_from(_RECORDS).where(_OPEN)).scalar_one()

    def tried(self, record_id: str, by: int = 1) -> int:
        """Counts a try; `by` -1 takes one back that was nobody's fault. Returns how many there were."""
        done = update(_RECORDS).where(_RECORDS.c.id == record_id).values(tries=_RECORDS.c.tries + by)
        tries: int = self._work.connection.execute(done.returning(_RECORDS.c.tries)).scalar_one()
        return tries

    def decide(self, record_id: str, hold: str, evidence_id: str | None, now: datetime) -> bool:
        """False: it has its decision."""
        mine = update(_RECORDS).where(_RECORDS.c.id == record_id, _OPEN)
        done = mine.values(hold=hold, evidence_id=evidence_id, decided_at=now)
        return self._work.connection.execute(done).rowcount == 1

    def _sealed(self, new: NewRecord, record_id: str | None = None) -> dict[str, bytes]:
        if new.session_id is None:
            return {"record_sealed": _GONE, "signature": _GONE}
        sealed = self._work.keys.of(new.person_id).seal(_place(record_id or new.id), new.data)
        return {"record_sealed": sealed, "signature": new.signature}

    def _digests(self, which: ColumnElement[bool]) -> list[str]:
        return list(self._work.connection.execute(select(_RECORDS.c.digest).where(which)).scalars())

    def _one(self, which: ColumnElement[bool]) -> StoredRecord | None:
        row = self._work.connection.execute(_all().where(which)).one_or_none()
        return None if row is None else _stored(row)


def _all() -> Select[Any]:
    kept = [column for column in _RECORDS.c if column.name not in {"record_sealed", "signature"}]
    return select(*kept, _HERE.label("frames"))


def _stored(row: Row[Any]) -> StoredRecord:
    return StoredRecord(
        id=row.id,
        device_id=row.device_id,
        link=Link(row.counter, row.previous, row.digest),
        client_event=row.client_event,
        person_id=row.person_id,
        state=RecordState(row.state),
        code=row.code,
        captured_at=row.captured_at,
        received_at=row.received_at,
        session_id=row.session_id,
        fault=None if row.fault is None else ChainFault(row.fault),
        hold=row.hold,
        tries=row.tries,
        decided_at=row.decided_at,
        evidence_id=row.evidence_id,
        frames=bool(row.frames),
    )


def _place(record_id: str) -> Place:
    return Place("offline_records", record_id, "record")
