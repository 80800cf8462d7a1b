"""Import of the ledger (台账): every row checked, good ones stored, refused ones written down with their reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Protocol

from auth_service.beneficiaries.ledger import LedgerRow, check_ledger_row
from auth_service.beneficiaries.names import folded_name
from auth_service.beneficiaries.tags import parse_tags
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import RowConflict, ServiceError
from auth_service.monitoring.rules.i01_id_number import InvalidIdNumber, LedgerRowFacts
from auth_service.storage.unit import Store, Unit

_ROWS_PER_UNIT = 500


class TableFile(Protocol):
    """A file of rows (connectors/tables.py), read once from first to last."""

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def unknown_columns(self) -> Sequence[str]: ...
    def rows(self) -> Iterator[tuple[int, Mapping[str, str]]]: ...


class RowRejects(Protocol):
    """Where refused rows go."""

    def reject_row(self, row: int, values: Mapping[str, str], error: ServiceError) -> None: ...


@dataclass(slots=True)
class LedgerReport:
    """What became of every row; `rows` is the sum of added, changed, unchanged and refused."""

    batch_id: str = ""
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    keys_made: int = 0
    flags: int = 0
    unknown_columns: tuple[str, ...] = ()
    refused_by_code: dict[str, int] = field(default_factory=dict)


class ImportLedger:
    """See the module. Running the same file again changes nothing."""

    def __init__(self, store: Store, clock: Clock, blind: Callable[[str], str]) -> None:
        self._store = store
        self._clock = clock
        self._blind = blind

    def run(self, table: TableFile, rejects: RowRejects, actor: str, progress: Callable[[int], None]) -> LedgerReport:
        """raises FileUnreadable, LedgerRoleMissing, StorageFault, Unavailable; what one row lacks goes to `rejects`"""
        now = self._clock.now()
        report = LedgerReport(unknown_columns=tuple(table.unknown_columns))
        with self._store.unit() as unit:
            unit.bank.require()
            report.batch_id = unit.imports.begin("ledger", table.digest, table.name, now)
        names: dict[str, int] = {}
        for chunk in chunks(table.rows(), _ROWS_PER_UNIT):
            with self._store.unit() as unit:
                for number, values in chunk:
                    self._row(unit, report, names, (number, values), rejects)
            progress(len(chunk))
        with self._store.unit() as unit:
            counts = _counts(report)
            unit.imports.finish(report.batch_id, counts, self._clock.now())
            event = AuditEvent(actor, "ledger.imported", f"batch:{report.batch_id}", dict(counts))
            unit.audit.append(event, self._clock.now())
        return report

    def _row(
        self,
        unit: Unit,
        report: LedgerReport,
        names: dict[str, int],
        numbered: tuple[int, Mapping[str, str]],
        rejects: RowRejects,
    ) -> None:
        now = self._clock.now()
        number, values = numbered
        report.rows += 1
        try:
            row = check_ledger_row(values, legal_date(now))
            _refuse_two_names(row, names)
            applied = unit.people.apply(row, now, report.batch_id)
        except ServiceError as error:
            self._refuse(unit, report, numbered, error, now)
            rejects.reject_row(number, values, error)
            return
        setattr(report, applied.change, getattr(report, applied.change) + 1)
        report.keys_made += applied.key_made
        if row.tags is not None:  # the words stay sealed in the ledger; those that mean something are kept by day
            unit.life_events.set_tags(applied.person_id, parse_tags(row.tags)[0], "ledger", now, report.batch_id)
        if applied.change == "changed":
            unit.contacts.keep_past(applied.person_id, applied.replaced, now, report.batch_id)
            details = {"fields": ",".join(applied.changed_fields), "batch": report.batch_id}
            unit.audit.append(AuditEvent("system", "ledger.changed", f"person:{applied.person_id}", details), now)

    def _refuse(
        self,
        unit: Unit,
        report: LedgerReport,
        numbered: tuple[int, Mapping[str, str]],
        error: ServiceError,
        now: datetime,
    ) -> None:
        number, values = numbered
        report.refused += 1
        report.refused_by_code[error.code] = report.refused_by_code.get(error.code, 0) + 1
        facts = LedgerRowFacts(
            batch_id=report.batch_id,
            row=number,
            error_code=error.code,
            field=error.field,
            subject=self._blind(values.get("id_number", "")),
            person_key=values.get("person_key", "").strip() or None,
        )
        flag = InvalidIdNumber().judge(facts, now)
        if flag is not None and unit.flags.raise_once(flag) is not None:
            report.flags += 1


def _refuse_two_names(row: LedgerRow, names: dict[str, int]) -> None:
    """One ID number with two names in one file is a slip somewhere; the first one stands, the others are refused."""
    name = hash(folded_name(row.name))
    if names.setdefault(row.id_number.number, name) != name:
        raise RowConflict(field="name")


def _counts(report: LedgerReport) -> dict[str, int]:
    names = ("rows", "added", "changed", "unchanged", "refused", "keys_made", "flags")
    return {name: getattr(report, name) for name in names}


def chunks(rows: Iterable[tuple[int, Mapping[str, str]]], size: int) -> Iterator[list[tuple[int, Mapping[str, str]]]]:
    """Rows in parts of one transaction each."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk
