"""Import of one office's list of the people who hold a tag, as the civil affairs office's of those on subsistence.

A whole list says as much by whom it leaves out: there the tag ends, with the list's office and day, and the history
stays. A tag guards people, and the usual fault of a list is that half of it is missing. So nobody's tag ends by a list
with refused rows, nor by one that would end it for many, unless somebody has looked and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from auth_service.beneficiaries.tag_file import check_tag_row
from auth_service.beneficiaries.tags import Tag
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import DateInvalid, FieldInvalid, ServiceError
from auth_service.flows.import_ledger import RowRejects, TableFile, chunks
from auth_service.storage.unit import Store, Unit

_ROWS_PER_UNIT = 500
MANY, MANY_OF = 10, 10
"""More than ten people, and more than a tenth of those who held it, is many. source: own decision; lists change by
a few in a hundred from month to month"""


@dataclass(frozen=True, slots=True)
class TagList:
    """source: the office; as_of: the day of the list; whole: who is not on it does not hold the tag; many: somebody has
    looked at how many that are"""

    tag: Tag
    source: str
    as_of: date
    whole: bool = False
    many: bool = False


@dataclass(slots=True)
class TagsReport:
    """What became of every row; `rows` is the sum of added, unchanged, unknown and refused.

    unknown   of people who are in no ledger here: counted, and not written down anywhere
    ended     who held it and is not on a whole list; kept_on: the same, but nothing was ended: see the module
    """

    batch_id: str = ""
    rows: int = 0
    added: int = 0
    unchanged: int = 0
    unknown: int = 0
    refused: int = 0
    ended: int = 0
    kept_on: int = 0
    unknown_columns: tuple[str, ...] = ()
    refused_by_code: dict[str, int] = field(default_factory=dict)


class ImportTags:
    """See the module. Running the same list again changes nothing."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(
        self, told: TagList, table: TableFile, rejects: RowRejects, actor: str, progress: Callable[[int], None]
    ) -> TagsReport:
        """raises DateInvalid (a list of a day to come), FieldInvalid (the ledger's own source), FileUnreadable,
        StorageFault, Unavailable; what one row lacks goes to `rejects`"""
        now = self._clock.now()
        if told.as_of > legal_date(now):
            raise DateInvalid(field="as_of")
        if not told.source.strip() or told.source == "ledger":
            raise FieldInvalid("the name of the office that keeps the list", field="source")
        report = TagsReport(unknown_columns=tuple(table.unknown_columns))
        with self._store.unit() as unit:
            report.batch_id = unit.imports.begin("tags", table.digest, table.name, now)
        listed: set[str] = set()
        for chunk in chunks(table.rows(), _ROWS_PER_UNIT):
            with self._store.unit() as unit:
                unit.alone("tags")
                for row in chunk:
                    self._row(unit, report, told, (row, listed), rejects)
            progress(len(chunk))
        with self._store.unit() as unit:
            unit.alone("tags")
            self._end_missing(unit, report, told, listed)
            counts = {name: count for name, count in asdict(report).items() if isinstance(count, int)}
            unit.imports.finish(report.batch_id, counts, self._clock.now())
            details: Details = {"source": told.source, "as_of": str(told.as_of), "whole": told.whole, **counts}
            unit.audit.append(AuditEvent(actor, "tags.imported", f"batch:{report.batch_id}", details), now)
        return report

    def _row(
        self,
        unit: Unit,
        report: TagsReport,
        told: TagList,
        read: tuple[tuple[int, Mapping[str, str]], set[str]],
        rejects: RowRejects,
    ) -> None:
        (number, values), listed = read
        report.rows += 1
        try:
            row = check_tag_row(values, legal_date(self._clock.now()))
        except ServiceError as error:
            report.refused += 1
            report.refused_by_code[error.code] = report.refused_by_code.get(error.code, 0) + 1
            rejects.reject_row(number, values, error)
            return
        person_id = unit.people.id_of(row.id_number.number)
        if person_id is None:
            report.unknown += 1
            return
        listed.add(person_id)
        on = row.on or told.as_of
        new = unit.life_events.give_tag(
            person_id, told.tag, told.source, (on, told.as_of, row.until), (self._clock.now(), report.batch_id)
        )
        report.added += new
        report.unchanged += not new

    def _end_missing(self, unit: Unit, report: TagsReport, told: TagList, listed: set[str]) -> None:
        if not told.whole:
            return
        held = unit.life_events.holders(told.tag, told.source, told.as_of)
        missing = sorted(held - listed)
        many = len(missing) > MANY and len(missing) * MANY_OF > len(held)
        if report.refused or (many and not told.many):
            report.kept_on = len(missing)
            return
        for person_id in missing:
            unit.life_events.take_tag(
                person_id, told.tag, told.source, told.as_of, (self._clock.now(), report.batch_id)
            )
        report.ended = len(missing)
