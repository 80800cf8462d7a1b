"""From another office's file to findings and flags that people look at: nobody's payment or status is touched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.roles import Role
from auth_service.core.clock import legal_date
from auth_service.core.errors import AccessRefused, NotFound, ReasonMissing
from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.sources import RegistryKind
from auth_service.crosscheck.standing import LinkAct, LinkState
from auth_service.flows import compare_registry
from auth_service.flows.compare_registry import Compared, CompareRegistry
from auth_service.flows.life_pages import lives_of
from auth_service.flows.sweep import Sweep
from auth_service.monitoring.flags import Severity
from auth_service.payments.proposals import Act, Ground, PayState
from auth_service.qualification.life import LifeFacts
from auth_service.qualification.status import Status, status_of
from auth_service.storage.records import link_rows, registry_rows
from tests.builders import LI, WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.paying import Money
from tests.flows.registries import Killed, Registries, death, void

BROTHERS = id_number(date(1949, 3, 3), 15)


@pytest.fixture
def registries(agency: Agency) -> Registries:
    return Registries(agency)


@pytest.fixture
def paid(agency: Agency, clock: FixedClock) -> tuple[Registries, Money]:
    """Wang draws her pension, and registries send their files."""
    money = Money(agency, clock)
    return Registries(agency, steward="shi"), money


def wang(ref: str = "1", **more: str) -> dict[str, str]:
    return death(ref, id_number=WANG, name="王秀英", **more)


def life(agency: Agency, person: str) -> tuple[LifeFacts, Status]:
    now = agency.clock.now()
    with agency.store.reading() as unit:
        book = unit.policies.book()
        (found,) = lives_of(unit, [person], legal_date(now), book)
    return found.facts, status_of(found.facts, book, now)


def rules(registries: Registries) -> list[tuple[str, Severity]]:
    return [(flag.rule_id, flag.severity) for flag in registries.flags()]


def kept(rows: Callable[..., list[Any]]) -> list[Any]:
    """Findings, what became of them, and flags, without ids and times."""
    found = rows(
        "SELECT f.person_id, f.record_id, f.rule, f.strength, count(a.id) FROM link_findings f"
        " LEFT JOIN link_acts a ON a.finding_id = f.id GROUP BY f.person_id, f.record_id, f.rule, f.strength"
    )
    flags = rows("SELECT rule_id, severity, count(*) FROM flags GROUP BY rule_id, severity")
    return [*sorted(map(tuple, found)), *sorted(map(tuple, flags))]


def test_a_death_file_asks_people_to_look_and_touches_nothing(paid: tuple[Registries, Money]) -> None:
    registries, money = paid
    before = life(money.agency, money.person)[1]
    report = registries.take(wang("MZ-1"), death("MZ-2"))
    assert registries.compare() == Compared(people=1, rows=2, strong=1, weak=0, withdrawn=0, flags=1)
    (flag,) = registries.flags()
    assert (flag.rule_id, flag.severity, flag.person_ids) == ("D01", Severity.CRITICAL, (money.person,))
    told = dict(flag.evidence)
    assert len(str(told.pop("link"))) == 32
    assert told == {
        "kind": "death", "source": "civil_affairs", "link_rule": "L01", "strength": "strong", "id_level": "exact",
        "name_level": "exact", "birth_level": "missing", "region_level": "missing", "sex_level": "missing",
        "event_date": "2026-02-11",
    }  # fmt: skip
    assert money.state() is PayState.PAID
    after = life(money.agency, money.person)[1]
    assert after == before
    assert Sweep(money.agency.store, money.clock).run(None, "test", lambda _: None).judged == 1
    (line,) = registries.lines(report.batch_id)
    assert (line.source_row, line.person_key, line.strength, line.rule) == ("MZ-1", "TS-1", Strength.STRONG, "L01")


def test_a_relatives_number_is_never_strong_and_never_critical(registries: Registries) -> None:
    registries.agency.person()
    registries.take(death("1", id_number=WANG, name="李大海"), death("2", id_number=WANG, name=""))
    done = registries.compare()
    assert (done.strong, done.weak) == (0, 2)
    assert rules(registries) == [("D01", Severity.HIGH)] * 2
    assert {flag.evidence["link_rule"] for flag in registries.flags()} == {"L30", "L11"}


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


def test_a_void_withdraws_and_is_urgent_only_where_money_was_taken_away(paid: tuple[Registries, Money]) -> None:
    registries, money = paid
    li = money.add_person(LI, "TS-2", name="李建国")
    report = registries.take(wang(), death("2", id_number=LI, name="李建国"))
    registries.compare()
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    money.clock.advance(days=1)
    registries.take(void("1"), void("2"))
    done = registries.compare()
    assert (done.strong, done.withdrawn, done.flags) == (0, 2, 2)
    raised = {flag.person_ids[0]: flag for flag in registries.flags() if flag.rule_id == "D13"}
    assert (raised[money.person].severity, raised[li].severity) == (Severity.CRITICAL, Severity.LOW)
    assert raised[money.person].evidence["taken_back"] == "voided"
    assert money.state() is PayState.HELD, "one person gives it back, no machine"
    assert registries.lines(report.batch_id) == []


def test_a_correction_that_still_means_the_person_is_not_urgent(paid: tuple[Registries, Money]) -> None:
    registries, money = paid
    registries.take(wang())
    registries.compare()
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    registries.take(wang(message="correct", event_date="2026-02-20", recorded_at="2026-02-25"))
    done = registries.compare()
    assert (done.strong, done.withdrawn) == (1, 1)
    assert rules(registries) == [("D01", Severity.CRITICAL), ("D01", Severity.CRITICAL), ("D13", Severity.LOW)]
    other = death("1", message="correct", id_number=LI, name="李建国", recorded_at="2026-02-26")
    registries.take(other)
    registries.compare()
    assert ("D13", Severity.CRITICAL) in rules(registries)


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


def test_a_pass_after_a_death_that_holds_again_is_asked_about_again(registries: Registries) -> None:
    registries.agency.person()
    registries.agency.enroll(WANG, picture("wang"))
    registries.agency.verify(WANG, picture("wang", take=1))
    registries.take(wang())
    registries.compare()
    wrong = registries.take(void("1"))
    registries.compare()
    registries.keeping.discard(wrong.batch_id, "用错了文件", registries.steward)
    registries.compare()
    assert [rule for rule, _ in rules(registries)].count("D07") == 2


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


def test_a_pass_after_a_registered_death_is_put_before_people_whichever_came_first(
    registries: Registries, clock: FixedClock
) -> None:
    agency = registries.agency
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    agency.verify(WANG, picture("wang", take=1))
    registries.take(wang())
    registries.compare()
    assert [rule for rule, _ in rules(registries)] == ["D01", "D07"]
    clock.advance(days=1)
    agency.verify(WANG, picture("wang", take=2))
    registries.compare()
    sevens = [flag for flag in registries.flags() if flag.rule_id == "D07"]
    assert [flag.evidence["passed_on"] for flag in sevens] == ["2026-03-10", "2026-03-11"]
    assert {flag.person_ids for flag in sevens} == {(person,)}
    assert registries.compare() == Compared()


def test_dates_of_two_sources_that_disagree_are_put_before_people(registries: Registries) -> None:
    registries.agency.person()
    registries.take(wang("1", event_date="2026-02-11"))
    near = {"kind": RegistryKind.CREMATION}
    registries.take(wang("H-1", event_date="2026-02-14"), **near)
    registries.compare()
    assert "D08" not in [rule for rule, _ in rules(registries)]
    registries.take(wang("H-2", event_date="2026-02-15"), **near)
    registries.compare()
    (flag,) = [flag for flag in registries.flags() if flag.rule_id == "D08"]
    assert (flag.evidence["days_apart"], {flag.evidence["source"], flag.evidence["other_source"]}) == (
        4,
        {"civil_affairs", "funeral_home"},
    )


def test_two_people_with_one_name_and_birth_date_are_both_only_asked_about(registries: Registries) -> None:
    twins = [id_number(date(1948, 5, 2), sequence) for sequence in (13, 17)]
    people = {registries.agency.person(number, "王秀英", region="130203001001") for number in twins}
    registries.take(death("1", name="王秀英", birth_date="1948-05-02", region_code="130203001001"))
    done = registries.compare()
    assert (done.strong, done.weak, done.flags) == (0, 2, 2)
    assert {flag.person_ids[0] for flag in registries.flags()} == people
    assert {flag.severity for flag in registries.flags()} == {Severity.HIGH}
    registries.take(void("1"))
    assert registries.compare().flags == 2


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


def test_a_strong_finding_of_death_ends_no_pass_and_is_answered_by_who_gives_back(
    paid: tuple[Registries, Money],
) -> None:
    registries, money = paid
    registries.take(wang(), death("2", id_number=WANG, name="李大海"))
    registries.compare()
    found_at = money.clock.now()
    assert life(money.agency, money.person)[0].death_hint_at == found_at
    money.clock.advance(days=1)
    money.do(Act.HOLD, Ground.NOT_REACHED)
    assert life(money.agency, money.person)[0].death_hint_at == found_at
    money.clock.advance(days=1)
    money.restore()
    assert life(money.agency, money.person)[0].death_hint_at is None


def test_a_void_ends_the_doubt_behind_a_hold_too_and_the_hold_stays(paid: tuple[Registries, Money]) -> None:
    registries, money = paid
    registries.take(wang("1"), wang("2"))
    registries.compare()
    money.do(Act.HOLD, Ground.DEATH_RECORD)
    money.clock.advance(days=1)
    registries.take(void("1"))
    registries.compare()
    assert life(money.agency, money.person)[0].death_hint_at is not None, "the other row still says so"
    registries.take(void("2"))
    registries.compare()
    assert life(money.agency, money.person)[0].death_hint_at is None
    assert money.state() is PayState.HELD
    before = money.clock.now()
    money.clock.advance(days=1)
    registries.take(wang("3"))
    registries.compare()
    facts, _ = life(money.agency, money.person)
    assert facts.death_hint_at is not None
    assert facts.death_hint_at <= before + timedelta(days=1)


def test_a_weak_finding_of_death_stops_not_even_signs(registries: Registries) -> None:
    person = registries.agency.person()
    registries.take(death("1", id_number=WANG, name="李大海"))
    registries.compare()
    assert life(registries.agency, person)[0].death_hint_at is None


def test_time_alone_makes_a_leaving_ripe_unless_somebody_came_back(registries: Registries, clock: FixedClock) -> None:
    agency = registries.agency
    person, back = agency.person(), agency.person(LI, "李建国")
    out = {"name": "王秀英", "id_number": WANG, "event_date": "2025-03-10", "detail": "出境"}
    li = {"name": "李建国", "id_number": LI}
    registries.take(
        death("1", **out),
        death("2", **{**li, "event_date": "2025-03-01", "detail": "出境"}),
        death("3", **{**li, "event_date": "2025-04-01", "detail": "入境"}),
        kind=RegistryKind.TRAVEL,
    )
    registries.compare()
    assert registries.flags() == []
    clock.advance(days=1)
    assert registries.compare().flags == 1
    (flag,) = registries.flags()
    assert (flag.rule_id, flag.person_ids) == ("S04", (person,))
    assert back not in flag.person_ids
    assert registries.compare() == Compared()


def test_a_registry_tells_of_a_sentence_a_marriage_and_another_roll(registries: Registries) -> None:
    agency = registries.agency
    agency.person()
    who = {"name": "王秀英", "id_number": WANG}
    registries.take(death("1", **who, detail="判处有期徒刑"), kind=RegistryKind.PRISON)
    registries.take(death("2", **who), kind=RegistryKind.MARRIAGE)
    registries.take(death("3", **who), kind=RegistryKind.OTHER_REGION)
    registries.take(death("4", **who), kind=RegistryKind.POVERTY)
    registries.compare()
    assert sorted(rules(registries)) == [("I06", Severity.CRITICAL), ("S01", Severity.CRITICAL)]


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
