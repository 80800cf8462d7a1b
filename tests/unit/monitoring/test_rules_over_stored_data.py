"""Each rule that looks through what is stored: what fires it, what must not, and the boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.rules import IN_FORCE_FROM_START, RULES, SWEPT
from auth_service.monitoring.rules.i02_ledger_and_number import LedgerAgainstNumber, LedgerIdentityFacts
from auth_service.monitoring.rules.i04_two_numbers import NamesakeFacts, TwoNumbers
from auth_service.monitoring.rules.i05_two_ledgers import TwoLedgers
from auth_service.monitoring.rules.p01_shared_account import SharedAccount, SharedAccountFacts, groups_of
from auth_service.monitoring.rules.p02_other_holder import HolderFacts, OtherHolder, is_name_of
from auth_service.monitoring.rules.p04_amount_jump import AmountJump, MonthPairFacts
from auth_service.monitoring.rules.p05_paid_while_stopped import ActOn, PaidWhileStopped, StoppedPaymentFacts
from auth_service.monitoring.rules.p06_long_arrears import LongArrears, OwedFacts
from auth_service.payments.proposals import Act
from auth_service.storage.candidates import CANDIDATES, OF_THE_LEDGER, READS
from auth_service.storage.records.rule_runs import _NEWEST

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
RESIDENT, EMPLOYEE = BenefitKind.RESIDENT_PENSION, BenefitKind.EMPLOYEE_PENSION
CALM = LedgerIdentityFacts(
    "p1", date(1948, 5, 2), Sex.FEMALE, PartialDate(1948, 5, 2), Sex.FEMALE, ((RESIDENT, "2010-06"),)
)
PAIR = NamesakeFacts("ab:1948", ("p1", "p2"), (Sex.FEMALE, Sex.FEMALE), ("130203", "130205"), False, 5)


def test_every_rule_has_its_set_of_facts_and_every_set_a_rule() -> None:
    assert {rule.candidates for rule in SWEPT} == set(CANDIDATES)
    assert set(CANDIDATES) >= OF_THE_LEDGER
    assert set(READS) <= set(CANDIDATES)
    assert {word for words in READS.values() for word in words} <= {*_NEWEST, "day"}
    assert {rule.rule_id for rule in SWEPT} <= set(RULES)
    assert {rule.rule_id for rule in SWEPT} >= IN_FORCE_FROM_START
    assert len({rule.rule_id for rule in SWEPT}) == len(SWEPT)


@pytest.mark.parametrize("whole", ["ledger_identities", "namesakes", "old_people", "owed", "phone_changes"])
def test_sets_that_read_everybody_are_not_read_anew_for_each_act(whole: str) -> None:
    assert "acts" not in READS[whole]
    assert "day" in READS[whole]


# --- I02 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, None),
        ({"birth": PartialDate(1948, 5, 3)}, "birth"),
        ({"birth": PartialDate(1948, 6)}, "birth"),
        ({"birth": PartialDate(1948, 5)}, None),
        ({"birth": PartialDate(1948)}, None),
        ({"birth": None, "sex": None}, None),
        ({"sex": Sex.MALE}, "sex"),
        ({"birth": PartialDate(1950), "sex": Sex.MALE}, "birth sex"),
        ({"awards": ((RESIDENT, "2008-05"),)}, None),
        ({"awards": ((RESIDENT, "2008-04"),)}, "age"),
        ({"awards": ((EMPLOYEE, "1993-05"),)}, None),
        ({"awards": ((EMPLOYEE, "1993-04"),)}, "age"),
        ({"awards": ((BenefitKind.SURVIVOR, "1960-01"),)}, None),
        ({"awards": ((RESIDENT, None),)}, None),
    ],
)
def test_i02_compares_birth_sex_and_the_month_of_the_award(changed: dict[str, object], faults: str | None) -> None:
    flag = LedgerAgainstNumber().judge(replace(CALM, **changed), NOW)  # type: ignore[arg-type]
    assert (flag and flag.evidence["faults"]) == faults


def test_i02_of_an_unknown_award_asks_how_old_somebody_is_today() -> None:
    young = replace(CALM, number_birth=date(1966, 4, 30), birth=None, awards=((RESIDENT, None),))
    assert LedgerAgainstNumber().judge(young, NOW) is not None
    assert LedgerAgainstNumber().judge(young, datetime(2026, 4, 1, tzinfo=UTC)) is None
    assert LedgerAgainstNumber(resident_years=59).judge(young, NOW) is None


def test_i02_asks_a_man_for_more_years_than_a_woman() -> None:
    woman = replace(CALM, awards=((EMPLOYEE, "1996-01"),))
    man = replace(woman, number_sex=Sex.MALE, sex=Sex.MALE)
    assert LedgerAgainstNumber().judge(woman, NOW) is None
    assert LedgerAgainstNumber().judge(man, NOW) is not None


def test_another_fault_is_another_flag_of_i02() -> None:
    one = LedgerAgainstNumber().judge(replace(CALM, sex=Sex.MALE), NOW)
    other = LedgerAgainstNumber().judge(replace(CALM, birth=PartialDate(1950)), NOW)
    assert one is not None
    assert other is not None
    assert one.dedupe_key != other.dedupe_key


# --- I04, I05 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "fires"),
    [
        ({}, False),
        ({"regions": ("130203", "130203001")}, True),
        ({"regions": ("1302", "130203")}, False),
        ({"regions": ("1302", "1302")}, False),
        ({"regions": (None, None)}, False),
        ({"same_village": True}, True),
        ({"digits_apart": 2}, True),
        ({"digits_apart": 3}, False),
        ({"digits_apart": None}, False),
        ({"same_village": True, "sexes": (Sex.MALE, Sex.FEMALE)}, False),
        ({"same_village": True, "sexes": (None, Sex.FEMALE)}, True),
    ],
)
def test_i04_wants_more_than_a_name_and_a_birthday(changed: dict[str, object], fires: bool) -> None:
    facts = replace(PAIR, **changed)  # type: ignore[arg-type]
    assert (TwoNumbers().judge(facts, NOW) is not None) is fires
    assert TwoLedgers().judge(facts, NOW) is None


def test_i05_wants_a_scheme_that_both_draw() -> None:
    near = replace(PAIR, same_village=True, both_draw=(RESIDENT,))
    flag = TwoLedgers().judge(near, NOW)
    assert flag is not None
    assert flag.severity is Severity.CRITICAL
    assert flag.person_ids == ("p1", "p2")
    assert TwoLedgers().judge(replace(PAIR, both_draw=(RESIDENT,)), NOW) is None


def test_a_parameter_moves_the_boundary_of_a_pair() -> None:
    assert TwoNumbers(digits_apart=5).judge(PAIR, NOW) is not None
    assert TwoNumbers(region_digits=4).judge(PAIR, NOW) is not None


# --- P01, P02 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ties", "groups"),
    [((), 3), ((("a", "b"),), 2), ((("a", "b"), ("b", "c")), 1), ((("a", "c"), ("a", "x")), 2)],
)
def test_p01_counts_whoever_is_tied_once(ties: tuple[tuple[str, str], ...], groups: int) -> None:
    assert groups_of(("a", "b", "c"), ties) == groups
    flag = SharedAccount().judge(SharedAccountFacts("00ff", ("a", "b", "c"), ties), NOW)
    assert (flag is not None) is (groups > 1)


def test_p01_is_raised_anew_for_a_new_person_and_shows_no_more_than_it_may() -> None:
    many = tuple(f"p{number:02d}" for number in range(30))
    one, other = (SharedAccount().judge(SharedAccountFacts("00ff", people), NOW) for people in (many, many[:-1]))
    assert one is not None
    assert other is not None
    assert one.dedupe_key != other.dedupe_key
    assert len(one.person_ids) == 20
    assert one.evidence["people"] == 30


def test_p02_is_silent_about_the_person_and_whoever_acts_for_them() -> None:
    other = HolderFacts("p1", "aa" * 32, is_own=False, is_proxy=False)
    assert OtherHolder().judge(other, NOW) is not None
    assert OtherHolder().judge(replace(other, is_own=True), NOW) is None
    assert OtherHolder().judge(replace(other, is_proxy=True), NOW) is None


@pytest.mark.parametrize(
    ("holder", "same"), [("王秀英", True), (" 王 秀英", True), ("古丽·买买提", False), ("王秀莹", False)]
)
def test_two_spellings_of_a_name(holder: str, same: bool) -> None:
    assert is_name_of(holder, "王秀英") is same
    assert is_name_of("古丽•买买提", "古丽·买买提")


# --- P04 ------------------------------------------------------------------------------------------------


def jump(before: str, after: str, month: str = "2026-02") -> MonthPairFacts:
    return MonthPairFacts("p1", RESIDENT, "2026-01", month, Decimal(before), Decimal(after))


@pytest.mark.parametrize(
    ("before", "after", "fires"),
    [
        ("100.00", "120.00", False),
        ("100.00", "120.01", True),
        ("100.00", "80.00", False),
        ("100.00", "79.99", True),
        ("100.00", "100.00", False),
        ("0.00", "100.00", False),
        ("100.00", "0.00", False),
    ],
)
def test_p04_fires_above_a_fifth_either_way(before: str, after: str, fires: bool) -> None:
    assert (AmountJump().judge(jump(before, after), NOW) is not None) is fires


def test_p04_compares_neighbouring_months_alone_and_may_be_set_otherwise() -> None:
    assert AmountJump().judge(jump("100.00", "200.00", "2026-03"), NOW) is None
    assert AmountJump(percent=100).judge(jump("100.00", "200.00"), NOW) is None
    assert AmountJump(percent=99).judge(jump("100.00", "200.00"), NOW) is not None


# --- P05 ------------------------------------------------------------------------------------------------

HELD = ActOn(Act.HOLD, "2026-02", date(2026, 1, 20))
GIVEN_BACK = ActOn(Act.RESUME, "2026-04", date(2026, 3, 5))


def paid(month: str, on: date, *acts: ActOn, amount: str = "148.00") -> StoppedPaymentFacts:
    return StoppedPaymentFacts("p1", RESIDENT, month, on, Decimal(amount), acts)


@pytest.mark.parametrize(
    ("facts", "fires"),
    [
        (paid("2026-02", date(2026, 2, 1), HELD), True),
        (paid("2026-01", date(2026, 2, 1), HELD), False),
        (paid("2026-02", date(2026, 1, 20), HELD), False),
        (paid("2026-02", date(2026, 1, 21), HELD), True),
        (paid("2026-02", date(2026, 3, 4), HELD, GIVEN_BACK), True),
        (paid("2026-02", date(2026, 3, 5), HELD, GIVEN_BACK), False),
        (paid("2026-04", date(2026, 4, 1), HELD, GIVEN_BACK), False),
        (paid("2026-02", date(2026, 2, 1)), False),
        (paid("2026-02", date(2026, 2, 1), HELD, amount="0.00"), False),
    ],
)
def test_p05_fires_on_what_was_paid_after_the_decision_for_a_stopped_month(
    facts: StoppedPaymentFacts, fires: bool
) -> None:
    assert (PaidWhileStopped().judge(facts, NOW) is not None) is fires


def test_p05_names_the_act_that_stopped_it() -> None:
    ended = ActOn(Act.TERMINATE, "2026-03", date(2026, 2, 25))
    flag = PaidWhileStopped().judge(paid("2026-03", date(2026, 3, 1), HELD, ended), NOW)
    assert flag is not None
    assert (flag.evidence["act"], flag.evidence["stopped_from"]) == ("hold", "2026-02")


# --- P06 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("months", "fires"), [(12, False), (13, True)])
def test_p06_fires_above_twelve_months(months: int, fires: bool) -> None:
    facts = OwedFacts("p1", RESIDENT, "2025-01", months, Decimal(148 * months))
    assert (LongArrears().judge(facts, NOW) is not None) is fires


def test_p06_knows_no_limit_of_an_amount_until_somebody_sets_one() -> None:
    facts = OwedFacts("p1", RESIDENT, "2025-01", 2, Decimal("50000.00"))
    assert LongArrears().judge(facts, NOW) is None
    assert LongArrears(most_amount=Decimal(50000)).judge(facts, NOW) is None
    assert LongArrears(most_amount=Decimal("49999.99")).judge(facts, NOW) is not None
