"""Every day at its hour, once over several workers, after days away too, and again when what counts became another."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from auth_service.cli.worker import Worker
from auth_service.core.clock import legal_date
from auth_service.core.jobs import Job
from auth_service.flows import sweep
from auth_service.flows.keep_outages import KeepOutages
from auth_service.flows.sweep import Sweep
from auth_service.qualification.schedule import SweepPolicy, newest_due
from tests.builders import Agency, Rows, id_number
from tests.conftest import FixedClock
from tests.storage.samples import direct_sql

THREE = SweepPolicy(3)
BEFORE, AFTER = datetime(2026, 3, 10, 18, 59, tzinfo=UTC), datetime(2026, 3, 10, 19, 0, tzinfo=UTC)
"""One minute before, and at, 3:00 of 11 March in Shanghai."""


def people(agency: Agency, number: int) -> None:
    rows = [
        {
            "id_number": id_number(date(1950, 1, 1), 100 + place),
            "name": "王秀英",
            "benefit_kind": "resident_pension",
            "region_code": "130203",
        }
        for place in range(number)
    ]
    agency.importing.run(Rows(rows), Rows(), "test", lambda _: None)


def looks(agency: Agency) -> dict[str, int]:
    return Sweep(agency.store, agency.clock).if_due(THREE)


def sweeps(agency: Agency) -> list[tuple[Any, ...]]:
    wanted = "SELECT as_of, judged FROM sweeps WHERE finished_at IS NOT NULL ORDER BY began_at, id"
    return [(str(on), judged) for on, judged in direct_sql(agency.urls.front, wanted)]


@pytest.mark.parametrize(
    ("at", "hour", "day"),
    [
        (BEFORE, 3, "2026-03-10"),
        (AFTER, 3, "2026-03-11"),
        (datetime(2026, 3, 10, 16, 0, tzinfo=UTC), 0, "2026-03-11"),
        (datetime(2026, 3, 10, 15, 59, tzinfo=UTC), 0, "2026-03-10"),
        (datetime(2026, 12, 31, 16, 30, tzinfo=UTC), 23, "2026-12-31"),
    ],
)
def test_a_day_is_due_from_its_hour_in_the_agencys_zone_on(at: datetime, hour: int, day: str) -> None:
    assert str(newest_due(at, SweepPolicy(hour))) == day


@pytest.mark.parametrize("hour", [-1, 24])
def test_an_hour_that_no_day_has_is_refused(hour: int) -> None:
    with pytest.raises(ValueError, match="hour"):
        SweepPolicy(hour)


def test_each_day_is_swept_once_from_its_hour_on(agency: Agency, clock: FixedClock) -> None:
    people(agency, 3)
    clock.instant = BEFORE
    assert looks(agency) == {"judged": 3, "changed": 3}, "the day before has never been swept"
    assert looks(agency) == {}
    clock.instant = AFTER
    assert set(looks(agency)) == {"judged", "changed"}
    clock.advance(hours=20)
    assert looks(agency) == {}
    assert [on for on, _ in sweeps(agency)] == ["2026-03-10", "2026-03-11"]


def test_after_days_away_one_sweep_catches_up(agency: Agency, clock: FixedClock) -> None:
    people(agency, 3)
    clock.instant = AFTER
    looks(agency)
    clock.advance(days=400)
    assert looks(agency) == {"judged": 3, "changed": 3}
    assert [on for on, _ in sweeps(agency)] == ["2026-03-11", "2027-04-15"]
    assert looks(agency) == {}


def test_what_was_cut_short_goes_on_at_the_next_look(
    agency: Agency, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PEOPLE_AT_ONCE", 2)
    people(agency, 5)
    clock.instant = AFTER

    def dies(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Sweep(agency.store, clock).run(None, "test", dies)
    found = Sweep(agency.store, clock).progress(THREE)
    assert found.newest is not None
    assert (found.newest.judged, found.newest.finished_at, found.people) == (2, None, 5)
    assert str(found.waits) == "2026-03-11"
    assert looks(agency) == {"judged": 5, "changed": 5}
    found = Sweep(agency.store, clock).progress(THREE)
    assert (found.waits, found.states) == (None, {"normal": 5})


def test_an_outage_that_becomes_known_has_everybody_judged_again_on_the_same_day(
    agency: Agency, clock: FixedClock
) -> None:
    people(agency, 3)
    clock.instant = AFTER
    looks(agency)
    day = legal_date(clock.now())
    KeepOutages(agency.store, clock).add((day, day), "network", "test")
    assert looks(agency)["judged"] == 3
    assert looks(agency) == {}


def test_a_clock_that_was_set_forward_for_a_while_keeps_no_day_from_being_swept(
    agency: Agency, clock: FixedClock
) -> None:
    people(agency, 3)
    clock.instant = AFTER + timedelta(days=400)
    assert looks(agency)["judged"] == 3
    clock.instant = AFTER
    assert looks(agency) == {"judged": 3, "changed": 3}
    assert looks(agency) == {}
    clock.advance(days=1)
    assert looks(agency) != {}
    assert looks(agency) == {}


def test_of_several_workers_at_once_one_sweeps(agency: Agency, clock: FixedClock) -> None:
    people(agency, 3)
    clock.instant = AFTER
    job = Job("sweep", 300, lambda: looks(agency))
    ready, ran = threading.Barrier(5), []

    def work() -> None:
        worker = Worker(agency.store, (job,))
        ready.wait()
        ran.extend(worker.once())

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.counts for one in ran] == [{"judged": 3, "changed": 3}]
    assert sweeps(agency) == [("2026-03-11", 3)]


def test_several_that_sweep_by_hand_share_the_pages_and_nobody_is_counted_twice(
    agency: Agency, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PEOPLE_AT_ONCE", 2)
    people(agency, 21)
    with agency.store.unit() as unit:  # so that all join one
        unit.sweeps.open(legal_date(clock.now()), sweep.mark_of(unit), clock.now())
    ready, done = threading.Barrier(4), []

    def work() -> None:
        ready.wait()
        done.append(Sweep(agency.store, clock).run(None, "test", lambda _: None))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(one.judged, one.changed) for one in done} == {(21, 21)}
    assert sweeps(agency) == [(str(legal_date(clock.now())), 21)]
    assert direct_sql(agency.urls.front, "SELECT count(*) FROM audit_rows WHERE action = 'life.swept'")[0][0] == 1
