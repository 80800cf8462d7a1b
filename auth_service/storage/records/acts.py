"""What threshold records and measurements of the colours have in common: numbered acts of people who may."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Table, func, select

from auth_service.accounts.roles import Permission, Role, may
from auth_service.storage.records.guards import is_genuine
from auth_service.storage.tables import StaffRow
from auth_service.storage.tables.schema import Schema, table_of
from auth_service.storage.work import Work

_STAFF = table_of(StaffRow)


def next_number(work: Work, acts: Table) -> int:
    """Behind every act there is: also behind one that somebody put in with a high number."""
    most = func.coalesce(func.max(acts.c.number), 0) + 1
    if work.connection.dialect.name == "postgresql":  # an older release beside this one takes from it too
        most = func.greatest(func.nextval(func.pg_get_serial_sequence(acts.name, acts.c.number.name)), most)
    return int(work.connection.execute(select(most)).scalar_one())


def was_done_rightly(work: Work, kind: type[Schema], row: Row[Any], by: str, permission: Permission) -> bool:
    """Whether the row's guard fits, and who did it has a role that may. An account that has ended since does not undo
    what it did."""
    member = work.connection.execute(select(_STAFF).where(_STAFF.c.id == by)).one_or_none()
    if member is None or not is_genuine(work.indexes, StaffRow, member) or not may(Role(member.role), permission):
        return False
    return is_genuine(work.indexes, kind, row)
