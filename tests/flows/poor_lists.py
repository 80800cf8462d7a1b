"""Lists of the poor as tests send them, month by month."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.clock import AGENCY_ZONE, legal_date
from auth_service.crosscheck.batches import BatchPolicy
from auth_service.crosscheck.poverty import Outcome
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.build_poverty_month import BuildPovertyMonth, MonthReport
from auth_service.flows.import_registry import ImportRegistry, RegistryOrder, RegistryReport
from auth_service.storage.unit import PovertyLine
from tests.builders import Agency, Rows, id_number
from tests.conftest import FixedClock

VILLAGE = "130203100001"
WEI = id_number(date(1966, 1, 15), 5)
"""Wei, on the list and in no ledger; 60 in January 2026."""
LIU = id_number(date(1955, 3, 3), 9)
ZHAO = id_number(date(1950, 5, 5), 3)


def poor(ref: str, number: str, name: str = "韦某", **values: str) -> dict[str, str]:
    """One row of a list."""
    return {"source_ref": ref, "id_number": number, "name": name, "region_code": VILLAGE, "village": "东村", **values}


class PoorLists:
    """Imports lists, makes months, and looks at what they say."""

    def __init__(self, agency: Agency, clock: FixedClock) -> None:
        self.agency, self.clock = agency, clock
        self.importing = ImportRegistry(agency.ledger_store, clock, BatchPolicy())
        self.building = BuildPovertyMonth(agency.ledger_store, clock)
        self.steward = agency.member(Role.DATA_STEWARD, "sun")

    def on(self, day: date) -> None:
        self.clock.instant = datetime(day.year, day.month, day.day, 10, tzinfo=AGENCY_ZONE)

    def take(self, *rows: Mapping[str, str], kind: RegistryKind = RegistryKind.POVERTY, **order: Any) -> RegistryReport:
        """One office's list of this day."""
        digest = hashlib.sha256(repr((rows, kind, self.clock.now())).encode()).hexdigest()
        told = RegistryOrder(**{"kind": kind, "member": self.steward, **order})
        return self.importing.run(Rows(rows, "list.csv", digest), Rows(), told, lambda _: None)

    def make(self, month: str) -> MonthReport:
        return self.building.run(month, self.steward, lambda _: None)

    def insure(self, number: str, name: str, **values: str) -> str:
        """Somebody comes into the ledger."""
        row = {"id_number": number, "name": name, "benefit_kind": "城乡居民养老", "region_code": VILLAGE,
               "village": "东村", "birth_date": number[6:14], **values}  # fmt: skip
        now = self.clock.now()
        with self.agency.ledger_store.unit() as unit:
            return unit.people.apply(check_ledger_row(row, legal_date(now)), now, "batch").person_id

    def lines(self, report: MonthReport) -> list[PovertyLine]:
        with self.agency.ledger_store.reading() as unit:
            return unit.poverty.page(report.id, "", 1000)

    def outcomes(self, report: MonthReport) -> list[tuple[Outcome, bool]]:
        """Each line's outcome, and whether it was carried on."""
        return sorted((line.outcome, line.carried) for line in self.lines(report))
