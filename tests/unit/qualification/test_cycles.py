"""Three kinds of cycle, and when each asks again: the vectors of domain.md section 4."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.beneficiaries.person import BenefitKind
from auth_service.qualification.period import Cycle, CycleKind, month_end_of, next_due, unpaid_from
from auth_service.qualification.policy import Policy
from tests.unit.qualification.lives import LONG_AGO, book, face, life, status

HAIKOU = Cycle(CycleKind.ROLLING, months=6)
TANGSHAN = Cycle(CycleKind.HALF_YEAR, max_gap_months=6)
WINDOWS_ALONE = Cycle(CycleKind.HALF_YEAR, max_gap_months=None)
JIESHOU = Cycle(CycleKind.BIRTHDAY_WINDOW)
BRAZIL = Cycle(CycleKind.BIRTHDAY_WINDOW, window_months=10)


@pytest.mark.parametrize("day", [1, 15, 31])
def test_passed_in_july_2018_is_due_at_the_end_of_july_2019_and_held_from_august_at_the_earliest(day: int) -> None:
    due = next_due(Cycle(), date(2018, 7, day))
    assert due == date(2019, 7, 31)
    assert unpaid_from(due) == date(2019, 8, 1)


def test_in_haikou_whoever_passed_on_1_april_2022_is_due_before_1_november() -> None:
    assert next_due(HAIKOU, date(2022, 4, 1)) == date(2022, 10, 31)


@pytest.mark.parametrize(
    ("cycle", "passed_on", "due"),
    [
        (TANGSHAN, date(2024, 3, 15), date(2024, 9, 30)),
        (TANGSHAN, date(2024, 6, 30), date(2024, 12, 31)),
        (TANGSHAN, date(2024, 7, 1), date(2025, 1, 31)),
        (TANGSHAN, date(2024, 12, 31), date(2025, 6, 30)),
        (WINDOWS_ALONE, date(2024, 3, 15), date(2024, 12, 31)),
        (WINDOWS_ALONE, date(2024, 7, 1), date(2025, 6, 30)),
        (WINDOWS_ALONE, date(2024, 12, 31), date(2025, 6, 30)),
    ],
)
def test_a_half_year_asks_once_in_each_window_and_leaves_no_longer_gap(
    cycle: Cycle, passed_on: date, due: date
) -> None:
    assert next_due(cycle, passed_on) == due


@pytest.mark.parametrize(
    ("cycle", "passed_on", "due"),
    [
        (JIESHOU, date(2024, 5, 1), date(2026, 4, 30)),
        (JIESHOU, date(2025, 4, 30), date(2026, 4, 30)),
        (JIESHOU, date(2025, 5, 1), date(2027, 4, 30)),
        (JIESHOU, date(2025, 1, 9), date(2026, 4, 30)),
        (BRAZIL, date(2024, 5, 1), date(2026, 2, 28)),
        (BRAZIL, date(2025, 4, 30), date(2026, 2, 28)),
    ],
)
def test_a_birthday_window_runs_from_the_birthday_month_to_the_month_before_the_next(
    cycle: Cycle, passed_on: date, due: date
) -> None:
    assert next_due(cycle, passed_on, birth_month=5) == due


def test_where_nobody_knows_the_birth_month_a_birthday_window_counts_twelve_months() -> None:
    assert next_due(JIESHOU, date(2025, 1, 9), None) == date(2026, 1, 31)


def test_without_the_month_end_rule_the_same_day_counts_as_far_as_the_month_has_one() -> None:
    exact = Cycle(CycleKind.ROLLING, months=6, month_end=False)
    assert next_due(exact, date(2024, 8, 31)) == date(2025, 2, 28)
    assert next_due(exact, date(2024, 8, 12)) == date(2025, 2, 12)


CYCLES = [Cycle(), HAIKOU, TANGSHAN, WINDOWS_ALONE, JIESHOU, BRAZIL, Cycle(month_end=False)]


@given(st.sampled_from(CYCLES), st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 400), st.integers(1, 12))
def test_a_later_pass_never_asks_sooner(cycle: Cycle, passed_on: date, days: int, birth_month: int) -> None:
    due = next_due(cycle, passed_on, birth_month)
    assert next_due(cycle, passed_on + timedelta(days=days), birth_month) >= due > passed_on


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 90))
def test_pay_may_wait_from_the_first_of_a_month_after_the_grace(due: date, grace: int) -> None:
    first = unpaid_from(month_end_of(due), grace)
    assert first.day == 1
    assert first > month_end_of(due) + timedelta(days=grace)


# --- the first cycle ----------------------------------------------------------------------------------------


def test_the_first_cycle_counts_from_the_month_after_the_award_and_nobody_is_late_before_it_ends() -> None:
    facts = life(award_month=date(2024, 3, 1), known_since=date(2024, 3, 20))
    assert status(facts, date(2024, 4, 1)).due_on == date(2025, 3, 31)
    assert status(facts, date(2025, 3, 31)).state == "due_soon"
    assert status(facts, date(2025, 4, 1)).state == "overdue"


def test_a_policy_may_give_the_first_cycle_another_length() -> None:
    policies = book((LONG_AGO, Policy(BenefitKind.RESIDENT_PENSION, first_cycle_months=18)))
    facts = life(award_month=date(2024, 3, 1), known_since=date(2024, 3, 20))
    assert status(facts, date(2024, 4, 1), policies).due_on == date(2025, 9, 30)


def test_nobody_is_late_for_a_time_in_which_this_service_knew_nothing_of_them() -> None:
    facts = life(award_month=date(2009, 1, 1), known_since=date(2026, 3, 10))
    assert status(facts, date(2026, 3, 10)).state == "normal"
    assert status(facts, date(2026, 3, 10)).due_on == date(2027, 3, 31)


def test_any_new_pass_moves_the_due_date_and_an_older_one_told_late_never_moves_it_back() -> None:
    newer, older = face(date(2024, 5, 2)), face(date(2024, 1, 9), known=date(2024, 6, 1))
    assert status(life(newer), date(2024, 6, 2)).due_on == date(2025, 5, 31)
    assert status(life(newer, older), date(2024, 6, 2)).due_on == date(2025, 5, 31)
    assert status(life(newer, older, face(date(2024, 6, 2))), date(2024, 6, 2)).due_on == date(2025, 6, 30)
