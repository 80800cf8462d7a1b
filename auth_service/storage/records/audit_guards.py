"""Guards of the audit trail: a keyed HMAC over each row's place and hash, and over each checkpoint's number.

Whoever holds a database role can write a row whose hash fits the chain, but not its guard: the key lies in the key
store. Rows and checkpoints of releases that had no guards are held together by the one over `audit_base`, which says
how long both were at the upgrade (docs/decisions/0017-checkpoints.md).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import literal, select, update

from auth_service.core.audit import GENESIS, StoredRow
from auth_service.storage.sealing import BlindIndexes
from auth_service.storage.tables import AuditBaseRow, AuditCheckpointRow, AuditRowTable
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

TRAIL_GUARDED_SINCE = "2026_11_28_3_audit_guards"
"""The migration step at which the base is sealed, once."""
_PURPOSE = "audit"
_BASE = table_of(AuditBaseRow)
_HOLDING = select(_BASE.c.rows, _BASE.c.hash, _BASE.c.checkpoints, _BASE.c.guard)
_MOST_NAMED = 1000
"""Forged rows that are named one by one; of any further ones only the number is told."""

See = Callable[[StoredRow, bool], None]
"""Is shown each genuine row, and whether it is older than the guards."""


@dataclass(frozen=True, slots=True)
class Base:
    """Up to where rows and checkpoints are older than the guards; `hash` is that of row `rows`."""

    rows: int = 0
    hash: str = GENESIS
    checkpoints: int = 0


def row_guard(indexes: BlindIndexes, number: int, digest: str) -> bytes:
    """The guard of the audit row with this place and hash. raises KeyStoreUnavailable, KeyMissing"""
    return indexes.of(_PURPOSE, f"row {number} {digest}")


def checkpoint_guard(indexes: BlindIndexes, number: int) -> bytes:
    """The guard of the checkpoint with this number: what it states is signed already. raises as row_guard"""
    return indexes.of(_PURPOSE, f"checkpoint {number}")


def is_same(stored: Any, right: bytes) -> bool:
    """Whether a stored guard is the right one, whatever was put in its place."""
    return isinstance(stored, bytes) and hmac.compare_digest(stored, right)


def base_of(work: Work) -> Base:
    """The base as it was sealed; one that was not sealed with our key holds nothing."""
    row = work.connection.execute(_HOLDING).one_or_none()
    if row is None:
        return Base()
    base = Base(row.rows, row.hash, row.checkpoints)
    return base if is_same(row.guard, _base_guard(work.indexes, base)) else Base()


def seal_base(work: Work, taken: Sequence[str]) -> None:
    """Seals what the step TRAIL_GUARDED_SINCE found. In its transaction: later, whoever had put rows in by then would
    have them made good. Afterwards only over nothing, where a restore that was given up has left its empty schema.

    taken    the migration steps of this transaction
    """
    row = work.connection.execute(_HOLDING).one_or_none()
    if row is None:  # somebody removed it; it then holds nothing
        return
    base = Base(row.rows, row.hash, row.checkpoints)
    if TRAIL_GUARDED_SINCE in taken or (not row.guard and base == Base() and _is_unwritten(work)):
        work.connection.execute(update(_BASE).values(guard=_base_guard(work.indexes, base)))


def _is_unwritten(work: Work) -> bool:
    """Whether there is neither a row of the trail nor a checkpoint."""
    tables = (table_of(AuditRowTable), table_of(AuditCheckpointRow))
    return all(work.connection.execute(select(literal(1)).select_from(one).limit(1)).first() is None for one in tables)


def _base_guard(indexes: BlindIndexes, base: Base) -> bytes:
    return indexes.of(_PURPOSE, f"base {base.rows} {base.hash} {base.checkpoints}")


class GuardedRows:
    """The rows of a chain in order, each looked at as it passes by.

    rows    with the guard as a last value
    see     is shown the genuine ones
    forged  afterwards: the numbers of rows that this service did not write, the first of them; `count` of all
    """

    def __init__(self, work: Work, rows: Iterable[Any], see: See | None = None) -> None:
        self._indexes = work.indexes
        self._base = base_of(work)
        self._rows = rows
        self._see = see
        self.forged: list[Any] = []
        self.count = 0

    def __iter__(self) -> Iterator[StoredRow]:
        see, is_ours, older = self._see, self._is_ours, self._base.rows
        for number, at, actor, action, subject, details, previous, digest, guard in self._rows:
            # a plain tuple: a million of them take seconds less than as many rows of the driver
            row = cast("StoredRow", (number, at, actor, action, subject, details, previous, digest))
            if not is_ours(number, digest, guard):
                self.count += 1
                if len(self.forged) < _MOST_NAMED:
                    self.forged.append(number)
            elif see is not None:
                see(row, number <= older)
            yield row

    def _is_ours(self, number: Any, digest: Any, guard: Any) -> bool:
        base = self._base
        if not isinstance(number, int):  # SQLite takes text
            return False
        if number > base.rows:
            return is_same(guard, row_guard(self._indexes, number, digest))
        # all before it are held by its hash, which the chain leads to
        return bool(number < base.rows or digest == base.hash)
