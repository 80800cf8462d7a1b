"""Counts against limits, right over all workers: each is one row that one statement raises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Executable, Table, bindparam, delete, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from auth_service.core.limits import Count
from auth_service.storage.tables import LimitCountRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_COUNTS: Table = table_of(LimitCountRow)
_FORGET = text("SELECT forget_counts(:before)")


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
        """Counts one request. returns False when the window is full: then the caller undoes the unit

        What is new is written first, so that of two at once one waits, and then counts nothing.
        """
        ends_at = count.ends_at(now)
        seen = None if count.each is None else self._id(f"{count.rule} each", f"{count.subject}\0{count.each}", ends_at)
        if seen is not None and not self._is_new(seen, ends_at):
            return True
        return _raised(self._work.connection, self._id(count.rule, count.subject, ends_at), ends_at, count.most)

    def purge(self, now: datetime) -> int:
        """Forgets windows that are over; returns how many counts that were.

        On PostgreSQL a function of the owner does it, which looks at the database's clock too: the role that serves
        can take no count back.
        """
        if self._work.connection.dialect.name == "postgresql":
            return int(self._work.connection.execute(_FORGET, {"before": now}).scalar_one())
        return self._work.connection.execute(delete(_COUNTS).where(_COUNTS.c.ends_at <= now)).rowcount

    def _is_new(self, row_id: str, ends_at: datetime) -> bool:
        new = insert_or_ignore(self._work.connection, LimitCountRow)
        return self._work.connection.execute(new, {"id": row_id, "ends_at": ends_at, "count": 1}).rowcount == 1

    def _id(self, rule: str, subject: str, ends_at: datetime) -> str:
        return self._work.indexes.of("limits", f"{rule}\0{int(ends_at.timestamp())}\0{subject}").hex()


def _raised(connection: Connection, row_id: str, ends_at: datetime, most: int) -> bool:
    """Whether there was room: the row is made or raised by one, unless it stands at the most already."""
    statement = _RAISE[connection.dialect.name]
    return connection.execute(statement, {"row": row_id, "end": ends_at, "most": most}).one_or_none() is not None
