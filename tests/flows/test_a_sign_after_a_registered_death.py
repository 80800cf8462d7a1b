"""A pass by data behind a registered death is put before people, whichever came first; and nothing else follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.casework.weighing import Against
from auth_service.console.case_words import entry_rows, flag_rows
from auth_service.core.erasure import ErasureReason
from auth_service.core.errors import PolicyTampered
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.compare_registry import Compared
from auth_service.flows.import_events import EventsReport, ImportEvents
from auth_service.flows.keep_data_wish import KeepDataWish
from auth_service.monitoring.flags import Flag, Severity
from auth_service.payments.proposals import PayState
from auth_service.qualification.grades import IMPORTED, WORTH, EventKind, Grade
from auth_service.storage.records.life_events import LifeEvents
from auth_service.storage.unit import SomePeople, StoredLink
from tests.builders import WANG, Agency, Rows
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.casing import Desk
from tests.flows.erasing import Privacy
from tests.flows.paying import Money
from tests.flows.registries import Registries, death, life, rules, void, wang
from tests.flows.test_a_certificate_names_the_policys_due_date import HALF, in_force

DIED = "2026-02-11"
"""What `wang` says."""


@pytest.fixture
def registries(agency: Agency) -> Registries:
    agency.person()
    return Registries(agency)


def tell(registries: Registries, on: str, kind: str = "inpatient", ref: str = "H-1", message: str = "") -> EventsReport:
    row = {"source_ref": ref, "id_number": WANG, "kind": kind, "event_date": on, "source": "health", "message": message}
    importing = ImportEvents(registries.agency.ledger_store, registries.agency.clock)
    report = importing.run(Rows([row]), Rows(), "test", lambda _: None)
    assert report.added + report.unwanted + report.unchanged == 1
    return report


def sevens(registries: Registries) -> list[Flag]:
    return [flag for flag in registries.flags() if flag.rule_id == "D07"]


def links(registries: Registries, person: str) -> list[StoredLink]:
    with registries.agency.store.reading() as unit:
        return unit.links.standing([person]).get(person, [])


@pytest.mark.parametrize("first", ["record", "sign", "both"])
def test_one_flag_for_a_pass_and_a_finding_whichever_came_first(registries: Registries, first: str) -> None:
    if first == "record":
        registries.take(wang())
        registries.compare()
        assert sevens(registries) == []
        tell(registries, "2026-02-20")
    else:
        tell(registries, "2026-02-20")
        if first == "sign":
            assert registries.compare() == Compared()
        registries.take(wang())
    registries.compare()
    (flag,) = sevens(registries)
    assert flag.severity is Severity.CRITICAL
    told = {name: flag.evidence[name] for name in ("sign", "sign_source", "passed_on", "event_date", "days_after")}
    assert told == {
        "sign": "inpatient", "sign_source": "health", "passed_on": "2026-02-20", "event_date": DIED, "days_after": 9,
    }  # fmt: skip
    assert "evidence" not in flag.evidence, "no capture was made here"
    assert registries.compare() == Compared()


@pytest.mark.parametrize(
    ("died", "day", "fires"),
    [
        (DIED, "2026-02-10", False), (DIED, DIED, False), (DIED, "2026-02-12", True),
        ("2026-02", "2026-02-28", False), ("2026-02", "2026-03-01", True), ("2026", "2026-03-09", False),
        ("", "2026-03-09", False),
    ],
)  # fmt: skip
def test_the_signs_own_day_counts_and_the_last_possible_day_of_death_says_nothing(
    registries: Registries, died: str, day: str, fires: bool
) -> None:
    registries.take(wang(event_date=died))
    registries.compare()
    tell(registries, day)
    registries.compare()
    assert len(sevens(registries)) == int(fires)


def test_every_strong_sign_of_a_file_is_such_a_pass(registries: Registries, clock: FixedClock) -> None:
    strong = sorted(kind.value for kind in IMPORTED if WORTH[kind].grade is Grade.STRONG)
    for kind in strong:
        tell(registries, "2026-02-20", kind, f"H-{kind}")
    for kind in (EventKind.PHARMACY, EventKind.CARD_ATM, EventKind.UTILITY_BILL, EventKind.VISIT_ATTEMPT):
        tell(registries, "2026-02-21", kind, f"H-{kind}")
    registries.take(wang())
    registries.compare()
    assert sorted(str(flag.evidence["sign"]) for flag in sevens(registries)) == strong
    assert {"travel_gate", "other_region", "home_visit"} <= set(strong)


def test_each_pass_is_asked_about_for_each_finding(registries: Registries) -> None:
    tell(registries, "2026-02-20")
    tell(registries, "2026-02-25", "travel_gate", "T-1")
    registries.take(wang())
    registries.take(wang("H-1"), kind=RegistryKind.CREMATION)
    registries.compare()
    assert len({flag.dedupe_key for flag in sevens(registries)}) == 4


def test_a_sign_that_its_source_corrects_is_one_sign(registries: Registries, clock: FixedClock) -> None:
    tell(registries, "2026-02-20")
    registries.take(wang())
    registries.compare()
    clock.advance(days=1)
    tell(registries, "2026-02-21", message="correct")
    registries.compare()
    assert len(sevens(registries)) == 1


def test_a_correction_into_the_time_after_the_death_is_asked_about(registries: Registries, clock: FixedClock) -> None:
    tell(registries, "2026-02-01")
    registries.take(wang())
    registries.compare()
    assert sevens(registries) == []
    clock.advance(days=1)
    tell(registries, "2026-02-21", message="correct")
    registries.compare()
    assert [flag.evidence["passed_on"] for flag in sevens(registries)] == ["2026-02-21"]


def test_what_its_source_took_back_asks_nothing(registries: Registries, clock: FixedClock) -> None:
    tell(registries, "2026-02-20")
    clock.advance(days=1)
    tell(registries, "2026-02-20", message="void")
    registries.take(wang())
    registries.compare()
    assert sevens(registries) == []


def test_a_finding_that_stands_no_more_asks_nothing_and_one_that_holds_again_asks_anew(registries: Registries) -> None:
    registries.take(wang())
    registries.compare()
    wrong = registries.take(void("1"))
    registries.compare()
    tell(registries, "2026-02-20")
    registries.compare()
    assert sevens(registries) == []
    registries.keeping.discard(wrong.batch_id, "用错了文件", registries.steward)
    registries.compare()
    assert len(sevens(registries)) == 1


def test_a_disproved_finding_asks_nothing(registries: Registries) -> None:
    registries.take(wang())
    registries.compare()
    with registries.agency.store.reading() as unit:
        person = unit.people.id_of(WANG)
    assert person is not None
    (link,) = links(registries, person)
    registries.disproving.run(link.id, "同名同号录错", registries.second())
    tell(registries, "2026-02-20")
    registries.compare()
    assert sevens(registries) == []


def test_a_row_with_another_name_casts_no_doubt_on_a_sign(registries: Registries) -> None:
    tell(registries, "2026-02-20")
    registries.take(death("1", id_number=WANG, name="李大海"))
    registries.compare()
    assert rules(registries) == [("D01", Severity.HIGH)]


def test_what_is_no_pass_asks_nothing(registries: Registries, clock: FixedClock) -> None:
    """Told too long after it happened, or of a day by which the person wanted no data comparison."""
    registries.take(wang(event_date="2025-01-05", recorded_at="2025-01-06"))
    registries.compare()
    tell(registries, "2025-01-20")
    officer = registries.agency.member(Role.OFFICER, "ou")
    tell(registries, "2026-03-10", "vaccination", "V-1")
    assert KeepDataWish(registries.agency.store, clock).run(WANG, officer, wants_data=False, said="form")
    registries.compare()
    assert sevens(registries) == []


def test_a_capture_made_here_is_told_as_before(registries: Registries) -> None:
    registries.agency.enroll(WANG, picture("wang"))
    registries.agency.verify(WANG, picture("wang", take=1))
    tell(registries, "2026-02-20")
    registries.take(wang())
    registries.compare()
    assert [(flag.evidence.get("sign"), "evidence" in flag.evidence) for flag in sevens(registries)].count(
        (None, True)
    ) == 1
    assert len(sevens(registries)) == 2


def test_nobody_is_asked_about_whoever_was_erased(registries: Registries, privacy: Privacy) -> None:
    registries.take(wang())
    registries.compare()
    tell(registries, "2026-02-20")
    privacy.run(reason=ErasureReason.COURT_ORDER)
    registries.compare()
    assert sevens(registries) == []


def test_a_sign_that_is_told_while_people_are_looked_at_stops_nothing(
    registries: Registries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL a file of signs comes in beside it; on SQLite it waits for its turn."""
    registries.take(wang())
    tell(registries, "2026-02-20")
    read, told = LifeEvents.first_told, list[str]()

    def then_another(self: LifeEvents, people: SomePeople) -> dict[tuple[str, str, str], str]:
        found = read(self, people)
        if registries.agency.urls.front.startswith("postgresql") and not told:
            told.append("T-1")
            tell(registries, "2026-02-25", "travel_gate", "T-1")
        return found

    monkeypatch.setattr(LifeEvents, "first_told", then_another)
    registries.compare()
    tell(registries, "2026-02-25", "travel_gate", "T-1")
    registries.compare()
    assert [flag.evidence["passed_on"] for flag in sevens(registries)] == ["2026-02-20", "2026-02-25"]


def test_it_takes_nothing_from_anybody(agency: Agency, clock: FixedClock) -> None:
    money = Money(agency, clock)
    registries = Registries(agency, steward="shi")
    tell(registries, "2026-02-20")
    before = life(agency, money.person)[1]
    registries.take(wang())
    registries.compare()
    assert len(sevens(registries)) == 1
    assert money.state() is PayState.PAID
    assert money.acts() == []
    assert life(agency, money.person)[1] == before


def test_policies_that_somebody_changed_keep_no_death_from_being_told(
    registries: Registries, rows: Callable[..., list[Any]]
) -> None:
    """Which signs are passes nobody knows then; everything else is done and stands in the audit trail."""
    tell(registries, "2026-02-20")
    registries.take(wang())
    in_force(registries.agency, HALF)
    columns = "policy_id, starts_on, proposed_by, activated_by, activated_at, guard"
    rows(f"INSERT INTO policy_activations (number, {columns}) SELECT 9, {columns} FROM policy_activations")
    with pytest.raises(PolicyTampered):
        registries.compare()
    assert rules(registries) == [("D01", Severity.CRITICAL)]
    assert len(rows("SELECT 1 FROM audit_rows WHERE action = 'registry.compared'")) == 1


def test_the_case_shows_which_sign_clashes_with_which_record(agency: Agency, clock: FixedClock) -> None:
    desk = Desk(agency, clock)
    registries = Registries(agency, steward="shi")
    tell(registries, "2026-02-20")
    registries.take(wang())
    registries.compare()
    desk.gather()
    shown = desk.shown()
    assert shown.passed_after_death
    assert len(shown.theories) == 2
    assert Against.PASSED_AFTER in shown.weighed.speaks_against
    (seven,) = [row for row in flag_rows(shown, "zh") if row["rule"] == "D07"]
    assert seven["why"] == "2026-02-20，住院出院（来源：卫生健康），比登记的身故日期晚 9 天。"
    assert seven["record"] == "死亡登记：发生日期 2026-02-11（来源 民政）"
    clashing = [(row["on"], row["said"]) for row in entry_rows(shown, "en") if row["clashes"]]
    assert clashing == [("2026-02-20", "a discharge from hospital · health")]

    clock.advance(days=1)
    tell(registries, "2026-02-20", message="void")
    shown = desk.shown()
    assert not any(row["clashes"] for row in entry_rows(shown, "en")), "its source took the sign back"
    assert Against.PASSED_AFTER not in shown.weighed.speaks_against
