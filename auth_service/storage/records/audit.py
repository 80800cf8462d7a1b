"""The audit chain in the database. Its arithmetic is core/audit.py.

Appends of a unit wait until just before its commit: the head row, over which all writers queue, is then held only for
the length of one insert, and many appends are one statement (docs/decisions/0004-audit-chain.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from auth_service.core.audit import GENESIS, AuditEvent, AuditRow, Details, row_hash
from auth_service.core.errors import StorageFault
from auth_service.storage.tables import AuditHeadRow, AuditRowTable
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_ROWS = table_of(AuditRowTable)
_HEAD = table_of(AuditHeadRow)
_ADD_ROWS = insert(_ROWS)
_LOCKED_HEAD = select(_HEAD.c.rows, _HEAD.c.hash).with_for_update()
_MOVE_HEAD = update(_HEAD).values(rows=bindparam("number"), hash=bindparam("newest"))
_READ_AT_ONCE = 1000
_PAGE = select(_ROWS).where(_ROWS.c.number > bindparam("after")).order_by(_ROWS.c.number).limit(_READ_AT_ONCE)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Audit:
    """The chain within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: list[tuple[AuditEvent, datetime]] = []

    def append(self, event: AuditEvent, at: datetime) -> None:
        """Adds an event to the chain when the unit commits. raises StorageFault: in a reading unit"""
        if not self._work.writes:
            raise StorageFault("an audit event in a reading unit would be lost")
        self._waiting.append((event, at))

    def flush(self) -> None:
        """Writes what waits. The unit calls it before its commit."""
        if not self._waiting:
            return
        number, previous = self._locked_head()
        values = []
        for event, at in self._waiting:
            number += 1
            digest = row_hash(number, at, event, previous)
            values.append(_values(number, at, event, previous, digest))
            previous = digest
        self._waiting.clear()
        self._work.connection.execute(_ADD_ROWS, values)
        self._work.connection.execute(_MOVE_HEAD, {"number": number, "newest": previous})

    def rows(self, after: int = 0) -> Iterator[AuditRow]:
        """The stored rows in order of their numbers. A row that was tampered with comes out so that it does not fit."""
        self.flush()
        # page by page, not with an open cursor: a walk may stop at the first row that does not fit
        while page := self._work.connection.execute(_PAGE, {"after": after}).all():
            for row in page:
                yield _row(row)
            after = page[-1].number

    def head(self) -> tuple[int, str]:
        """How long the chain is and the hash of its last row, as kept beside the rows."""
        self.flush()
        found = self._work.connection.execute(select(_HEAD.c.rows, _HEAD.c.hash)).one_or_none()
        return (0, GENESIS) if found is None else (found.rows, found.hash)

    def _locked_head(self) -> tuple[int, str]:
        found = self._work.connection.execute(_LOCKED_HEAD).one_or_none()
        if found is None:  # made by the migration; whoever removed it meant to hide something
            raise StorageFault("the audit head is missing")
        return found.rows, found.hash


def _values(number: int, at: datetime, event: AuditEvent, previous: str, digest: str) -> dict[str, Any]:
    return {
        "number": number,
        "at": _instant_text(at),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "details": to_json(dict(event.details or {})),
        "previous": previous,
        "hash": digest,
    }


def _instant_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _row(row: Row[Any]) -> AuditRow:
    event = AuditEvent(str(row.actor), str(row.action), str(row.subject), _details(row.details))
    return AuditRow(row.number, _instant(row.at), event, str(row.previous), str(row.hash))


def _instant(text: Any) -> datetime:
    """The instant, or one that fits no hash when the text is not exactly what was written."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return _NEVER
    return at if at.tzinfo is not None and _instant_text(at) == text else _NEVER


def _details(text: Any) -> Details:
    """The details, or such that fit no hash when the text is not exactly what was written."""
    try:
        details = json.loads(text)
        if isinstance(details, dict) and to_json(details) == text:
            return details
    except (TypeError, ValueError):
        pass
    return {"unreadable": str(text)}
