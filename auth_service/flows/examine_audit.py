"""The audit trail is examined, written out, and one row of it proved to somebody outside. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from auth_service.core.audit import StoredRow
from auth_service.core.audit_check import OWN, Examination, KeptNote, examine
from auth_service.core.checkpoint import Keyholders
from auth_service.core.errors import AuditBroken, CheckpointInvalid, NotFound
from auth_service.core.merkle import inclusion_ranges, range_roots
from auth_service.core.row_proof import RowProof
from auth_service.storage.unit import Store

_TOLD_AFTER = 1000


@dataclass(frozen=True, slots=True)
class Trail:
    """The whole trail as of one instant: rows and notes can be run through once."""

    rows: int
    head: str
    stored: Iterator[StoredRow]
    notes: Iterator[str]


class ExamineAudit:
    """Looks at the trail from the first row to the last."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def run(
        self, kept: Iterable[KeptNote], keyholders: Keyholders, advance: Callable[[int], None] | None = None
    ) -> Examination:
        """Chain, tree and all checkpoints, the trail's own and those `kept` elsewhere.

        advance  is told how many more rows were read, from time to time
        raises   as Store.reading
        """
        with self.trail() as trail:
            own = [KeptNote(OWN, note) for note in trail.notes]
            rows = trail.stored if advance is None else told(trail.stored, advance)
            return examine(rows, (trail.rows, trail.head), [*own, *kept], keyholders)

    @contextmanager
    def trail(self) -> Iterator[Trail]:
        """The trail, readable within the block. raises as Store.reading"""
        with self._store.reading() as unit:
            rows, head = unit.audit.head()
            notes = (note for _, note in unit.checkpoints.notes())
            yield Trail(rows, head, unit.audit.stored(), notes)

    def prove(self, number: int, keyholders: Keyholders) -> RowProof:
        """The proof that a row stands under the first checkpoint that covers it.

        raises   NotFound (no such row, or no checkpoint covers it yet), AuditBroken (the row or its path does not fit)
        """
        with self._store.reading() as unit:
            row = unit.audit.row(number) if number > 0 else None
            covering = unit.checkpoints.first_after(number)
            if row is None or covering is None:
                what = (
                    "no such row" if row is None else "no checkpoint covers this row yet: auth-service audit checkpoint"
                )
                raise NotFound(what, field="row")
            ranges = inclusion_ranges(number - 1, covering.rows)
            path = range_roots(unit.audit.hashes(0, covering.rows), ranges)
        proof = RowProof(row, covering.note, path)
        try:
            proof.check(keyholders)
        except CheckpointInvalid as error:
            raise AuditBroken(f"row {number}: {error.detail}") from error
        return proof


def told(rows: Iterable[StoredRow], advance: Callable[[int], None]) -> Iterator[StoredRow]:
    """The same rows; `advance` hears how many, by the thousand."""
    count = 0
    for row in rows:
        yield row
        count += 1
        if count == _TOLD_AFTER:
            advance(count)
            count = 0
    advance(count)
