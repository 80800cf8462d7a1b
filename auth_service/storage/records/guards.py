"""Guards of the rows that let somebody in: a keyed HMAC over what each row grants.

Somebody with the database file alone can write a row, but not its guard: the key lies in the key ring. What the guard
cannot show is an old row put back whole, such as an account as it was before it was disabled; that act is missing in
the audit trail then, and checkpoints keep the trail from being put back with it (docs/decisions/0017-checkpoints.md).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from auth_service.core.audit import AuditEvent
from auth_service.core.errors import AccountTampered
from auth_service.storage.records.audit import Audit
from auth_service.storage.sealing import BlindIndexes
from auth_service.storage.tables import ApiKeyRow, StaffRow, StaffSessionRow
from auth_service.storage.tables.schema import Schema, table_of
from auth_service.storage.work import Work, to_json

GUARDED_SINCE = "2026_11_24_2_checkpoints"
"""The migration step at which rows of earlier releases are guarded, once."""
PURPOSE = "accounts"
_COVERED: dict[type[Schema], tuple[str, ...]] = {
    StaffRow: ("id", "username", "role", "password_hash", "created_at", "disabled_at"),
    ApiKeyRow: ("id", "name", "scopes", "secret_hash", "created_at", "expires_at", "disabled"),
    StaffSessionRow: ("token_hash", "staff_id", "csrf_token", "created_at"),
}
"""What each guard covers; `last_seen_at` of a session changes with every request and can only shorten its life."""
_SUBJECT = {StaffRow: "staff", ApiKeyRow: "api_key", StaffSessionRow: "staff_session"}


def guard_of(indexes: BlindIndexes, kind: type[Schema], values: Mapping[str, Any]) -> bytes:
    """The guard of a row with these values."""
    covered = [_plain(values[name]) for name in _COVERED[kind]]
    return indexes.of(PURPOSE, to_json([_SUBJECT[kind], *covered]))


def covered_values(kind: type[Schema], row: Row[Any]) -> dict[str, Any]:
    """What the guard covers of a stored row."""
    return {name: getattr(row, name) for name in _COVERED[kind]}


def is_genuine(indexes: BlindIndexes, kind: type[Schema], row: Row[Any]) -> bool:
    """Whether this service wrote the row as it stands."""
    stored = row.guard
    return isinstance(stored, bytes) and hmac.compare_digest(stored, guard_of(indexes, kind, covered_values(kind, row)))


def require_genuine(indexes: BlindIndexes, kind: type[Schema], row: Row[Any]) -> None:
    """raises AccountTampered, whose detail is the subject for the audit trail"""
    if not is_genuine(indexes, kind, row):
        name = getattr(row, _COVERED[kind][0])
        # a session's name is the hash of its token; its beginning is enough to find it by
        raise AccountTampered(f"{_SUBJECT[kind]}:{str(name)[:32]}")


def guard_earlier_rows(work: Work) -> None:
    """Gives a guard to the rows of a release that had none, and says in the audit trail how many they were.

    Only for the transaction that takes the step GUARDED_SINCE: later, whoever slipped a row in would have it made good.
    """
    connection, indexes = work.connection, work.indexes
    counts = {}
    for kind in (StaffRow, ApiKeyRow):
        table = table_of(kind)
        change = update(table).where(table.c.id == bindparam("of")).values(guard=bindparam("new"))
        rows = connection.execute(select(table)).all()
        if rows:
            guards = [{"of": row.id, "new": guard_of(indexes, kind, covered_values(kind, row))} for row in rows]
            connection.execute(change, guards)
        counts[_SUBJECT[kind]] = len(rows)
    if any(counts.values()):
        audit = Audit(work)
        audit.append(AuditEvent("system", "accounts.guarded", "", counts), datetime.now(UTC))
        audit.flush()


def _plain(value: Any) -> Any:
    """A value as every database gives it back."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
