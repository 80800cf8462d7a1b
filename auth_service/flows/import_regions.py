"""Import of regions: a code that ended stays valid and says what became of it. Nothing of the past is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field

from auth_service.beneficiaries.region_file import check_region_row, words_of
from auth_service.beneficiaries.region_tree import KNOWN, Ended, Region, Regions, parent_of, shortest
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import RegionUnknown, RowConflict, ServiceError
from auth_service.flows.import_ledger import RowRejects, TableFile
from auth_service.storage.unit import Store, Unit

_Row = tuple[int, Mapping[str, str]]


@dataclass(slots=True)
class RegionsReport:
    """What became of every row; `rows` is the sum of added, changed, unchanged and refused."""

    batch_id: str = ""
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    unknown_columns: tuple[str, ...] = ()
    refused_by_code: dict[str, int] = field(default_factory=dict)


class ImportRegions:
    """See the module. Running the same file again changes nothing."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, table: TableFile, rejects: RowRejects, actor: str, progress: Callable[[int], None]) -> RegionsReport:
        """All in one transaction, because rows of one file speak of each other, in whatever order.

        raises   FileUnreadable, StorageFault, Unavailable; what one row lacks goes to `rejects`
        """
        now = self._clock.now()
        report = RegionsReport(unknown_columns=tuple(table.unknown_columns))
        rows = list(table.rows())
        report.rows = len(rows)

        def refuse(row: _Row, error: ServiceError) -> None:
            report.refused += 1
            report.refused_by_code[error.code] = report.refused_by_code.get(error.code, 0) + 1
            rejects.reject_row(*row, error)

        with self._store.unit() as unit:
            unit.alone("regions")
            report.batch_id = unit.imports.begin("regions", table.digest, table.name, now)
            known = unit.regions.known(_named_in(rows))
            said = self._checked(rows, known, refuse)
            told = _fitting(said, known, unit, refuse)
            fresh = [region for region in told if known.get(region.code) != region]
            unit.regions.add(fresh, report.batch_id, now)
            report.added = sum(region.code not in known for region in fresh)
            report.changed = len(fresh) - report.added
            report.unchanged = report.rows - report.refused - len(fresh)
            counts = {name: count for name, count in asdict(report).items() if isinstance(count, int)}
            unit.imports.finish(report.batch_id, counts, self._clock.now())
            unit.audit.append(AuditEvent(actor, "regions.imported", f"batch:{report.batch_id}", counts), now)
        progress(report.rows)
        return report

    def _checked(
        self, rows: Iterable[_Row], known: Mapping[str, Region], refuse: Callable[[_Row, ServiceError], None]
    ) -> dict[str, tuple[_Row, Region]]:
        """Each row by itself; of two that say different things of one code the first stands."""
        said: dict[str, tuple[_Row, Region]] = {}
        today = legal_date(self._clock.now())
        for row in rows:
            try:
                region = check_region_row(row[1], known, today)
                if said.setdefault(region.code, (row, region))[1] != region:
                    raise RowConflict("the file says something else of this code before", field="region_code")
            except ServiceError as error:
                refuse(row, error)
        return said


def _fitting(
    said: Mapping[str, tuple[_Row, Region]],
    known: Mapping[str, Region],
    unit: Unit,
    refuse: Callable[[_Row, ServiceError], None],
) -> list[Region]:
    """The rows that fit to each other and to what is known, the largest regions first."""
    kept: dict[str, Region] = {}
    for code, (row, region) in sorted(said.items(), key=lambda item: (len(item[0]), item[0])):
        parent = parent_of(code)
        if parent and parent not in known and parent not in kept:
            refuse(row, RegionUnknown(parent, field="parent_code"))
        else:
            kept[code] = region
    while strange := {
        code: one for code, region in kept.items() for one in region.successors if one not in {**known, **kept}
    }:
        for code, successor in strange.items():
            refuse(said[code][0], RegionUnknown(successor, field="successors"))
            del kept[code]
    tree = Regions({**unit.regions.tree().ended, **_ends(kept.values())})
    for code in [code for code, region in kept.items() if region.successors and tree.loops(code)]:
        refuse(said[code][0], RowConflict("this leads back to a code that ended itself", field="successors"))
        del kept[code]
    return list(kept.values())


def _ends(regions: Iterable[Region]) -> dict[str, Ended]:
    return {one.code: Ended(one.change, one.successors, one.valid_to) for one in regions if one.change is not None}


def _named_in(rows: Iterable[_Row]) -> set[str]:
    """Every code that a file speaks of, with the regions above, as far as it is written as one."""
    codes = set(KNOWN)
    for _, values in rows:
        code = shortest(values.get("region_code", "").strip())
        codes |= {code, parent_of(code), *(shortest(one) for one in words_of(values.get("successors", "")))}
    return codes
