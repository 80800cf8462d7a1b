"""What an operator watches: the audit trail's length, and how the recurring jobs stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from auth_service.core.jobs import JobState
from auth_service.storage.records.jobs import Jobs, database_time
from auth_service.storage.tables import AuditHeadRow
from auth_service.storage.work import Work


@dataclass(frozen=True, slots=True)
class Operations:
    """The state at `now`, by the database's clock."""

    now: datetime
    audit_rows: int
    jobs: Sequence[JobState]


def operations(work: Work) -> Operations:
    """Cheap enough to be asked at every scrape: no table is counted through."""
    rows = work.connection.execute(select(AuditHeadRow.rows)).scalar_one_or_none() or 0
    return Operations(database_time(work.connection), rows, Jobs(work).states())
