"""What a kiosk says that it did on a day, what came of it here, and what its bank is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, insert, select

from auth_service.capture.reconciliation import Difference, Here, Reported, bounds_of
from auth_service.core.ids import new_id
from auth_service.qualification.evidence import Channel
from auth_service.storage.tables import CaptureSessionRow, OfflineRecordRow, ReconciliationRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_TOLD = table_of(ReconciliationRow)
_RECORDS, _SESSIONS = table_of(OfflineRecordRow), table_of(CaptureSessionRow)
_MOST_NAMED = 100
"""Missing numbers that an answer names; a kiosk sends these and asks again."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One report of a kiosk, and how it differs."""

    device_id: str
    reported: Reported
    differences: tuple[Difference, ...]
    reported_at: datetime


class Reconciliations:
    """Reports within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, told: Reconciliation) -> None:
        values = {
            "id": new_id(),
            "device_id": told.device_id,
            "day": told.reported.day,
            "captures": told.reported.captures,
            "records": told.reported.records,
            "last_counter": told.reported.last_counter,
            "last_hash": told.reported.last_hash,
            "differences": to_json([[one.code, one.kiosk, one.here, list(one.counters)] for one in told.differences]),
            "reported_at": told.reported_at,
        }
        self._work.connection.execute(insert(_TOLD), values)

    def of_day(self, day: date) -> dict[str, Reconciliation]:
        """The newest report of each device."""
        rows = self._work.connection.execute(select(_TOLD).where(_TOLD.c.day == day).order_by(_TOLD.c.reported_at))
        found = {}
        for row in rows:
            reported = Reported(row.day, row.captures, row.records, row.last_counter, row.last_hash)
            differences = (
                Difference(code, kiosk, here, tuple(n)) for code, kiosk, here, n in json.loads(row.differences)
            )
            found[row.device_id] = Reconciliation(row.device_id, reported, tuple(differences), row.reported_at)
        return found

    def here(self, device_id: str, hidden: str, reported: Reported, first: int, settled: datetime) -> Here:
        """What came from one device.

        hidden   its keyed hash, under which its sessions are counted (Sessions.hidden_device)
        first    the lowest counter that must be here
        settled  what came later may have been made after the kiosk counted
        """
        mine = _RECORDS.c.device_id == device_id
        at_last = mine & (_RECORDS.c.counter == reported.last_counter)
        return Here(
            captures=self.captures(hidden, reported.day),
            records=self.records(device_id, reported.day),
            highest=self._highest(mine),
            settled=self._highest(mine & (_RECORDS.c.received_at <= settled)),
            last_hashes=tuple(self._work.connection.execute(select(_RECORDS.c.digest).where(at_last)).scalars()),
            missing=tuple(self._missing(device_id, first, reported.last_counter)),
        )

    def records(self, device_id: str, day: date) -> int:
        """Records that a kiosk says it made on a day."""
        begins, ends = bounds_of(day)
        made = (_RECORDS.c.captured_at >= begins) & (_RECORDS.c.captured_at < ends)
        wanted = select(func.count()).select_from(_RECORDS).where(_RECORDS.c.device_id == device_id, made)
        return self._work.connection.execute(wanted).scalar_one()

    def captures(self, hidden: str, day: date) -> int:
        """Sessions that were handed in while the kiosk had its line, and decided."""
        offline = select(_RECORDS.c.id).where(_RECORDS.c.session_id == _SESSIONS.c.id).exists()
        mine = (_SESSIONS.c.device == hidden) & (_SESSIONS.c.channel == Channel.KIOSK.value) & ~offline
        begins, ends = bounds_of(day)
        handed_in = (_SESSIONS.c.claimed_at >= begins) & (_SESSIONS.c.claimed_at < ends)
        wanted = select(func.count()).select_from(_SESSIONS)
        return self._work.connection.execute(
            wanted.where(mine, handed_in, _SESSIONS.c.decided_at.is_not(None))
        ).scalar_one()

    def lowest(self, device_id: str) -> int | None:
        """The lowest counter that is here."""
        wanted = select(func.min(_RECORDS.c.counter)).where(_RECORDS.c.device_id == device_id)
        lowest: int | None = self._work.connection.execute(wanted).scalar_one()
        return lowest

    def _missing(self, device_id: str, first: int, last: int) -> Sequence[int]:
        """Counters from first to last that are not here, or whose frames are not; the lowest of them."""
        lost = (
            _RECORDS.c.decided_at.is_(None)
            & (_RECORDS.c.state != "refused")
            & ~select(_SESSIONS.c.id).where(_SESSIONS.c.id == _RECORDS.c.session_id).exists()
        )
        here = (
            select(_RECORDS.c.counter)
            .where(_RECORDS.c.device_id == device_id, _RECORDS.c.counter.between(first, last), ~lost)
            .distinct()
            .subquery()
        )
        before = func.lag(here.c.counter, 1, first - 1).over(order_by=here.c.counter).label("before")
        edges = select(here.c.counter.label("counter"), before).subquery()
        wanted = select(edges).where(edges.c.counter > edges.c.before + 1).order_by(edges.c.counter)
        found: list[int] = []
        for row in self._work.connection.execute(wanted.limit(_MOST_NAMED)):
            found.extend(range(row.before + 1, min(row.counter, row.before + 1 + _MOST_NAMED)))
        highest = self._work.connection.execute(select(func.max(here.c.counter))).scalar_one() or first - 1
        found.extend(range(highest + 1, min(last, highest + _MOST_NAMED) + 1))
        return found[:_MOST_NAMED]

    def _highest(self, which: ColumnElement[bool]) -> int:
        return self._work.connection.execute(select(func.max(_RECORDS.c.counter)).where(which)).scalar_one() or 0
