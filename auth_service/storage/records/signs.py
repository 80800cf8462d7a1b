"""The last sign of a service that could do its work: one row, moved on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from auth_service.storage.tables import ServiceSignRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_SIGNS = table_of(ServiceSignRow)
_ONLY = 1


class Signs:
    """Within one unit, alone."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def last(self) -> datetime | None:
        """None: there was never one."""
        return self._work.connection.execute(select(_SIGNS.c.seen_at)).scalar_one_or_none()

    def leave(self, now: datetime) -> None:
        """Also where the last one lies in the future: a clock that was set wrong has been put right."""
        if self._work.connection.execute(update(_SIGNS).values(seen_at=now)).rowcount == 0:
            self._work.connection.execute(insert(_SIGNS), {"id": _ONLY, "seen_at": now})
