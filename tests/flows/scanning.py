"""A scan of all faces at an agency, and people who are enrolled for it."""

from __future__ import annotations

from datetime import date, timedelta

from auth_service.flows.duplicate_pairs import ScannerOf, ScanTerms
from auth_service.flows.find_duplicates import DuplicateReport, FindDuplicates
from auth_service.matching.calibration import CalibrationSource
from auth_service.matching.duplicates import DuplicatePolicy
from auth_service.monitoring.flags import Flag
from tests.builders import Agency, id_number
from tests.exact_scan import ExactScan
from tests.fakes import fake_calibration, picture

NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"


class Scanning:
    """The scan of an agency. block: people of one transaction"""

    def __init__(self, agency: Agency, queue: int = 200, block: int = 3) -> None:
        self.agency = agency
        self.queue = queue
        self.block = block
        self.scanner: ScannerOf = ExactScan
        self.calibration: CalibrationSource = fake_calibration
        self.days = 7
        self.ground = "社会保险基金监督，内部审批 12 号"

    @property
    def flow(self) -> FindDuplicates:
        policy = DuplicatePolicy(self.ground, self.queue, self.days)
        terms = ScanTerms(self.scanner, self.calibration, policy, self.block)
        return FindDuplicates(self.agency.store, self.agency.clock, terms)

    def run(self) -> DuplicateReport:
        return self.flow.run("cli", lambda _: None)

    def enrol(self, face: str, place: int, take: int = 0, **given: str) -> str:
        """Somebody new with one photo of a face; returns the ID number. place: tells the people apart"""
        number = id_number(date(1940, 1, 1) + timedelta(days=400 * (place % 20)), place + 1)
        values = {"name": f"{NAMES[place % 20]}建{place}", "region": f"1302{place % 90:02d}", **given}
        self.agency.person(number, **values)
        self.agency.enroll(number, picture(face, take=take))
        return number

    def strangers(self, count: int, first: int = 0) -> list[str]:
        """Each with a face of their own."""
        return [self.enrol(f"stranger {place}", place) for place in range(first, first + count)]

    def id_of(self, number: str) -> str:
        with self.agency.store.reading() as unit:
            found = unit.people.id_of(number)
        assert found is not None
        return found

    def pair(self, one: str, other: str) -> tuple[str, str]:
        """Two people's ids, the smaller first."""
        first, second = sorted((self.id_of(one), self.id_of(other)))
        return first, second

    def flags(self) -> list[Flag]:
        """What the rule raised, in the order in which it did."""
        page = self.agency.store.queries.flags(None, cursor=None, limit=100)
        with self.agency.store.reading() as unit:
            found = [unit.flags.get(row.id) for row in page.rows]
        flags = [one.flag for one in found if one is not None and one.flag.rule_id == "I03"]
        return sorted(flags, key=lambda flag: (flag.raised_at, float(str(flag.evidence["by_chance"]))))

    def raised(self) -> list[tuple[str, ...]]:
        return [tuple(sorted(flag.person_ids)) for flag in self.flags()]
