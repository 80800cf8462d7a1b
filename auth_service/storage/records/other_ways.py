"""Requests for another way, as staff see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from auth_service.capture.other_way import Way
from auth_service.core.clock import legal_date
from auth_service.core.ids import new_id
from auth_service.qualification.evidence import Channel
from auth_service.storage.sealing import Place
from auth_service.storage.tables import OtherWayRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_WAYS = table_of(OtherWayRow)


@dataclass(frozen=True, slots=True)
class OtherWay:
    """One request. phone: a number that was given for it, beside the one on file

    settled_at, settled_by, note  None, None and empty while it waits
    """

    id: str
    person_id: str
    way: Way
    channel: Channel
    asked_at: datetime
    phone: str | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """person_id  None where the number that was given is in no ledger
    subject    what stands for the person: the subject of a session
    """

    person_id: str | None
    subject: str
    way: Way
    channel: Channel
    phone: str = ""


class OtherWays:
    """Requests within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def ask(self, new: NewRequest, now: datetime) -> bool:
        """False: the very same was asked for today already, by somebody who named the same person and telephone number.

        Whoever knows a number alone can keep nobody's request away. Nothing is kept of a telephone number that belongs
        to nobody.
        """
        request_id, person = new_id(), new.person_id or "nobody"
        once = "\0".join((new.subject, new.way.value, str(legal_date(now)), person, new.phone))
        sealed = self._work.keys.of(new.person_id).seal(_place(request_id, "phone"), new.phone.encode())
        values = {
            "id": request_id,
            "person_id": new.person_id,
            "way": new.way.value,
            "channel": new.channel.value,
            "asked_at": now,
            "phone_sealed": sealed if new.phone and new.person_id is not None else None,
            "once": self._work.indexes.of("other_way", once),
        }
        statement = insert_or_ignore(self._work.connection, OtherWayRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def waiting(self, most: int) -> list[OtherWay]:
        """Not settled, of people in the ledger, the oldest first. raises KeyMissing, SealBroken"""
        wanted = select(_WAYS).where(_WAYS.c.settled_at.is_(None), _WAYS.c.person_id.is_not(None))
        rows = self._work.connection.execute(wanted.order_by(_WAYS.c.asked_at, _WAYS.c.id).limit(most))
        return [self._read(row) for row in rows]

    def get(self, request_id: str) -> OtherWay | None:
        """One request of somebody in the ledger, settled or not. raises KeyMissing, SealBroken"""
        wanted = select(_WAYS).where(_WAYS.c.id == request_id, _WAYS.c.person_id.is_not(None))
        row = self._work.connection.execute(wanted).one_or_none()
        return None if row is None else self._read(row)

    def _read(self, row: Row[Any]) -> OtherWay:
        phone, note = (
            None if sealed is None else self._work.keys.of(row.person_id).open(_place(row.id, field), sealed).decode()
            for field, sealed in (("phone", row.phone_sealed), ("note", row.note_sealed))
        )
        return OtherWay(
            row.id, row.person_id, Way(row.way), Channel(row.channel), row.asked_at, phone, row.settled_at,
            row.settled_by, note or "",
        )  # fmt: skip

    def settle(self, request: OtherWay, staff_id: str, note: str, now: datetime) -> bool:
        """False: it is unknown, or settled already."""
        sealed = self._work.keys.of(request.person_id).seal(_place(request.id, "note"), note.encode())
        mine = (_WAYS.c.id == request.id) & _WAYS.c.settled_at.is_(None)
        done = update(_WAYS).where(mine).values(settled_at=now, settled_by=staff_id, note_sealed=sealed)
        return self._work.connection.execute(done).rowcount == 1


def _place(request_id: str, field: str) -> Place:
    return Place("other_ways", request_id, field)
