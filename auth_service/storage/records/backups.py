"""What the audit trail remembers of backups and restores: it is the record that a backup cannot lose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auth_service.storage import schema_version
from auth_service.storage.tables import AuditRowTable
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_ROWS = table_of(AuditRowTable)


@dataclass(frozen=True, slots=True)
class Remembered:
    """One event. number: of its row"""

    number: int
    at: datetime
    details: Mapping[str, Any]


class Backups:
    """Backups and restores within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def require_own_schema(self) -> None:
        """Whether this release could make a backup, whatever this role may read: the job has a role of its own.

        raises   BackupNeedsNewerRelease
        """
        schema_version.require_own_for_backup(self._work.connection)

    def newest(self, action: str) -> Remembered | None:
        """The newest event of one kind; walks back from the end, so a recent one is found at once."""
        wanted = select(_ROWS.c.number, _ROWS.c.at, _ROWS.c.details).where(_ROWS.c.action == action)
        row = self._work.connection.execute(wanted.order_by(_ROWS.c.number.desc()).limit(1)).one_or_none()
        return None if row is None else Remembered(row.number, datetime.fromisoformat(row.at), json.loads(row.details))

    def last_event(self) -> datetime | None:
        """When the last event of the chain was."""
        found = self._work.connection.execute(select(_ROWS.c.at).order_by(_ROWS.c.number.desc()).limit(1)).scalar()
        return None if found is None else datetime.fromisoformat(found)
