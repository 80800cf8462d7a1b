"""What people ask about their own data, within one unit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from auth_service.core.clock import legal_date
from auth_service.core.errors import KeyDestroyed
from auth_service.core.ids import new_id
from auth_service.enrollment.own_request import Answer, OwnRequest, OwnWish, Papers
from auth_service.qualification.evidence import Channel
from auth_service.storage.sealing import Place
from auth_service.storage.tables import OwnRequestRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_OWN = table_of(OwnRequestRow)


class OwnRequests:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def ask(self, person_id: str, wish: OwnWish, channel: Channel, now: datetime) -> bool:
        """False: the very same was asked for today already."""
        values = {
            "id": new_id(),
            "person_id": person_id,
            "wish": wish.value,
            "channel": channel.value,
            "asked_at": now,
            "once": self._work.indexes.of("own_request", "\0".join((person_id, wish.value, str(legal_date(now))))),
        }
        statement = insert_or_ignore(self._work.connection, OwnRequestRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def get(self, request_id: str) -> OwnRequest | None:
        row = self._work.connection.execute(select(_OWN).where(_OWN.c.id == request_id)).one_or_none()
        return None if row is None else self._read(row)

    def of_person(self, person_id: str) -> list[OwnRequest]:
        """The newest first."""
        wanted = select(_OWN).where(_OWN.c.person_id == person_id).order_by(_OWN.c.asked_at.desc(), _OWN.c.id)
        return [self._read(row) for row in self._work.connection.execute(wanted)]

    def listed(self, *, settled: bool, most: int) -> list[OwnRequest]:
        """Waiting ones, the oldest first; or settled ones, the newest first."""
        if settled:
            wanted = select(_OWN).where(_OWN.c.settled_at.is_not(None)).order_by(_OWN.c.settled_at.desc(), _OWN.c.id)
        else:
            wanted = select(_OWN).where(_OWN.c.settled_at.is_(None)).order_by(_OWN.c.asked_at, _OWN.c.id)
        return [self._read(row) for row in self._work.connection.execute(wanted.limit(most))]

    def settle(self, request: OwnRequest, now: datetime) -> bool:
        """False: it was settled meanwhile. Of somebody who is erased no words are kept."""
        mine = (_OWN.c.id == request.id) & _OWN.c.settled_at.is_(None)
        values: dict[str, Any] = {
            "settled_at": now,
            "settled_by": request.settled_by,
            "answer": request.answer.value if request.answer else None,
            "papers": request.papers.value if request.papers else None,
            "note_sealed": self._sealed(request),
        }
        return self._work.connection.execute(update(_OWN).where(mine).values(**values)).rowcount == 1

    def _sealed(self, request: OwnRequest) -> bytes | None:
        if not request.note:
            return None
        try:
            return self._work.keys.of(request.person_id).seal(_place(request.id), request.note.encode())
        except KeyDestroyed:
            return None

    def _read(self, row: Row[Any]) -> OwnRequest:
        note = ""
        if row.note_sealed is not None:
            try:
                note = self._work.keys.of(row.person_id).open(_place(row.id), row.note_sealed).decode()
            except KeyDestroyed:
                note = ""
        return OwnRequest(
            row.id, row.person_id, OwnWish(row.wish), row.channel, row.asked_at, row.settled_at, row.settled_by,
            Answer(row.answer) if row.answer else None, Papers(row.papers) if row.papers else None, note,
        )  # fmt: skip


def _place(request_id: str) -> Place:
    return Place("own_requests", request_id, "note")
