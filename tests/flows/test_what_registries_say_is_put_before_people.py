"""What a registry's row means for a person: who is asked what, and that nothing else follows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.compare_registry import Compared
from auth_service.flows.sweep import Sweep
from auth_service.monitoring.flags import Severity
from auth_service.payments.proposals import Act, Ground, PayState
from tests.builders import LI, WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.paying import Money
from tests.flows.registries import Registries, death, life, rules, void, wang


@pytest.fixture
def registries(agency: Agency) -> Registries:
    return Registries(agency)


@pytest.fixture
def paid(agency: Agency, clock: FixedClock) -> tuple[Registries, Money]:
    """Wang draws her pension, and registries send their files."""
    money = Money(agency, clock)
    return Registries(agency, steward="shi"), money


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
