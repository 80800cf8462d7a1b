"""Counts against limits, right over all workers: each is one row that one statement raises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Executable, Table, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from auth_service.core.limits import Count
from auth_service.storage.tables import LimitCountRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_COUNTS: Table = table_of(LimitCountRow)
_FORGET = text("SELECT forget_counts(:before)")
_KEPT = select(_COUNTS.c.id).where(_COUNTS.c.id == bindparam("row"))


def _raise_in(insert: Callable[[Table], Any]) -> Executable:
    """Built once per database: putting it together costs more than running it."""
    new = insert(_COUNTS).values(id=bindparam("row"), ends_at=bindparam("end"), count=1)
    raised = new.on_conflict_do_update(
        index_elements=[_COUNTS.c.id], set_={"count": _COUNTS.c.count + 1}, where=_COUNTS.c.count < bindparam("most")
    )
    return cast("Executable", raised.returning(_COUNTS.c.count))


_RAISE = {"postgresql": _raise_in(insert_postgresql), "sqlite": _raise_in(insert_sqlite)}


class Limits:
    """Counts within one unit. Callers take them in one order, so that two units never wait for each other."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def take(self, count: Count, now: datetime) -> bool:
        """Counts one request. returns False when the window is full, and then counts nothing"""
        ends_at = count.ends_at(now)
        seen = None if count.each is None else self._id(f"{count.rule} each", f"{count.subject}\0{count.each}", ends_at)
        if seen is not None and self._is_kept(seen):
            return True
        row_id = self._id(count.rule, count.subject, ends_at)
        if not _raised(self._work.connection, row_id, ends_at, count.most):
            return False
        if seen is not None:
            # two at once may both count the same new one: one too many is counted, never one too few
            new = insert_or_ignore(self._work.connection, LimitCountRow)
            self._work.connection.execute(new, {"id": seen, "ends_at": ends_at, "count": 1})
        return True

    def purge(self, now: datetime) -> int:
        """Forgets windows that are over; returns how many counts that were.

        On PostgreSQL a function of the owner does it, which looks at the database's clock too: the role that serves
        can take no count back.
        """
        if self._work.connection.dialect.name == "postgresql":
            return int(self._work.connection.execute(_FORGET, {"before": now}).scalar_one())
        return self._work.connection.execute(delete(_COUNTS).where(_COUNTS.c.ends_at <= now)).rowcount

    def _is_kept(self, row_id: str) -> bool:
        return self._work.connection.execute(_KEPT, {"row": row_id}).one_or_none() is not None

    def _id(self, rule: str, subject: str, ends_at: datetime) -> str:
        return self._work.indexes.of("limits", f"{rule}\0{int(ends_at.timestamp())}\0{subject}").hex()


def _raised(connection: Connection, row_id: str, ends_at: datetime, most: int) -> bool:
    """Whether there was room: the row is made or raised by one, unless it stands at the most already."""
    statement = _RAISE[connection.dialect.name]
    return connection.execute(statement, {"row": row_id, "end": ends_at, "most": most}).one_or_none() is not None
