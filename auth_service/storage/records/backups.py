"""What the audit trail remembers of backups and restores: it is the record that a backup cannot lose.

Only rows that this service wrote count: whoever can write the database could have it say that all is well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auth_service.storage import schema_version
from auth_service.storage.records.audit import Audit
from auth_service.storage.work import Work


@dataclass(frozen=True, slots=True)
class Remembered:
    """One event. number: of its row"""

    number: int
    at: datetime
    details: Mapping[str, Any]

    def count(self, name: str) -> int:
        """A number of the details; 0 where there is none."""
        found = self.details.get(name)
        return found if isinstance(found, int) else 0


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
        """The newest event of one kind that this service wrote; None: there is none that could be believed.

        Walks back from the end, so that a recent one is found at once. raises KeyStoreUnavailable, KeyMissing
        """
        row = next(Audit(self._work).believed(action), None)
        return None if row is None else Remembered(row.number, datetime.fromisoformat(row.at), json.loads(row.details))

    def last_event(self) -> datetime | None:
        """When the last event was that this service wrote. raises as `newest`"""
        row = next(Audit(self._work).believed(), None)
        return None if row is None else datetime.fromisoformat(row.at)
