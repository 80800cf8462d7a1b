"""Signed checkpoints of the audit chain, and how far each witness has them, within one unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, or_, select, update

from auth_service.core.errors import AuditBroken
from auth_service.core.merkle import HASH_BYTES, Frontier
from auth_service.core.witness import WitnessState
from auth_service.storage.tables import AuditCheckpointRow, AuditWitnessRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_CHECKPOINTS = table_of(AuditCheckpointRow)
_WITNESSES = table_of(AuditWitnessRow)
_PAGE = 1000
_AFTER = (
    select(_CHECKPOINTS.c.number, _CHECKPOINTS.c.note)
    .where(_CHECKPOINTS.c.number > bindparam("after"))
    .order_by(_CHECKPOINTS.c.number)
    .limit(_PAGE)
)


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """One checkpoint as kept: the signed text, and what the next one goes on from."""

    number: int
    rows: int
    note: str
    frontier: Frontier


class Checkpoints:
    """The checkpoints, oldest first."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, checkpoint: StoredCheckpoint) -> bool:
        """False when another process has made one with this number, or of this length."""
        values = {
            "number": checkpoint.number,
            "rows": checkpoint.rows,
            "note": checkpoint.note,
            "frontier": b"".join(checkpoint.frontier.nodes).hex(),
        }
        connection = self._work.connection
        return connection.execute(insert_or_ignore(connection, AuditCheckpointRow), values).rowcount == 1

    def last(self) -> StoredCheckpoint | None:
        """raises AuditBroken: what is kept cannot be one"""
        return self._one(select(_CHECKPOINTS).order_by(_CHECKPOINTS.c.number.desc()).limit(1))

    def get(self, number: int) -> StoredCheckpoint | None:
        """raises AuditBroken"""
        return self._one(select(_CHECKPOINTS).where(_CHECKPOINTS.c.number == number))

    def first_after(self, rows: int) -> StoredCheckpoint | None:
        """The first that covers row `rows`. raises AuditBroken"""
        wanted = select(_CHECKPOINTS).where(_CHECKPOINTS.c.rows >= rows)
        return self._one(wanted.order_by(_CHECKPOINTS.c.rows).limit(1))

    def notes(self, after: int = 0) -> Iterator[tuple[int, str]]:
        """Number and signed text of every later one, in order."""
        while page := self._work.connection.execute(_AFTER, {"after": after}).all():
            for row in page:
                yield row.number, str(row.note)
            after = page[-1].number

    def _one(self, wanted: Any) -> StoredCheckpoint | None:
        row = self._work.connection.execute(wanted).one_or_none()
        return None if row is None else _stored(row)


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
