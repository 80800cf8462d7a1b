"""Everybody is held against everybody: pairs come before a monitor, ranked and capped, and nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from auth_service.core.errors import CalibrationMissing, SettingInvalid
from auth_service.engines.face_scan import FaceScan
from auth_service.faces.template import EngineIdentity
from auth_service.matching.calibration import Metric
from auth_service.matching.duplicates import Near
from auth_service.monitoring.flags import Flag, Severity, Verdict
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.exact_scan import ExactScan
from tests.fakes import FAKE_ENGINE, fake_calibration, picture
from tests.flows.erasing import Privacy
from tests.flows.scanning import Scanning


class Died(BaseException):
    """Stands for a process that was killed: nothing after it runs."""


@pytest.fixture
def scanning(agency: Agency) -> Scanning:
    return Scanning(agency)


def test_one_face_enrolled_twice_is_put_before_a_monitor_with_both_photos(scanning: Scanning) -> None:
    scanning.strangers(8)
    one, other = scanning.enrol("double", 30), scanning.enrol("double", 31, take=1)
    report = scanning.run()
    assert (report.people, report.pairs, report.reached, report.raised, report.waiting) == (10, 45, 1, 1, 1)
    (flag,) = scanning.flags()
    assert tuple(sorted(flag.person_ids)) == scanning.pair(one, other)
    assert (flag.severity, flag.evidence["shared"], flag.evidence["scanned"]) == (Severity.HIGH, "", 10)
    assert [label for label, _ in flag.photos] == ["reference", "other_reference"]
    with scanning.agency.store.reading() as unit:
        known = [unit.references.current(person_id, FAKE_ENGINE) for person_id in flag.person_ids]
    assert [photo for _, photo in flag.photos] == [found.photos[0].picture for found in known if found]


def test_nothing_changes_for_those_whom_it_finds(scanning: Scanning, rows: Callable[..., list[Any]]) -> None:
    scanning.enrol("double", 30)
    scanning.enrol("double", 31, take=1)
    tables = ("evidence", "payment_proposals", "life_states", "reference_sets", "certificates")
    before = {table: rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables}
    scanning.run()
    assert {table: rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables} == before


def test_who_shares_more_comes_first_though_less_alike(scanning: Scanning) -> None:
    scanning.strangers(12)
    alike = scanning.enrol("a", 30), scanning.enrol("a", 31, take=1)
    phone = scanning.enrol("b", 40, phone="13800138000"), scanning.enrol("b", 41, take=7, phone="13800138000")
    scanning.run()
    first, second = scanning.flags()
    assert tuple(sorted(first.person_ids)) == scanning.pair(*phone)
    assert (first.severity, first.evidence["shared"]) == (Severity.CRITICAL, "phone")
    assert tuple(sorted(second.person_ids)) == scanning.pair(*alike)
    assert float(str(first.evidence["by_chance"])) < float(str(second.evidence["by_chance"]))


def test_what_everybody_shares_says_nothing(scanning: Scanning) -> None:
    for place in range(6):
        scanning.enrol(f"stranger {place}", place, region="130203")
    scanning.enrol("double", 30, region="130203")
    scanning.enrol("double", 31, take=1, region="130203")
    scanning.run()
    (flag,) = scanning.flags()
    assert (flag.evidence["shared"], flag.evidence["by_chance"]) == ("place", 1.0)


def test_another_flag_about_both_is_a_second_signal(scanning: Scanning) -> None:
    scanning.strangers(6)
    pair = scanning.pair(scanning.enrol("double", 30), scanning.enrol("double", 31, take=1))
    with scanning.agency.store.unit() as unit:
        unit.flags.raise_once(Flag("P01", 1, Severity.HIGH, pair, {}, "P01:x", scanning.agency.clock.now()))
    scanning.run()
    assert scanning.flags()[0].evidence["shared"] == "flag"


def test_the_queue_holds_so_many_and_the_rest_waits_for_the_next_scan(scanning: Scanning) -> None:
    scanning.queue = 3
    for place in range(0, 10, 2):
        scanning.enrol(f"double {place}", place)
        scanning.enrol(f"double {place}", place + 1, take=1)
    assert (scanning.run().raised, scanning.run().raised) == (3, 0)
    judge(scanning, Verdict.FALSE_FLAG, 2)
    report = scanning.run()
    assert (report.raised, report.waiting) == (2, 3)
    assert len(set(scanning.raised())) == 5


def judge(scanning: Scanning, verdict: Verdict, most: int) -> None:
    monitor = scanning.agency.member()
    page = scanning.agency.store.queries.flags(None, cursor=None, limit=100)
    for row in page.rows[:most]:
        scanning.agency.judge.run(row.id, verdict, "two people, both seen", monitor, None)


def test_a_pair_that_was_disproved_is_not_raised_again_even_with_new_photos(scanning: Scanning) -> None:
    one, _ = scanning.enrol("double", 30), scanning.enrol("double", 31, take=1)
    scanning.run()
    judge(scanning, Verdict.FALSE_FLAG, 1)
    scanning.agency.enroll(one, picture("double", take=5))
    report = scanning.run()
    assert (report.reached, report.raised, len(scanning.flags())) == (1, 0, 1)


def test_without_a_threshold_in_force_nothing_is_compared(scanning: Scanning) -> None:
    scanning.strangers(2)
    scanning.calibration = lambda: None
    with pytest.raises(CalibrationMissing):
        scanning.run()
    assert scanning.flow.if_due() == {}


def test_without_a_ground_nothing_is_compared(scanning: Scanning) -> None:
    scanning.strangers(2)
    own = replace(fake_calibration(), own=True)
    scanning.ground, scanning.calibration = " ", lambda: own
    with pytest.raises(SettingInvalid):
        scanning.run()
    assert scanning.flow.if_due() == {}


def test_templates_of_another_engine_are_not_compared(scanning: Scanning) -> None:
    scanning.enrol("double", 30)
    scanning.enrol("double", 31, take=1)
    other = replace(fake_calibration(), identity=EngineIdentity("fake-2", "e" * 64))
    scanning.calibration = lambda: other
    report = scanning.run()
    assert (report.people, report.raised) == (0, 0)


def test_faiss_and_a_plain_product_raise_the_same_flags(scanning: Scanning) -> None:
    for place in range(0, 12, 2):
        scanning.enrol(f"double {place}", place)
        scanning.enrol(f"double {place}", place + 1, take=place + 1)
    scanning.scanner = FaceScan
    assert scanning.run().raised == 6
    with_faiss = scanning.raised()
    other = Scanning(scanning.agency)
    with scanning.agency.store.reading() as unit:
        assert unit.face_scans.raised_before() == set(with_faiss)
    assert other.run().reached == 6


class Dying(ExactScan):
    """The process ends as it begins its n-th block."""

    left = 2

    def near(self, begin: int, end: int, floor: float) -> Near:
        Dying.left -= 1
        if Dying.left < 0:
            raise Died
        return super().near(begin, end, floor)


def test_a_scan_that_was_cut_short_goes_on_behind_what_it_had_done(
    scanning: Scanning, rows: Callable[..., list[Any]]
) -> None:
    for place in range(0, 12, 2):
        scanning.enrol(f"double {place}", place)
        scanning.enrol(f"double {place}", place + 1, take=1)
    Dying.left = 2
    scanning.scanner = Dying
    with pytest.raises(Died):
        scanning.run()
    assert scanning.flags() == [], "a scan that is not over raises nothing"
    kept = rows("SELECT count(*) FROM face_scan_pairs")[0][0]
    assert kept > 0
    seen: list[int] = []

    class Counting(ExactScan):
        def near(self, begin: int, end: int, floor: float) -> Near:
            seen.append(begin)
            return super().near(begin, end, floor)

    scanning.scanner = Counting
    report = scanning.run()
    assert (report.raised, report.reached, seen) == (6, 6, [6, 9])
    assert rows("SELECT count(*) FROM face_scan_pairs")[0][0] == 0
    assert rows("SELECT count(*) FROM face_scans")[0][0] == 1


@pytest.mark.parametrize("changed", ["a week later", "other thresholds"])
def test_an_old_scan_or_one_by_other_thresholds_is_begun_anew(
    scanning: Scanning, clock: FixedClock, changed: str
) -> None:
    scanning.strangers(12)
    Dying.left, scanning.scanner = 1, Dying
    with pytest.raises(Died):
        scanning.run()
    if changed == "a week later":
        clock.advance(days=8)
    else:
        scanning.calibration = lambda: replace(fake_calibration(), version=2)
    starts: list[int] = []

    class Counting(ExactScan):
        def near(self, begin: int, end: int, floor: float) -> Near:
            starts.append(begin)
            return super().near(begin, end, floor)

    scanning.scanner = Counting
    scanning.run()
    assert starts[0] == 0


def test_an_erased_person_leaves_the_memory_and_what_was_found(
    scanning: Scanning, privacy: Privacy, rows: Callable[..., list[Any]]
) -> None:
    number = scanning.enrol("double", 0)
    scanning.enrol("double", 1, take=1)
    scanning.strangers(10, first=2)
    erased = scanning.id_of(number)
    scans: list[ExactScan] = []

    class Erasing(ExactScan):
        """Somebody is erased after the first block, which found them."""

        def __init__(self, people: int, dimensions: int, metric: Metric) -> None:
            super().__init__(people, dimensions, metric)
            scans.append(self)

        def near(self, begin: int, end: int, floor: float) -> Near:
            if begin == 3:
                assert rows("SELECT count(*) FROM face_scan_pairs")[0][0] == 1
                privacy.run(number)
                assert rows("SELECT count(*) FROM face_scan_pairs")[0][0] == 0
            return super().near(begin, end, floor)

    scanning.scanner = Erasing
    report = scanning.run()
    assert (report.raised, scanning.flags()) == (0, [])
    assert not scans[0].here[0]
    assert not scans[0].rows[0].any(), "their numbers are overwritten at the next block"
    assert erased not in str(rows("SELECT * FROM face_scan_pairs"))


def test_somebody_erased_between_the_search_and_the_record_is_not_written_down(
    scanning: Scanning, privacy: Privacy, rows: Callable[..., list[Any]]
) -> None:
    number = scanning.enrol("double", 0)
    scanning.enrol("double", 1, take=1)

    class Racing(ExactScan):
        def near(self, begin: int, end: int, floor: float) -> Near:
            found = super().near(begin, end, floor)
            if len(found.first):
                privacy.run(number)
            return found

    scanning.scanner = Racing
    assert scanning.run().raised == 0
    assert rows("SELECT count(*) FROM face_scan_pairs")[0][0] == 0


def test_the_worker_scans_once_a_week_and_only_by_the_operators_own_thresholds(
    scanning: Scanning, clock: FixedClock
) -> None:
    scanning.strangers(3)
    assert scanning.flow.if_due() == {}, "shipped thresholds say too little of these people"
    own = replace(fake_calibration(), own=True)
    scanning.calibration = lambda: own
    assert scanning.flow.if_due() == {"people": 3, "reached": 0, "raised": 0}
    clock.advance(days=6)
    assert scanning.flow.if_due() == {}
    clock.advance(days=2)
    assert scanning.flow.if_due()["people"] == 3
    scanning.days = 0
    clock.advance(days=30)
    assert scanning.flow.if_due() == {}


def test_the_audit_trail_says_for_what_and_by_whom(scanning: Scanning, rows: Callable[..., list[Any]]) -> None:
    scanning.enrol("double", 0)
    scanning.enrol("double", 1, take=1)
    scanning.run()
    told = rows("SELECT action, actor, details FROM audit_rows WHERE action LIKE 'faces.scan%' ORDER BY number")
    assert [(row[0], row[1]) for row in told] == [("faces.scan_started", "cli"), ("faces.scan_finished", "cli")]
    assert all('"purpose":"fund_supervision"' in row[2].replace(": ", ":") for row in told)
    assert "12 号" in json.loads(told[0][2])["ground"]


def test_two_scans_at_once_count_every_block_once(scanning: Scanning) -> None:
    for place in range(0, 12, 2):
        scanning.enrol(f"double {place}", place)
        scanning.enrol(f"double {place}", place + 1, take=1)
    other = Scanning(scanning.agency)

    class Beside(ExactScan):
        """As this one is in its second block, another process does the whole scan but for its end."""

        ran = False

        def near(self, begin: int, end: int, floor: float) -> Near:
            if begin == 3 and not Beside.ran:
                Beside.ran = True
                Dying.left, other.scanner = 2, Dying
                with pytest.raises(Died):
                    other.run()
            return super().near(begin, end, floor)

    scanning.scanner = Beside
    report = scanning.run()
    assert (report.reached, report.raised) == (6, 6)
