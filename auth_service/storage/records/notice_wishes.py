"""How people want to be told, within one unit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from auth_service.notices.notice import Language, Wishes
from auth_service.storage.sealing import Place
from auth_service.storage.tables import NoticeWishRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_WISHES = table_of(NoticeWishRow)
NO_WISHES = Wishes()


class NoticeWishes:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def of(self, person_id: str) -> Wishes:
        """raises SealBroken, KeyMissing"""
        row = self._work.connection.execute(select(_WISHES).where(_WISHES.c.person_id == person_id)).one_or_none()
        return NO_WISHES if row is None else self._read(row)

    def receipts(self, people: Collection[str]) -> dict[str, datetime]:
        """Who of these wants a receipt of every pass, and since when."""
        wanted = select(_WISHES.c.person_id, _WISHES.c.changed_at).where(
            _WISHES.c.person_id.in_(list(people)), _WISHES.c.receipts
        )
        return {row.person_id: row.changed_at for row in self._work.connection.execute(wanted)}

    def put(self, person_id: str, wishes: Wishes, staff_id: str, now: datetime) -> None:
        """In the place of what they wanted before. raises KeyDestroyed"""
        sealed = self._work.keys.of(person_id).seal(_place(person_id), wishes.email.encode())
        values: dict[str, Any] = {"language": wishes.language.value, "receipts": wishes.receipts}
        values |= {"email_sealed": sealed if wishes.email else None, "changed_by": staff_id, "changed_at": now}
        mine = _WISHES.c.person_id == person_id
        if self._work.connection.execute(update(_WISHES).where(mine).values(**values)).rowcount == 0:
            self._work.connection.execute(insert(_WISHES), {"person_id": person_id, **values})

    def forget(self, person_id: str) -> int:
        return self._work.connection.execute(delete(_WISHES).where(_WISHES.c.person_id == person_id)).rowcount

    def _read(self, row: Row[Any]) -> Wishes:
        email = ""
        if row.email_sealed is not None:
            email = self._work.keys.of(row.person_id).open(_place(row.person_id), row.email_sealed).decode()
        return Wishes(Language(row.language), email, row.receipts, row.changed_at)


def _place(person_id: str) -> Place:
    return Place("notice_wishes", person_id, "email")
