"""From another office's file to findings and flags that people look at: nobody's payment or status is touched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.roles import Role
from auth_service.core.errors import AccessRefused, NotFound, ReasonMissing
from auth_service.crosscheck.standing import LinkAct, LinkState
from auth_service.flows import compare_registry
from auth_service.flows.compare_registry import Compared, CompareRegistry
from auth_service.monitoring.flags import Severity
from auth_service.payments.proposals import Act, Ground, PayState
from auth_service.storage.records import link_rows, registry_rows
from tests.builders import WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.flows.paying import Money
from tests.flows.registries import Killed, Registries, death, life, rules, void, wang


@pytest.fixture
def registries(agency: Agency) -> Registries:
    return Registries(agency)


@pytest.fixture
def paid(agency: Agency, clock: FixedClock) -> tuple[Registries, Money]:
    """Wang draws her pension, and registries send their files."""
    money = Money(agency, clock)
    return Registries(agency, steward="shi"), money


def kept(rows: Callable[..., list[Any]]) -> list[Any]:
    """Findings, what became of them, and flags, without ids and times."""
    found = rows(
        "SELECT f.person_id, f.record_id, f.rule, f.strength, count(a.id) FROM link_findings f"
        " LEFT JOIN link_acts a ON a.finding_id = f.id GROUP BY f.person_id, f.record_id, f.rule, f.strength"
    )
    flags = rows("SELECT rule_id, severity, count(*) FROM flags GROUP BY rule_id, severity")
    return [*sorted(map(tuple, found)), *sorted(map(tuple, flags))]


def test_a_file_in_which_everybody_is_dead_says_nothing_until_a_second_person_lets_it(
    registries: Registries, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (link_rows, registry_rows):  # more findings than one statement names
        monkeypatch.setattr(module, "_AT_ONCE", 7)
    numbers = [id_number(date(1940, 1, 1) + timedelta(days=place), place + 1) for place in range(30)]
    for number in numbers:
        registries.agency.person(number)
    report = registries.take(
        *(death(f"X-{number}", id_number=number, name="王秀英", event_date="2026-02-01") for number in numbers)
    )
    assert registries.compare() == Compared()
    (flag,) = registries.flags()
    assert (flag.rule_id, flag.severity, flag.person_ids) == ("D09", Severity.HIGH, ())
    assert (flag.evidence["registry_batch"], flag.evidence["odd"]) == (report.batch_id, "hits_share, same_date")
    assert registries.lines(report.batch_id) == []
    registries.keeping.release(report.batch_id, registries.second())
    done = registries.compare()
    assert (done.strong, done.flags) == (30, 30)
    assert len(registries.lines(report.batch_id)) == 30


def test_a_discarded_file_withdraws_and_what_it_had_replaced_holds_again(registries: Registries) -> None:
    registries.agency.person()
    registries.take(wang())
    wrong = registries.take(void("1"))
    registries.compare()
    assert registries.flags() == []
    registries.keeping.discard(wrong.batch_id, "用错了文件", registries.steward)
    assert registries.compare().strong == 1
    first = registries.take(wang("9"))
    registries.compare()
    registries.keeping.discard(first.batch_id, "用错了文件", registries.steward)
    assert registries.compare().withdrawn == 1
    again = [flag for flag in registries.flags() if flag.rule_id == "D13"]
    assert [flag.evidence["taken_back"] for flag in again] == ["discarded"]


def test_what_holds_again_after_a_void_was_discarded_is_renewed_and_asked_again(registries: Registries) -> None:
    registries.agency.person()
    registries.take(wang())
    registries.compare()
    wrong = registries.take(void("1"))
    registries.compare()
    registries.keeping.discard(wrong.batch_id, "用错了文件", registries.steward)
    done = registries.compare()
    assert (done.strong, done.withdrawn) == (1, 0)
    assert [rule for rule, _ in rules(registries)] == ["D01", "D01", "D13"]


def test_killed_between_pages_it_ends_as_if_nothing_had_happened(
    registries: Registries, rows: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_registry, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(compare_registry, "PEOPLE_AT_ONCE", 2)
    numbers = [id_number(date(1941, 1, 1) + timedelta(days=place), place + 1) for place in range(7)]
    for number in numbers:
        registries.agency.person(number)
    registries.take(*(death(f"K-{place}", id_number=one, name="王秀英") for place, one in enumerate(numbers)))
    registries.take(void("K-0", recorded_at="2026-02-13"), void("K-6", recorded_at="2026-02-13"))
    for after in (1, 3):
        heard = 0

        def dies(what: str, _: int, last: int = after) -> None:
            nonlocal heard
            heard += what == "rows"
            if heard == last:
                raise Killed

        with pytest.raises(Killed):
            registries.comparing.run(dies)
    registries.compare()
    once = kept(rows)
    assert once[-1:] == [("D01", "critical", 5)]
    assert registries.compare() == Compared()
    assert kept(rows) == once


def test_the_same_twice_adds_nothing(registries: Registries, rows: Callable[..., list[Any]]) -> None:
    registries.agency.person()
    registries.take(wang(), death("2", id_number=WANG, name="李大海"))
    registries.compare()
    once = kept(rows)
    registries.take(wang(), death("2", id_number=WANG, name="李大海"))
    assert registries.compare() == Compared()
    rows("DELETE FROM link_places")  # as if nobody knew how far it came
    again = registries.compare()
    assert (again.rows, again.strong, again.weak, again.flags) == (2, 0, 0, 0)
    assert kept(rows) == once


def test_two_at_once_do_every_page_once(
    registries: Registries, rows: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_registry, "ROWS_AT_ONCE", 3)
    numbers = [id_number(date(1942, 1, 1) + timedelta(days=place), place + 1) for place in range(12)]
    for number in numbers:
        registries.agency.person(number)
    registries.take(*(death(f"T-{place}", id_number=one, name="王秀英") for place, one in enumerate(numbers)))
    reports: list[Compared] = []
    beside = [threading.Thread(target=lambda: reports.append(registries.compare())) for _ in range(2)]
    for one in beside:
        one.start()
    for one in beside:
        one.join()
    assert sum(report.strong for report in reports) == 12
    assert kept(rows)[-1:] == [("D01", "critical", 12)]
    assert rows("SELECT count(*), count(DISTINCT record_id) FROM link_findings") == [(12, 12)]


def test_what_a_person_disproved_comes_back_only_with_something_new(
    registries: Registries, rows: Callable[..., list[Any]]
) -> None:
    person, monitor = registries.agency.person(), registries.second()
    registries.take(wang())
    registries.compare()
    (flag,) = registries.flags()
    link = str(flag.evidence["link"])
    with pytest.raises(AccessRefused):
        registries.disproving.run(link, "本人到窗口", registries.steward)
    with pytest.raises(ReasonMissing):
        registries.disproving.run(link, " ", monitor)
    with pytest.raises(NotFound):
        registries.disproving.run("0" * 32, "本人到窗口", monitor)
    assert life(registries.agency, person)[0].death_hint_at is not None
    assert registries.disproving.run(link, "本人到窗口，健在", monitor).state is LinkState.DISPROVED
    assert registries.disproving.run(link, "再说一次", monitor).state is LinkState.DISPROVED
    assert rows("SELECT count(*) FROM link_acts") == [(1,)]
    assert "健在" not in str(rows("SELECT reason_sealed FROM link_acts"))
    assert life(registries.agency, person)[0].death_hint_at is None
    registries.take(wang(recorded_at="2026-03-01"))  # the same, told anew
    registries.compare()
    assert [rule for rule, _ in rules(registries)] == ["D01"]
    registries.take(wang(message="correct", event_date="2026-02-12", recorded_at="2026-03-02"))
    done = registries.compare()
    assert done.strong == 1
    assert [rule for rule, _ in rules(registries)] == ["D01", "D01"]


def test_a_disproved_row_behind_a_hold_calls_whoever_may_give_it_back(paid: tuple[Registries, Money]) -> None:
    registries, money = paid
    registries.take(wang())
    registries.compare()
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    link = str(registries.flags()[0].evidence["link"])
    registries.disproving.run(link, "本人到窗口，健在", registries.second())
    (flag,) = [flag for flag in registries.flags() if flag.rule_id == "D13"]
    assert (flag.severity, flag.evidence["taken_back"]) == (Severity.CRITICAL, LinkAct.DISPROVED.value)
    assert money.state() is PayState.HELD


def test_whoever_enters_the_ledger_later_is_compared_with_the_rows_that_are_kept(registries: Registries) -> None:
    registries.take(wang())
    registries.compare()
    assert registries.flags() == []
    registries.agency.clock.advance(days=1)  # type: ignore[attr-defined]
    registries.agency.person()
    done = registries.compare()
    assert (done.people, done.strong, done.flags) == (1, 1, 1)


def test_rows_that_came_by_sql_mean_nobody(registries: Registries, rows: Callable[..., list[Any]]) -> None:
    person = registries.agency.person()
    report = registries.take(wang())
    registries.compare()
    rows(
        "INSERT INTO link_findings SELECT 'f' || substr(id, 2), record_id, batch_id, person_id, kind, source, meaning,"
        " 'L02', strength, id_level, name_level, birth_level, region_level, sex_level, alternative, event_on,"
        " ref_index, said_index, found_at, guard FROM link_findings"
    )
    rows(
        "INSERT INTO link_acts (id, finding_id, number, act, done_at, guard)"
        " SELECT id, id, 1, 'voided', found_at, guard FROM link_findings WHERE rule = 'L01'"
    )
    (line,) = registries.lines(report.batch_id)
    assert line.rule == "L01"
    assert life(registries.agency, person)[0].death_hint_at is not None


def test_an_erased_person_is_compared_with_nothing(registries: Registries) -> None:
    from auth_service.core.erasure import ErasureReason, Requester, Tombstone  # noqa: PLC0415

    person = registries.agency.person()
    registries.take(wang())
    now = registries.agency.clock.now()
    with registries.agency.store.unit() as unit:
        stone = Tombstone(person, next(iter(Requester)), next(iter(ErasureReason)), registries.steward.id, now)
        unit.erasures.erase(stone, now)
    done = registries.compare()
    assert (done.people, done.strong, done.weak) == (0, 0, 0)


def test_nothing_is_asked_about_somebody_who_was_erased_when_a_record_is_taken_back(registries: Registries) -> None:
    from auth_service.core.erasure import ErasureReason, Requester, Tombstone  # noqa: PLC0415

    person, now = registries.agency.person(), registries.agency.clock.now()
    registries.take(wang())
    registries.compare()
    before = rules(registries)
    with registries.agency.store.unit() as unit:
        stone = Tombstone(person, next(iter(Requester)), next(iter(ErasureReason)), registries.steward.id, now)
        unit.erasures.erase(stone, now)
    registries.take(void("1"))
    assert registries.compare().withdrawn == 1
    assert rules(registries) == before


def test_what_compares_is_closed_whatever_happens(registries: Registries) -> None:
    class Breaks:
        closed = False

        def each(self, *_: Any) -> Any:
            raise Killed

        def close(self) -> None:
            self.closed = True

    broken = Breaks()
    registries.agency.person()
    registries.take(wang())

    def load(people: Any) -> Breaks:
        assert len(list(people)) == 1
        return broken

    flow = CompareRegistry(registries.agency.store, registries.agency.clock, load)
    assert flow.waits()
    with pytest.raises(Killed):
        flow.run()
    assert broken.closed
    assert flow.if_new is not None
    assert registries.comparing.if_new()["strong"] == 1
    assert registries.comparing.if_new() == {}
    assert not flow.waits()


def test_the_worker_needs_no_sign_in_and_a_monitor_may_see_the_result(registries: Registries) -> None:
    registries.agency.person()
    registries.take(wang())
    registries.compare()
    monitor = registries.agency.member(Role.MONITOR, "wu")
    with registries.agency.store.reading() as unit:
        actions = [row.event.action for row in unit.audit.rows()]
    assert actions.count("registry.compared") == 1
    page = registries.agency.store.queries.flags(None, cursor=None, limit=10)
    assert registries.agency.look.flag(page.rows[0].id, monitor).flag.rule_id == "D01"


@pytest.mark.parametrize("table", ["link_findings", "link_acts"])
def test_what_was_found_and_what_became_of_it_is_neither_changed_nor_removed(
    registries: Registries, rows: Callable[..., list[Any]], table: str
) -> None:
    registries.agency.person()
    registries.take(wang())
    registries.compare()
    registries.take(void("1"))
    registries.compare()
    before = rows(f"SELECT * FROM {table}")
    assert len(before) == 1
    for statement in (f"UPDATE {table} SET guard = guard", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"):
            rows(statement)
    assert rows(f"SELECT * FROM {table}") == before
