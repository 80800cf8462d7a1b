"""Import of payment rows (发放明细): every row checked, good ones stored once, refused ones written down with why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import BeneficiaryUnknown, RowConflict, ServiceError
from auth_service.flows.import_ledger import RowRejects, TableFile, chunks
from auth_service.payments.rows import PaymentFileRow, check_payment_row
from auth_service.storage.unit import Store, Unit

_ROWS_PER_UNIT = 500


@dataclass(slots=True)
class PaymentsReport:
    """What became of every row; `rows` is the sum of added, unchanged and refused."""

    batch_id: str = ""
    rows: int = 0
    added: int = 0
    unchanged: int = 0
    refused: int = 0
    unknown_columns: tuple[str, ...] = ()
    refused_by_code: dict[str, int] = field(default_factory=dict)


class ImportPayments:
    """See the module. Running the same file again adds nothing: a payment is known by person, benefit, month, day,
    amount and status, so a file that says `returned` of a payment that was `settled` adds what is new."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, table: TableFile, rejects: RowRejects, actor: str, progress: Callable[[int], None]) -> PaymentsReport:
        """raises FileUnreadable, LedgerRoleMissing, StorageFault, Unavailable; what one row lacks goes to `rejects`"""
        now = self._clock.now()
        report = PaymentsReport(unknown_columns=tuple(table.unknown_columns))
        with self._store.unit() as unit:
            unit.payments.require()
            report.batch_id = unit.imports.begin("payments", table.digest, table.name, now)
        seen: set[int] = set()
        for chunk in chunks(table.rows(), _ROWS_PER_UNIT):
            with self._store.unit() as unit:
                for number, values in chunk:
                    report.rows += 1
                    try:
                        self._row(unit, report, seen, values)
                    except ServiceError as error:
                        _refused(report, error)
                        rejects.reject_row(number, values, error)
            progress(len(chunk))
        with self._store.unit() as unit:
            names = ("rows", "added", "unchanged", "refused")
            counts: dict[str, int] = {name: value for name, value in asdict(report).items() if name in names}
            unit.imports.finish(report.batch_id, counts, self._clock.now())
            event = AuditEvent(actor, "payments.imported", f"batch:{report.batch_id}", dict(counts))
            unit.audit.append(event, self._clock.now())
        return report

    def _row(self, unit: Unit, report: PaymentsReport, seen: set[int], values: Mapping[str, str]) -> None:
        """raises RowRefused, BeneficiaryUnknown"""
        now = self._clock.now()
        checked = check_payment_row(values, legal_date(now))
        _refuse_twice(checked, seen)
        payee = unit.payments.payee(checked.person_key)
        if payee is None:
            raise BeneficiaryUnknown(field="person_key")
        if checked.row.benefit not in payee.benefits:
            raise RowConflict("the ledger gives this person no such benefit", field="benefit_kind")
        new = unit.payments.add(payee.person_id, checked.row, report.batch_id, now)
        report.added += new
        report.unchanged += not new


def _refuse_twice(checked: PaymentFileRow, seen: set[int]) -> None:
    """One payment twice in one file is a slip or was paid twice: only a person can tell, so the first one counts."""
    one = hash(checked)
    if one in seen:
        raise RowConflict("the same payment stands twice in this file", field="amount")
    seen.add(one)


def _refused(report: PaymentsReport, error: ServiceError) -> None:
    report.refused += 1
    report.refused_by_code[error.code] = report.refused_by_code.get(error.code, 0) + 1
