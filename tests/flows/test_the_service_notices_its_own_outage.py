"""A gap between two signs of the service gives the lost days back; a clock that was set wrong gives none."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from auth_service.flows.keep_outages import KeepOutages
from auth_service.flows.notice_outage import NoticeOutage
from auth_service.flows.sweep import Sweep
from auth_service.qualification.life import Outage
from auth_service.qualification.outage import OutagePolicy, days_lost
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.storage.samples import direct_sql

NINE = datetime(2026, 3, 10, 1, tzinfo=UTC)
"""9:00 of 10 March in Shanghai."""


class Process:
    """A serving process; `elapsed` is its own count of seconds, which a wall clock does not move."""

    def __init__(self, agency: Agency, clock: FixedClock, **policy: int) -> None:
        self.seconds = 1000.0
        self.clock = clock
        self.noticing = NoticeOutage(agency.store, clock, OutagePolicy(**policy), lambda: self.seconds)

    def after(self, **duration: float) -> Outage | None:
        """A sign after so much time has really passed."""
        self.clock.advance(**duration)
        self.seconds += timedelta(**duration).total_seconds()
        return self.noticing.sign()


@pytest.fixture
def process(agency: Agency, clock: FixedClock) -> Process:
    clock.instant = NINE
    return Process(agency, clock)


def told(agency: Agency) -> list[str]:
    return [action for (action,) in direct_sql(agency.urls.front, "SELECT action FROM audit_rows ORDER BY number")]


@pytest.mark.parametrize(
    ("begin", "hours", "lost"),
    [
        (NINE, 0.9, None),
        (NINE, 1, ("2026-03-10", "2026-03-10")),
        (NINE + timedelta(hours=13), 8.5, None),  # from 22:00 to 6:30
        (NINE + timedelta(hours=13), 9, ("2026-03-11", "2026-03-11")),
        (NINE + timedelta(hours=12), 24, ("2026-03-10", "2026-03-11")),
        (NINE + timedelta(hours=12.5), 33, ("2026-03-11", "2026-03-11")),
        (NINE, 24 * 9, ("2026-03-10", "2026-03-19")),
    ],
)
def test_a_day_is_lost_when_people_found_the_door_closed_for_an_hour(
    begin: datetime, hours: float, lost: tuple[str, str] | None
) -> None:
    found = days_lost(begin, begin + timedelta(hours=hours), OutagePolicy())
    assert (found and tuple(map(str, found))) == lost


@pytest.mark.parametrize(
    "policy", [{"from_hour": 9, "to_hour": 9}, {"to_hour": 25}, {"minutes": 0}, {"minutes": 961}, {"most_days": 0}]
)
def test_limits_that_make_no_sense_are_refused(policy: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"hours|day"):
        OutagePolicy(**policy)


def test_the_first_sign_ever_and_a_sign_each_minute_are_no_outage(agency: Agency, process: Process) -> None:
    assert [process.after(minutes=minutes) for minutes in (0, 1, 1, 30)] == [None] * 4
    assert told(agency) == []
    assert len(direct_sql(agency.urls.front, "SELECT 1 FROM service_signs")) == 1


def test_days_without_a_sign_are_given_back_by_themselves(agency: Agency, clock: FixedClock, process: Process) -> None:
    person = agency.person()
    clock.instant = datetime(2027, 3, 20, 1, tzinfo=UTC)
    process.after(minutes=0)
    Sweep(agency.store, clock).run(None, "test", lambda _: None)
    clock.advance(days=3)
    restarted = Process(agency, clock)
    found = restarted.noticing.sign()
    assert found is not None
    assert (found.began_on, found.ended_on) == (date(2027, 3, 20), date(2027, 3, 23))
    assert told(agency)[-1] == "outage.kept"
    assert restarted.after(minutes=1) is None
    Sweep(agency.store, clock).run(None, "test", lambda _: None)
    ((due,),) = direct_sql(agency.urls.front, f"SELECT due_on FROM life_states WHERE person_id = '{person}'")
    assert str(due) == "2027-04-30"


def test_a_process_that_could_not_reach_its_database_notices_at_the_end(agency: Agency, process: Process) -> None:
    process.after(minutes=0)
    found = process.after(hours=2)
    assert found is not None
    assert (found.began_on, found.ended_on) == (date(2026, 3, 10), date(2026, 3, 10))


def test_a_clock_set_forward_under_a_running_process_makes_no_outage(agency: Agency, process: Process) -> None:
    process.after(minutes=0)
    process.clock.advance(days=365)
    assert process.after(minutes=1) is None
    process.clock.advance(days=-365)
    assert [process.after(minutes=1), process.after(minutes=1)] == [None, None]
    assert told(agency) == []


def test_a_gap_of_a_year_is_left_to_people_to_judge(agency: Agency, clock: FixedClock, process: Process) -> None:
    process.after(minutes=0)
    clock.advance(days=365)
    assert Process(agency, clock).noticing.sign() is None
    assert told(agency) == ["outage.doubted"]
    assert direct_sql(agency.urls.front, "SELECT 1 FROM outages") == []


def test_planned_days_that_stand_already_are_not_written_twice(
    agency: Agency, clock: FixedClock, process: Process
) -> None:
    process.after(minutes=0)
    clock.advance(days=1)
    KeepOutages(agency.store, clock).add((date(2026, 3, 10), date(2026, 3, 11)), "moving house", "test")
    assert Process(agency, clock).noticing.sign() is None
    assert len(direct_sql(agency.urls.front, "SELECT 1 FROM outages")) == 1


def test_of_several_processes_that_come_back_at_once_one_writes_it_down(
    agency: Agency, clock: FixedClock, process: Process
) -> None:
    process.after(minutes=0)
    clock.advance(days=1)
    ready, found = threading.Barrier(4), []

    def back() -> None:
        mine = Process(agency, clock)
        ready.wait()
        found.append(mine.noticing.sign())

    threads = [threading.Thread(target=back) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in found if one is not None]) == 1
    assert len(direct_sql(agency.urls.front, "SELECT 1 FROM outages")) == 1
