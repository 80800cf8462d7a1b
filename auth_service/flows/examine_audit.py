"""The audit trail is examined, written out, and one row of it proved to somebody outside. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from auth_service.core.audit import StoredRow
from auth_service.core.audit_check import OWN, Examination, KeptNote, Problem, Trouble, examine
from auth_service.core.audit_facts import Told
from auth_service.core.audit_restores import Again, explained
from auth_service.core.checkpoint import Keyholders
from auth_service.core.errors import AuditBroken, CheckpointInvalid, NotFound
from auth_service.core.merkle import inclusion_ranges, range_roots
from auth_service.core.outside_copies import Copies
from auth_service.core.row_proof import RowProof
from auth_service.storage.unit import GuardedRows, Store, StoredCheckpoint, Unit

_TOLD_AFTER = 1000
_MOST_NAMED = 1000
"""Forged facts that are named one by one."""


@dataclass(frozen=True, slots=True)
class Trail:
    """The whole trail as of one instant: notes can be run through once, rows as often as `stored` is called."""

    rows: int
    head: str
    stored: Callable[[], Iterator[StoredRow]]
    notes: Iterator[str]


class ExamineAudit:
    """Looks at the trail from the first row to the last."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def run(
        self,
        kept: Iterable[KeptNote],
        keyholders: Keyholders,
        advance: Callable[[int], None] | None = None,
        copies: Copies | None = None,
    ) -> Examination:
        """Chain, guards, tree and all checkpoints, the trail's own and those `kept` elsewhere, and whether a genuine
        row tells of each fact (core/audit_facts.py).

        advance  is told how many more rows were read, from time to time
        copies   the folders that must keep up
        raises   as Store.reading
        """
        kept = list(kept)
        with self._store.reading() as unit:
            own = [KeptNote(OWN, note, in_place=_states(note, number)) for number, note in unit.checkpoints.notes()]
            facts = Told()
            guarded = unit.audit.guarded(see=facts.see)
            rows = iter(guarded) if advance is None else told(guarded, advance)
            head, disowned, notes = unit.audit.head(), unit.audit.disowned(), [*own, *kept]
            found = examine(rows, head, notes, keyholders, disowned)
            for _ in rows:  # behind a row that does not fit there may be some that tell of facts
                pass
            again = Again(unit.audit.stored, head, disowned, unit.audit.is_ours)
            found = explained(found, again, notes, keyholders)
            problems = [*_forged_rows(guarded, disowned), *_forged_facts(facts.untold(unit.audit.facts()))]
        behind = copies.behind((note.note for note in own), kept, found.taken_back) if copies else ()
        return replace(found, problems=(*found.problems, *problems, *behind))

    @contextmanager
    def trail(self) -> Iterator[Trail]:
        """The trail, readable within the block. raises as Store.reading"""
        with self._store.reading() as unit:
            rows, head = unit.audit.head()
            notes = (note for _, note in unit.checkpoints.notes())
            yield Trail(rows, head, unit.audit.stored, notes)

    def _own_row(self, unit: Unit, number: int) -> StoredRow | None:
        """None: there is none. raises AuditBroken: this service did not write it, so that nothing may speak for it"""
        row = unit.audit.row(number) if number > 0 else None
        if row is not None and not unit.audit.is_ours(row):
            raise AuditBroken(f"row {number} was not written by this service")
        return row

    def _opener(self, keyholders: Keyholders) -> Callable[[StoredCheckpoint], object]:
        def opened(stored: StoredCheckpoint) -> object:
            try:
                return keyholders.open(stored.note)
            except CheckpointInvalid as error:
                raise AuditBroken(f"checkpoint {stored.number}: {error.detail}") from error

        return opened

    def prove(self, number: int, keyholders: Keyholders) -> RowProof:
        """The proof that a row stands under the first checkpoint that covers it.

        raises   NotFound (no such row, or no checkpoint covers it yet), AuditBroken (the row or its path does not fit)
        """
        with self._store.reading() as unit:
            row = self._own_row(unit, number)
            covering = unit.checkpoints.covering(number, self._opener(keyholders))
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


def _states(note: str, number: int) -> bool:
    return f"\ncheckpoint {number}\n" in note


def _forged_rows(guarded: GuardedRows, disowned: frozenset[int]) -> Iterator[Problem]:
    """Those that the trail does not say of itself."""
    for place, number in enumerate(number for number in guarded.forged if number not in disowned):
        more = guarded.count - len(guarded.forged) if place == 0 else 0
        yield Problem(Trouble.FORGED_ROW, OWN, number, detail=f"and {more} more that are not named" if more else "")


def _forged_facts(names: Sequence[str]) -> Iterator[Problem]:
    for name in names[:_MOST_NAMED]:
        yield Problem(Trouble.FORGED_FACT, OWN, detail=name)
    if len(names) > _MOST_NAMED:
        yield Problem(Trouble.FORGED_FACT, OWN, detail=f"and {len(names) - _MOST_NAMED} more")


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
