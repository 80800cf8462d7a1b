"""The audit chain in the database. Its arithmetic is core/audit.py.

Appends of a unit wait until just before its commit: the head row, over which all writers queue, is then held only for
the length of one insert, and many appends are one statement (docs/decisions/0004-audit-chain.md). The database itself
moves the head along with the rows, and nobody may move it otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, text
from sqlalchemy.exc import OperationalError

from auth_service.core.audit import (
    GENESIS,
    AuditEvent,
    AuditRow,
    Details,
    StoredRow,
    fits,
    instant_text,
    is_hash,
    stored_row,
)
from auth_service.core.audit_check import DISOWNED, disowned_in
from auth_service.core.audit_facts import Fact
from auth_service.core.errors import AuditBroken, StorageFault
from auth_service.storage.records.audit_guards import GuardedRows, See, row_guard
from auth_service.storage.records.facts import all_facts
from auth_service.storage.tables import AuditHeadRow, AuditRowTable
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_ROWS = table_of(AuditRowTable)
_HEAD = table_of(AuditHeadRow)
_ADD_ROWS = insert(_ROWS)
_COLUMNS = (*StoredRow._fields, "guard")
_KINDS = {"number": "bigint", "guard": "bytea"}
_ADD_AT_ONCE = text(
    f"INSERT INTO audit_rows ({', '.join(_COLUMNS)}) SELECT * FROM unnest("
    + ", ".join(f"CAST(:{name} AS {_KINDS.get(name, 'text')}[])" for name in _COLUMNS)
    + ")"
)
"""PostgreSQL: one statement, so that its trigger looks at all rows at once."""
_LOCKED_HEAD = select(_HEAD.c.rows, _HEAD.c.hash).with_for_update()
_READ_AT_ONCE = 10_000
_IN_ORDER = select(*(_ROWS.c[name] for name in StoredRow._fields)).order_by(_ROWS.c.number)
_PAGE = _IN_ORDER.where(_ROWS.c.number > bindparam("after")).limit(bindparam("most"))
_DISOWNING = _IN_ORDER.add_columns(_ROWS.c.guard).where(_ROWS.c.action == DISOWNED)
_GUARDED_PAGE = _PAGE.add_columns(_ROWS.c.guard)
_HASHES = (
    select(_ROWS.c.number, _ROWS.c.hash)
    .where(_ROWS.c.number > bindparam("after"), _ROWS.c.number <= bindparam("until"))
    .order_by(_ROWS.c.number)
    .limit(_READ_AT_ONCE)
)
_NEWEST_FIRST = select(_ROWS.c.number).order_by(_ROWS.c.number.desc()).limit(_READ_AT_ONCE)
_NEXT = select(_ROWS.c.number).where(_ROWS.c.number > bindparam("after")).order_by(_ROWS.c.number).limit(1)
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
            row = stored_row(number, at, event, previous)
            values.append({**row._asdict(), "guard": row_guard(self._work.indexes, number, row.hash)})
            previous = row.hash
        self._waiting.clear()
        if self._work.connection.dialect.name == "postgresql":
            at_once = {name: [value[name] for value in values] for name in _COLUMNS}
            self._work.connection.execute(_ADD_AT_ONCE, at_once)
        else:
            self._work.connection.execute(_ADD_ROWS, values)

    def rows(self, after: int = 0) -> Iterator[AuditRow]:
        """The rows in order of their numbers. A row that was tampered with comes out so that it does not fit."""
        return (_row(stored) for stored in self.stored(after))

    def stored(self, after: int = 0) -> Iterator[StoredRow]:
        """The rows as the very texts that are stored; they have the fields of StoredRow in its order."""
        return self._in_pages(_PAGE, after)

    def guarded(self, after: int = 0, see: See | None = None) -> GuardedRows:
        """The same, each looked at whether this service wrote it. see: is shown those that it did"""
        return GuardedRows(self._work, self._in_pages(_GUARDED_PAGE, after), see)

    def facts(self) -> Iterator[Fact]:
        """Everything that a row must tell of."""
        return all_facts(self._work)

    def row(self, number: int) -> StoredRow | None:
        """One row."""
        self.flush()
        found = self._page(_PAGE, number - 1, 1)
        return found[0] if found and found[0].number == number else None

    def disowned(self) -> frozenset[int]:
        """Numbers of the rows that genuine later ones say this service did not write."""
        genuine: list[StoredRow] = []
        told = self._work.connection.execute(_DISOWNING).all()
        list(GuardedRows(self._work, told, lambda row, _: genuine.append(row)))
        return disowned_in(genuine)

    def is_ours(self, row: StoredRow) -> bool:
        """Whether this service wrote it."""
        guarded = GuardedRows(self._work, self._page(_GUARDED_PAGE, row.number - 1, 1))
        return len(list(guarded)) == 1 and not guarded.forged

    def believed(self, action: str | None = None) -> Iterator[StoredRow]:
        """The rows that this service wrote, as it wrote them, newest first. action: of this kind only"""
        genuine: list[StoredRow] = []
        for _ in GuardedRows(self._work, self._backwards(action), lambda row, _: genuine.append(row)):
            if genuine:
                row = StoredRow(*genuine.pop())
                if fits(row, row.number, row.previous):  # where it stands in the chain is the examination's matter
                    yield row

    def written_at(self, number: int) -> datetime | None:
        """When a row was written; the beginning of time if it does not say so."""
        row = self.row(number)
        return None if row is None else _instant(row.at)

    def hashes(self, after: int, until: int) -> Iterator[bytes]:
        """The hashes of rows after + 1 ... until. raises AuditBroken: a row is missing, or its hash is none"""
        number = after
        while number < until:
            page = self._work.connection.execute(_HASHES, {"after": number, "until": until}).all()
            if not page:
                raise AuditBroken(f"row {number + 1}")
            for row in page:
                number += 1
                if row.number != number or not is_hash(row.hash):
                    raise AuditBroken(f"row {number}")
                yield bytes.fromhex(row.hash)

    def head(self) -> tuple[int, str]:
        """How long the chain is and the hash of its last row, as kept beside the rows."""
        self.flush()
        found = self._work.connection.execute(select(_HEAD.c.rows, _HEAD.c.hash)).one_or_none()
        return (0, GENESIS) if found is None else (found.rows, found.hash)

    def _in_pages(self, wanted: Select[Any], after: int) -> Iterator[Any]:
        self.flush()
        # page by page, not with an open cursor: a walk may stop at the first row that does not fit
        while page := self._page(wanted, after, _READ_AT_ONCE):
            yield from page
            after = page[-1][0]

    def _backwards(self, action: str | None) -> Iterator[Any]:
        """Guarded rows, each read by itself: one that cannot be read must not hide those before it."""
        self.flush()
        wanted = _NEWEST_FIRST if action is None else _NEWEST_FIRST.where(_ROWS.c.action == action)
        numbers = self._work.connection.execute(wanted).scalars().all()
        while numbers:
            for number in numbers:
                yield from self._page(_GUARDED_PAGE, number - 1, 1)
            numbers = self._work.connection.execute(wanted.where(_ROWS.c.number < numbers[-1])).scalars().all()

    def _page(self, wanted: Select[Any], after: int, most: int) -> Sequence[Any]:
        try:
            return self._work.connection.execute(wanted, {"after": after, "most": most}).all()
        except OperationalError as error:
            if "decode" not in str(error.orig):
                raise
            return self._readable(wanted, after)

    def _readable(self, wanted: Select[Any], after: int) -> Sequence[Any]:
        """One row at a time, where a text was put in (SQLite) that is no text at all; such a row fits nothing."""
        number = self._work.connection.execute(_NEXT, {"after": after}).scalar_one_or_none()
        if number is None:
            return ()
        try:
            return self._work.connection.execute(wanted, {"after": after, "most": 1}).all()
        except OperationalError:
            nothing = StoredRow(number, *[""] * 7)
            return (nothing if wanted is _PAGE else (*nothing, b""),)

    def _locked_head(self) -> tuple[int, str]:
        found = self._work.connection.execute(_LOCKED_HEAD).one_or_none()
        if found is None:  # made by the migration; whoever removed it meant to hide something
            raise StorageFault("the audit head is missing")
        return found.rows, found.hash


def _row(row: StoredRow) -> AuditRow:
    event = AuditEvent(str(row.actor), str(row.action), str(row.subject), _details(row.details))
    return AuditRow(row.number, _instant(row.at), event, str(row.previous), str(row.hash))


def _instant(text: Any) -> datetime:
    """The instant, or one that fits no hash when the text is not exactly what was written."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return _NEVER
    return at if at.tzinfo is not None and instant_text(at) == text else _NEVER


def _details(text: Any) -> Details:
    """The details, or such that fit no hash when the text is not exactly what was written."""
    try:
        details = json.loads(text)
        if isinstance(details, dict) and to_json(details) == text:
            return details
    except (TypeError, ValueError, RecursionError):
        pass
    return {"unreadable": str(text)}
