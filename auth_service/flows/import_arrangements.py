"""Import of contacts, proxies and accommodations: every row checked, good ones kept with their history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from auth_service.beneficiaries.arrangement_file import ArrangementRow, check_arrangement_row
from auth_service.beneficiaries.arrangements import Topic
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import BeneficiaryUnknown, RowConflict, ServiceError
from auth_service.flows.import_ledger import RowRejects, TableFile, chunks
from auth_service.storage.unit import Store, Unit

if TYPE_CHECKING:
    from auth_service.storage.records.arrangements import Arrangements

_ROWS_PER_UNIT = 200


@dataclass(slots=True)
class ArrangementsReport:
    """What became of every row; `rows` is the sum of added, changed, unchanged and refused."""

    topic: str
    batch_id: str = ""
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    unknown_columns: tuple[str, ...] = ()
    refused_by_code: dict[str, int] = field(default_factory=dict)


class ImportArrangements:
    """See the module. Running the same file again changes nothing."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(
        self, topic: Topic, table: TableFile, rejects: RowRejects, actor: str, progress: Callable[[int], None]
    ) -> ArrangementsReport:
        """raises FileUnreadable, StorageFault, Unavailable; what one row lacks goes to `rejects`"""
        report = ArrangementsReport(topic.value, unknown_columns=tuple(table.unknown_columns))
        with self._store.unit() as unit:
            report.batch_id = unit.imports.begin(topic.value, table.digest, table.name, self._clock.now())
        for chunk in chunks(table.rows(), _ROWS_PER_UNIT):
            with self._store.unit() as unit:
                unit.alone("arrangements")
                for number, values in chunk:
                    self._row(unit, report, (number, values), rejects)
            progress(len(chunk))
        with self._store.unit() as unit:
            counts = {name: count for name, count in asdict(report).items() if isinstance(count, int)}
            unit.imports.finish(report.batch_id, counts, self._clock.now())
            event = AuditEvent(
                actor, "arrangements.imported", f"batch:{report.batch_id}", {"topic": topic.value, **counts}
            )
            unit.audit.append(event, self._clock.now())
        return report

    def _row(
        self, unit: Unit, report: ArrangementsReport, numbered: tuple[int, Mapping[str, str]], rejects: RowRejects
    ) -> None:
        number, values = numbered
        report.rows += 1
        try:
            row = check_arrangement_row(Topic(report.topic), values, self._clock.now())
            change = self._tell(unit, row, report.batch_id)
        except ServiceError as error:
            report.refused += 1
            report.refused_by_code[error.code] = report.refused_by_code.get(error.code, 0) + 1
            rejects.reject_row(number, values, error)
            return
        setattr(report, change, getattr(report, change) + 1)

    def _tell(self, unit: Unit, row: ArrangementRow, batch_id: str) -> str:
        """raises BeneficiaryUnknown; RowConflict: somebody would act for themselves"""
        person_id = unit.people.id_of(row.id_number.number)
        if person_id is None:
            raise BeneficiaryUnknown(field="id_number")
        if row.word.details.get("id_number") == row.id_number.number:
            raise RowConflict("nobody is their own proxy", field="proxy_id_number")
        change = _records(unit, row.word.topic).tell(person_id, row.word, batch_id)
        if change != "unchanged":
            details = {"topic": row.word.topic.value, "given": row.word.given, "batch": batch_id}
            unit.audit.append(
                AuditEvent("system", "arrangement.told", f"person:{person_id}", details), self._clock.now()
            )
        return change


def _records(unit: Unit, topic: Topic) -> Arrangements:
    return {Topic.CONTACT: unit.contacts, Topic.PROXY: unit.proxies, Topic.ACCOMMODATION: unit.accommodations}[topic]
