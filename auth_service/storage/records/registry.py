"""What registries say now, for whoever compares it with the ledger: what is new, and what is taken back.

A reader keeps a place and asks from there on. Whatever order files came in, whether a batch was released late or
discarded again, it is told the version that holds now; to be told the same twice is no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from auth_service.crosscheck.sources import RegistryAct
from auth_service.crosscheck.versions import Version, in_force
from auth_service.storage.records.registry_batches import RegistryBatches
from auth_service.storage.records.registry_rows import StoredRow, placed
from auth_service.storage.tables import PersonKeyRow, RegistryActRow, RegistryRecordRow
from auth_service.storage.tables.schema import table_of

_ROWS, _ACTS, _KEYS = table_of(RegistryRecordRow), table_of(RegistryActRow), table_of(PersonKeyRow)
_TURNS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class ReadUpTo:
    """How far a reader has come: among the acts by which batches began and ceased to count, and within one of them."""

    number: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A row that held and holds no more.

    instead  the row of the same reference that holds now, a void among them; None where the batch was discarded and
             nothing is left
    voided   nothing is left that says it
    """

    record_id: str
    instead: str | None
    voided: bool


class Registry(RegistryBatches):
    """Batches, their rows, and what holds of them. See the module."""

    def new_since(self, place: ReadUpTo, most: int = 1000) -> tuple[list[StoredRow], ReadUpTo]:
        """Rows that hold now, of references that files told of behind a place; and the place behind them.

        Without rows that were emptied meanwhile. The place stays as it is where nothing was left to read.
        raises   KeyStoreUnavailable, SealBroken
        """
        touched, reached = self._touched(place, most)
        holding = [held for said, held, _ in self._said(touched) if held is not None and said]
        wanted = [one.record_id for one in holding if one.act is not RegistryAct.VOID]
        rows = self._work.connection.execute(select(_ROWS).where(_ROWS.c.id.in_(wanted))).all()
        opened = self.opened(sorted(rows, key=lambda row: (row.batch_id, row.row)))
        return [one for one in opened if one.record is not None], reached

    def voided_since(self, place: ReadUpTo, most: int = 1000) -> tuple[list[Withdrawn], ReadUpTo]:
        """Rows that counted once and do not hold now, of the same references; and the place behind them."""
        touched, reached = self._touched(place, most)
        found: list[Withdrawn] = []
        for _, held, counted in self._said(touched):
            gone = held is None or held.act is RegistryAct.VOID
            instead = None if held is None else held.record_id
            found += [
                Withdrawn(record_id, instead, gone)
                for record_id, act in counted
                if record_id != instead and act is not RegistryAct.VOID
            ]
        return found, reached

    def anything_behind(self, place: ReadUpTo) -> bool:
        """Whether a reader who has come so far has anything to read."""
        return bool(self._touched(place, 1)[0])

    def first_kept(self) -> ReadUpTo | None:
        """From where on rows that still say something are read; None: none does."""
        joined = _ACTS.join(_KEYS, _KEYS.c.person_id == _ACTS.c.batch_id)
        kept = (
            select(func.min(_ACTS.c.number)).select_from(joined).where(_ACTS.c.step > 1, _KEYS.c.wrapped.is_not(None))
        )
        number = self._work.connection.execute(kept).scalar_one()
        return None if number is None else ReadUpTo(int(number))

    def _touched(self, place: ReadUpTo, most: int) -> tuple[list[bytes], ReadUpTo]:
        """References of up to `most` rows behind a place."""
        references: list[bytes] = []
        for number, batch_id in self.turns_from(place.number, _TURNS_AT_ONCE):
            after = place.row if number == place.number else 0
            wanted = select(_ROWS.c.row, _ROWS.c.ref_index).where(_ROWS.c.batch_id == batch_id, _ROWS.c.row > after)
            rows = self._work.connection.execute(wanted.order_by(_ROWS.c.row).limit(most - len(references))).all()
            references += [row.ref_index for row in rows]
            place = ReadUpTo(number, rows[-1].row if rows else after)
            if len(references) >= most:
                break
        return references, place

    def _said(
        self, references: Sequence[bytes]
    ) -> Iterable[tuple[list[Version], Version | None, list[tuple[str, RegistryAct]]]]:
        """Of each reference: what counts, what holds of it, and what ever counted."""
        rows = self._work.connection.execute(select(_ROWS).where(_ROWS.c.ref_index.in_(sorted(set(references))))).all()
        batches = {row.batch_id for row in rows}
        counting, ever = self.counting(batches), self.ever_counted(batches)
        by_reference: dict[bytes, list[Row[Any]]] = {}
        for row in rows:
            by_reference.setdefault(row.ref_index, []).append(row)
        for told in by_reference.values():
            said = [placed(row, counting) for row in told if row.batch_id in counting]
            yield said, in_force(said), [(row.id, RegistryAct(row.act)) for row in told if row.batch_id in ever]
