"""Odd files wait for a second person; a wrong one is taken back by one, and its rows with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.errors import (
    AccessRefused,
    BatchRefused,
    BatchUnfinished,
    ImporterMissing,
    NotFound,
    ReasonMissing,
    SecondPersonNeeded,
)
from auth_service.core.retention import RetentionPolicy
from auth_service.crosscheck.batches import Oddity
from auth_service.flows.import_registry import RegistryReport
from auth_service.flows.retain import Retain
from auth_service.storage.unit import BatchState
from tests.builders import WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.flows.registries import Killed, Registries, death


@pytest.fixture
def registries(agency: Agency) -> Registries:
    return Registries(agency)


def everybody(registries: Registries, count: int = 30) -> list[str]:
    numbers = [id_number(date(1940, 1, 1) + timedelta(days=place), place + 1) for place in range(count)]
    for number in numbers:
        registries.agency.person(number)
    return numbers


def odd(report: RegistryReport) -> set[Oddity]:
    return {one.oddity for one in report.findings}


def all_dead(registries: Registries) -> RegistryReport:
    return registries.take(
        *(death(f"X-{number}", id_number=number, event_date="2026-02-01") for number in everybody(registries))
    )


def actions(registries: Registries) -> list[str]:
    with registries.agency.store.reading() as unit:
        return [row.event.action for row in unit.audit.rows() if row.event.action.startswith("registry.")]


def test_an_all_dead_file_speaks_against_nobody_until_two_people_let_it(registries: Registries) -> None:
    report = all_dead(registries)
    assert report.state is BatchState.QUARANTINED
    assert odd(report) == {Oddity.HITS_SHARE, Oddity.SAME_DATE}
    assert registries.new()[0] == []
    with pytest.raises(SecondPersonNeeded):
        registries.keeping.release(report.batch_id, registries.steward)
    assert registries.new()[0] == []
    assert "registry.release_refused" in actions(registries)
    found = registries.keeping.release(report.batch_id, registries.second())
    assert (found.state, found.imported_by) == (BatchState.RELEASED, registries.steward.id)
    assert len(registries.new()[0]) == 30
    with pytest.raises(BatchRefused):
        registries.keeping.release(report.batch_id, registries.agency.member(Role.MONITOR, "third"))


def test_ten_times_as_many_rows_as_ever_wait(registries: Registries) -> None:
    registries.take(death("1"), death("2"))
    report = registries.take(*(death(f"B-{place}", event_date=f"2026-01-{place % 28 + 1:02}") for place in range(20)))
    assert odd(report) == {Oddity.VOLUME}


def test_a_file_that_waits_is_no_measure_for_others(registries: Registries) -> None:
    all_dead(registries)
    registries.take(death("1"))
    report = registries.take(*(death(f"B-{place}", event_date=f"2026-01-{place % 28 + 1:02}") for place in range(20)))
    assert odd(report) == {Oddity.VOLUME}


def test_a_row_that_waits_in_one_file_counts_when_another_tells_it(registries: Registries) -> None:
    report = registries.take(death("1"), death("2", event_date="2027-01-01"))
    assert odd(report) == {Oddity.FUTURE}
    assert registries.take(death("1")).counts["added"] == 1
    assert registries.holding() == {"1": "2026-02-11"}


def test_one_person_takes_a_wrong_file_back_and_what_it_said_with_it(registries: Registries) -> None:
    registries.take(death("1"))
    wrong = registries.take(
        death("1", message="correct", event_date="2026-02-20", recorded_at="2026-02-21"), death("2")
    )
    _, place = registries.new()
    with pytest.raises(ReasonMissing):
        registries.keeping.discard(wrong.batch_id, " ", registries.steward)
    found = registries.keeping.discard(wrong.batch_id, "用错了文件", registries.steward)
    assert found.state is BatchState.DISCARDED
    assert registries.holding() == {"1": "2026-02-11"}
    back, _ = registries.new(place)
    assert [one.record.ref for one in back if one.record] == ["1"]  # what it had replaced holds again
    gone = registries.gone(place)
    assert sorted(one.voided for one in gone) == [False, True]
    with pytest.raises(BatchRefused):
        registries.keeping.discard(wrong.batch_id, "again", registries.steward)
    with pytest.raises(BatchRefused):
        registries.keeping.release(wrong.batch_id, registries.second())


def test_a_discarded_file_stays_discarded_when_it_comes_again(registries: Registries) -> None:
    report = registries.take(death("1"))
    registries.keeping.discard(report.batch_id, "wrong", registries.steward)
    again = registries.take(death("1"))
    assert (again.repeated, again.state) == (True, BatchState.DISCARDED)
    assert registries.holding() == {}


def test_a_file_that_nobody_stands_for_takes_two_people(registries: Registries) -> None:
    report = registries.take(death("1"), member=None)
    assert odd(report) == {Oddity.NOBODY}
    with pytest.raises(ImporterMissing):
        registries.keeping.release(report.batch_id, registries.steward)
    with pytest.raises(SecondPersonNeeded):
        registries.keeping.release(report.batch_id, registries.steward)
    registries.keeping.release(report.batch_id, registries.second())
    assert registries.holding() == {"1": "2026-02-11"}


def test_an_importer_whose_account_ended_stands_for_nothing(registries: Registries) -> None:
    report = all_dead(registries)
    registries.agency.staff.disable("sun", "cli")
    with pytest.raises(SecondPersonNeeded):
        registries.keeping.release(report.batch_id, registries.second())


def test_half_a_file_can_be_neither_released_nor_discarded(
    registries: Registries, rows: Callable[..., list[Any]]
) -> None:
    with pytest.raises(Killed):
        registries.take(*(death(str(place)) for place in range(600)), cut=550)
    ((batch,),) = rows("SELECT id FROM registry_batches")
    with pytest.raises(BatchUnfinished):
        registries.keeping.release(batch, registries.second())
    with pytest.raises(BatchUnfinished):
        registries.keeping.discard(batch, "wrong", registries.steward)


def test_whoever_has_no_right_to_it_decides_nothing(registries: Registries) -> None:
    report = all_dead(registries)
    officer = registries.agency.member(Role.OFFICER, "li")
    with pytest.raises(AccessRefused):
        registries.keeping.release(report.batch_id, officer)
    with pytest.raises(AccessRefused):
        registries.keeping.discard(report.batch_id, "x", officer)
    with pytest.raises(NotFound):
        registries.keeping.show("0" * 32)


def test_what_rows_say_of_people_is_gone_after_a_month_and_a_void_still_finds_its_row(
    registries: Registries, rows: Callable[..., list[Any]], clock: FixedClock
) -> None:
    registries.take(death("1", id_number=WANG), death("2"))
    retain = Retain(registries.agency.store, {}, RetentionPolicy(), registries.agency.clock)
    assert retain.run().removed["registry_extracts"] == 0
    clock.advance(days=31)
    assert retain.overdue()["registry_extracts"] == 3  # two rows, and the key that opens them
    assert retain.run().removed["registry_extracts"] == 3
    assert retain.overdue()["registry_extracts"] == 0
    left = rows("SELECT count(*) FROM registry_records WHERE coalesce(content_sealed, content_index, id_index) IS NULL")
    assert left == [(2,)]
    alive = "SELECT count(*) FROM person_keys WHERE wrapped IS NOT NULL AND person_id NOT IN (SELECT id FROM people)"
    assert rows(alive) == [(0,)]
    assert registries.new()[0] == []
    registries.take({"source_ref": "1", "message": "void", "recorded_at": "2026-03-20"})
    (gone,) = registries.gone()
    assert gone.voided


def test_an_erased_persons_rows_say_nothing_any_more(registries: Registries, rows: Callable[..., list[Any]]) -> None:
    person = registries.agency.person()
    registries.take(death("1", id_number=WANG), death("2"))
    with registries.agency.store.reading() as unit:
        assert unit.people.id_of(WANG) == person
    with registries.agency.store.unit() as unit:
        from auth_service.core.erasure import ErasureReason, Requester, Tombstone  # noqa: PLC0415

        now = registries.agency.clock.now()
        stone = Tombstone(person, next(iter(Requester)), next(iter(ErasureReason)), registries.steward.id, now)
        assert unit.erasures.erase(stone, now)["registry_records"] == 1
    assert rows("SELECT row FROM registry_records WHERE content_sealed IS NOT NULL") == [(3,)]
    assert registries.holding() == {"2": "2026-02-11"}
