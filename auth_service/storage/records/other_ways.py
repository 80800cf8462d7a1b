"""Requests for another way, as staff see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from auth_service.capture.other_way import Way
from auth_service.core.clock import legal_date
from auth_service.core.ids import new_id
from auth_service.qualification.evidence import Channel
from auth_service.storage.tables import OtherWayRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_WAYS = table_of(OtherWayRow)


@dataclass(frozen=True, slots=True)
class OtherWay:
    """One request. person_id: None where the number that was given is in no ledger"""

    id: str
    person_id: str | None
    way: Way
    channel: Channel
    asked_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None


class OtherWays:
    """Requests within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def ask(self, person_id: str | None, subject: str, way: Way, channel: Channel, now: datetime) -> bool:
        """False: the same was asked for today already.

        subject  what stands for the person: an ID number, or the subject of a session
        """
        once = f"{subject}\0{way.value}\0{legal_date(now)}"
        values = {
            "id": new_id(),
            "person_id": person_id,
            "way": way.value,
            "channel": channel.value,
            "asked_at": now,
            "once": self._work.indexes.of("other_way", once),
        }
        statement = insert_or_ignore(self._work.connection, OtherWayRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def waiting(self, most: int) -> list[OtherWay]:
        """Not settled, of people in the ledger, the oldest first."""
        wanted = select(_WAYS).where(_WAYS.c.settled_at.is_(None), _WAYS.c.person_id.is_not(None))
        rows = self._work.connection.execute(wanted.order_by(_WAYS.c.asked_at, _WAYS.c.id).limit(most))
        return [OtherWay(row.id, row.person_id, Way(row.way), Channel(row.channel), row.asked_at) for row in rows]

    def settle(self, request_id: str, staff_id: str, now: datetime) -> bool:
        """False: it is unknown, or settled already."""
        mine = (_WAYS.c.id == request_id) & _WAYS.c.settled_at.is_(None)
        done = update(_WAYS).where(mine).values(settled_at=now, settled_by=staff_id)
        return self._work.connection.execute(done).rowcount == 1
