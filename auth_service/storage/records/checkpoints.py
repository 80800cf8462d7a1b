"""Signed checkpoints of the audit chain, and how far each witness has them, within one unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, or_, select, update

from auth_service.core.errors import AuditBroken
from auth_service.core.merkle import HASH_BYTES, Frontier
from auth_service.core.witness import WitnessState
from auth_service.storage.records.audit_guards import base_of, checkpoint_guard, is_same
from auth_service.storage.tables import AuditCheckpointRow, AuditWitnessRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_CHECKPOINTS = table_of(AuditCheckpointRow)
_WITNESSES = table_of(AuditWitnessRow)
_PAGE = 100
_ALL = select(_CHECKPOINTS)


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """One checkpoint as kept: the signed text, and what the next one goes on from."""

    number: int
    rows: int
    note: str
    frontier: Frontier


Opens = Callable[[StoredCheckpoint], object]
"""Takes a checkpoint apart. raises AuditBroken: nobody trusted signed it, or its row says something else"""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest checkpoint that was signed here. forged: rows with a higher number that somebody else put in"""

    stored: StoredCheckpoint | None
    forged: int


class Checkpoints:
    """The checkpoints. What somebody else put among them is passed over, never obeyed."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, checkpoint: StoredCheckpoint) -> bool:
        """False when another process has made one with this number."""
        values = {
            "number": checkpoint.number,
            "guard": checkpoint_guard(self._work.indexes, checkpoint.number),
            "rows": checkpoint.rows,
            "note": checkpoint.note,
            "frontier": b"".join(checkpoint.frontier.nodes).hex(),
        }
        connection = self._work.connection
        return connection.execute(insert_or_ignore(connection, AuditCheckpointRow), values).rowcount == 1

    def newest(self, opens: Opens) -> Newest:
        """raises AuditBroken: one of our own cannot be opened, so that nobody knows what was signed last"""
        forged = 0
        for row in self._stream(_ALL.order_by(_CHECKPOINTS.c.number.desc()), at_once=10):
            stored = self._opened(row, opens)
            if stored is not None:
                return Newest(stored, forged)
            forged += 1
        return Newest(None, forged)

    def any(self) -> bool:
        """Whether there is any, genuine or not."""
        return self._work.connection.execute(select(_CHECKPOINTS.c.number).limit(1)).first() is not None

    def has(self, number: int, note: str) -> bool:
        """Whether this very note is kept under this number."""
        wanted = select(_CHECKPOINTS.c.number).where(_CHECKPOINTS.c.number == number, _CHECKPOINTS.c.note == note)
        return self._work.connection.execute(wanted.limit(1)).first() is not None

    def covering(self, rows: int, opens: Opens) -> StoredCheckpoint | None:
        """The first that covers row `rows`. raises as `newest`"""
        wanted = _ALL.where(_CHECKPOINTS.c.rows >= rows).order_by(_CHECKPOINTS.c.rows)
        return next(self._genuine(wanted, opens), None)

    def later(self, after: int, opens: Opens) -> Iterator[StoredCheckpoint]:
        """Every one with a higher number, in order. raises as `newest`"""
        return self._genuine(_ALL.where(_CHECKPOINTS.c.number > after).order_by(_CHECKPOINTS.c.number), opens)

    def notes(self) -> Iterator[tuple[int, str]]:
        """Number and text of everything that is kept, in order, forged ones too."""
        for row in self._stream(_ALL.order_by(_CHECKPOINTS.c.number)):
            yield row.number, str(row.note)

    def _genuine(self, wanted: Select[Any], opens: Opens) -> Iterator[StoredCheckpoint]:
        opened = (self._opened(row, opens) for row in self._stream(wanted))
        return (stored for stored in opened if stored is not None)

    def _stream(self, wanted: Select[Any], at_once: int = _PAGE) -> Iterator[Row[Any]]:
        """Never the whole result in memory; a caller may stop at any row."""
        with closing(self._work.connection.execute(wanted, execution_options={"yield_per": at_once})) as found:
            yield from found

    def _opened(self, row: Row[Any], opens: Opens) -> StoredCheckpoint | None:
        """None: somebody else put it in. raises AuditBroken: it is ours and cannot be opened"""
        try:
            stored = _stored(row)
            opens(stored)
        except AuditBroken:
            guard = checkpoint_guard(self._work.indexes, row.number)
            if is_same(row.guard, guard) or row.number <= base_of(self._work).checkpoints:
                raise
            return None
        return stored


class Witnesses:
    """Where each witness stands."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def state(self, name: str) -> WitnessState:
        row = self._work.connection.execute(select(_WITNESSES).where(_WITNESSES.c.name == name)).one_or_none()
        if row is None:
            return WitnessState(name)
        return WitnessState(
            name, row.delivered, row.delivered_at, row.failures, row.failed_at, row.failing_since, row.code
        )

    def claim(self, name: str, lease: str, now: datetime, seconds: int) -> WitnessState | None:
        """The right to deliver to a witness for a while; None while another process has it."""
        connection = self._work.connection
        fresh = {"name": name, "delivered": 0, "failures": 0}
        connection.execute(insert_or_ignore(connection, AuditWitnessRow), fresh)
        mine = (
            update(_WITNESSES)
            .where(_WITNESSES.c.name == name)
            # a lease far ahead comes from a clock that was set back since
            .where(
                or_(
                    _WITNESSES.c.lease_until.is_(None),
                    _WITNESSES.c.lease_until <= now,
                    _WITNESSES.c.lease_until > now + timedelta(seconds=2 * seconds),
                )
            )
            .values(lease=lease, lease_until=now + timedelta(seconds=seconds))
        )
        return self.state(name) if connection.execute(mine).rowcount == 1 else None

    def put(self, state: WitnessState, lease: str) -> bool:
        """Keeps how a delivery went and gives the lease back; False when another process has taken it since."""
        change = (
            update(_WITNESSES)
            .where(_WITNESSES.c.name == state.name, _WITNESSES.c.lease == lease)
            .values(
                delivered=state.delivered,
                delivered_at=state.delivered_at,
                failures=state.failures,
                failing_since=state.since,
                failed_at=state.failed_at,
                code=state.code,
                lease=None,
                lease_until=None,
            )
        )
        return self._work.connection.execute(change).rowcount == 1


def _stored(row: Row[Any]) -> StoredCheckpoint:
    try:
        data = bytes.fromhex(row.frontier)
        nodes = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
        return StoredCheckpoint(row.number, row.rows, str(row.note), Frontier(row.rows, nodes))
    except (TypeError, ValueError) as error:
        raise AuditBroken(f"checkpoint {row.number} is damaged") from error
