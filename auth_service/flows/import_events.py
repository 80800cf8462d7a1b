"""Import of events in lives: every row checked, good ones kept in few fields, refused ones written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import RowConflict, ServiceError
from auth_service.flows.import_ledger import RowRejects, TableFile
from auth_service.qualification.event_file import EventRow, check_event_row
from auth_service.qualification.grades import WORTH
from auth_service.qualification.life import Message
from auth_service.qualification.passes import wants_no_data
from auth_service.storage.unit import Store, Unit

_ROWS_PER_UNIT = 500


@dataclass(slots=True)
class EventsReport:
    """What became of every row; `rows` is the sum of added, unchanged, unknown, unwanted and refused.

    unknown  of people who are in no ledger here: counted, and not written down anywhere
    unwanted of people who wished by that day that nothing of feeds is used: the same
    """

    batch_id: str = ""
    rows: int = 0
    added: int = 0
    unchanged: int = 0
    unknown: int = 0
    unwanted: int = 0
    refused: int = 0
    unknown_columns: tuple[str, ...] = ()
    refused_by_code: dict[str, int] = field(default_factory=dict)


class ImportEvents:
    """See the module. Running the same file again changes nothing."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, table: TableFile, rejects: RowRejects, actor: str, progress: Callable[[int], None]) -> EventsReport:
        """raises FileUnreadable, LedgerRoleMissing, StorageFault, Unavailable; what one row lacks goes to `rejects`"""
        report = EventsReport(unknown_columns=tuple(table.unknown_columns))
        with self._store.unit() as unit:
            report.batch_id = unit.imports.begin("events", table.digest, table.name, self._clock.now())
        rows = iter(table.rows())
        while chunk := list(islice(rows, _ROWS_PER_UNIT)):
            with self._store.unit() as unit:
                for number, values in chunk:
                    self._row(unit, report, (number, values), rejects)
            progress(len(chunk))
        with self._store.unit() as unit:
            counts = {name: count for name, count in asdict(report).items() if isinstance(count, int)}
            unit.imports.finish(report.batch_id, counts, self._clock.now())
            unit.audit.append(
                AuditEvent(actor, "events.imported", f"batch:{report.batch_id}", counts), self._clock.now()
            )
        return report

    def _row(
        self, unit: Unit, report: EventsReport, numbered: tuple[int, Mapping[str, str]], rejects: RowRejects
    ) -> None:
        number, values = numbered
        report.rows += 1
        try:
            became = self._add(unit, check_event_row(values, self._clock.now()), report.batch_id)
        except ServiceError as error:
            became = "refused"
            report.refused_by_code[error.code] = report.refused_by_code.get(error.code, 0) + 1
            rejects.reject_row(number, values, error)
        setattr(report, became, getattr(report, became) + 1)

    @staticmethod
    def _add(unit: Unit, row: EventRow, batch_id: str) -> str:
        """What became of it. raises RowConflict: the reference was used for somebody else, or for something else"""
        person_id = unit.people.id_of(row.id_number.number)
        if person_id is None:
            return "unknown"
        said, event = unit.life_events.told(row.event.source, row.event.ref), row.event
        if any(person != person_id for person, _ in said):
            raise RowConflict("this reference was told of another person", field="source_ref")
        here = [(one.kind, one.on) for _, one in said if one.message is Message.NEW]
        if event.message is Message.NEW and here and (event.kind, event.on) not in here:
            raise RowConflict(
                "this reference was told before with other contents; a correction says so", field="message"
            )
        known = unit.life_events.of_people([person_id]).get(person_id, ())
        if event.message is Message.NEW and WORTH[event.kind].silent and wants_no_data(known, event.on):
            return "unwanted"
        return "added" if unit.life_events.add(person_id, event, row.region_code, batch_id) else "unchanged"
