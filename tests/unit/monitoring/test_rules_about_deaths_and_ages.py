"""D06, D11, D12: what fires each, what must not, and the boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from auth_service.core.errors import RuleParameterInvalid
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.parameters import configured
from auth_service.monitoring.rules.d06_paid_after_death import PaidAfterDeath, PaidAfterDeathFacts
from auth_service.monitoring.rules.d11_old_and_silent import YOUNGEST, OldAndSilent, OldPersonFacts
from auth_service.monitoring.rules.d12_extreme_age import ExtremeAge
from auth_service.monitoring.swept import SweptRule

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
PAID = PaidAfterDeathFacts("p", "2025-11", "2026-01", 3, Decimal("444.00"), said_alive=False, passed_since=False)
OLD = OldPersonFacts(
    "p", 1938, paid=True, known_since=date(2020, 1, 1), strong_on=None, medical_on=None, in_person_on=None
)


def test_d06_fires_on_money_for_months_after_a_confirmed_death() -> None:
    flag = PaidAfterDeath().judge(PAID, NOW)
    assert flag is not None
    assert (flag.severity, flag.person_ids, flag.dedupe_key) == (Severity.CRITICAL, ("p",), "D06:p:2026-01")
    assert (flag.evidence["amount"], flag.evidence["payments"]) == ("444.00", 3)


@pytest.mark.parametrize(
    "changed",
    [
        {"said_alive": True},
        {"amount": Decimal("0.00"), "payments": 0, "last_month": ""},
        {"last_month": "2025-10"},
    ],
)
def test_d06_is_silent_where_the_person_lives_or_nothing_is_left(changed: dict[str, object]) -> None:
    assert PaidAfterDeath().judge(replace(PAID, **changed), NOW) is None


def test_d06_fires_on_the_first_month_and_a_cent_and_although_a_camera_saw_somebody() -> None:
    facts = replace(PAID, last_month="2025-11", amount=Decimal("0.01"), payments=1, passed_since=True)
    flag = PaidAfterDeath().judge(facts, NOW)
    assert flag is not None
    assert flag.evidence["passed_since"] is True


def test_d06_is_raised_anew_when_it_is_paid_on() -> None:
    keys = {PaidAfterDeath().judge(replace(PAID, last_month=month), NOW).dedupe_key for month in ("2026-01", "2026-02")}  # type: ignore[union-attr]
    assert len(keys) == 2


@pytest.mark.parametrize(("born_in", "fires"), [(1941, True), (1942, False)])
def test_d11_begins_in_the_year_of_the_85th_birthday(born_in: int, fires: bool) -> None:
    assert (OldAndSilent().judge(replace(OLD, born_in=born_in), NOW) is not None) is fires


@pytest.mark.parametrize(
    ("strong", "medical", "fires"),
    [
        (date(2025, 3, 10), None, True),
        (date(2025, 3, 11), None, False),
        (None, date(2025, 3, 10), True),
        (None, date(2025, 3, 11), False),
        (date(2021, 1, 1), date(2026, 3, 9), False),
    ],
)
def test_d11_counts_twelve_months_since_anything_was_heard(
    strong: date | None, medical: date | None, fires: bool
) -> None:
    facts = replace(OLD, strong_on=strong, medical_on=medical)
    assert (OldAndSilent().judge(facts, NOW) is not None) is fires


def test_d11_is_silent_about_who_is_new_here_or_draws_nothing() -> None:
    assert OldAndSilent().judge(replace(OLD, known_since=date(2025, 3, 11)), NOW) is None
    assert OldAndSilent().judge(replace(OLD, known_since=date(2025, 3, 10)), NOW) is not None
    assert OldAndSilent().judge(replace(OLD, paid=False), NOW) is None


def test_d11_is_raised_once_for_each_year_of_one_silence() -> None:
    facts = replace(OLD, strong_on=date(2025, 3, 1))
    keys = [OldAndSilent().judge(facts, NOW + timedelta(days=days)).dedupe_key for days in (0, 300, 366)]  # type: ignore[union-attr]
    assert keys[0] == keys[1] == "D11:p:2025-03-01:1"
    assert keys[2] == "D11:p:2025-03-01:2"


@pytest.mark.parametrize(("born_in", "severity"), [(1927, None), (1926, "medium"), (1911, "medium"), (1910, "high")])
def test_d12_asks_about_a_hundred_and_doubts_more_than_115(born_in: int, severity: str | None) -> None:
    flag = ExtremeAge().judge(replace(OLD, born_in=born_in), NOW)
    assert (flag.severity.value if flag else None) == severity


@pytest.mark.parametrize(("seen", "fires"), [(date(2025, 3, 10), True), (date(2025, 3, 11), False), (None, True)])
def test_d12_leaves_who_was_seen_in_person_alone_for_a_year(seen: date | None, fires: bool) -> None:
    assert (ExtremeAge().judge(replace(OLD, born_in=1924, in_person_on=seen), NOW) is not None) is fires


def test_d12_doubts_a_birth_date_once_whoever_saw_the_person() -> None:
    facts = replace(OLD, born_in=1900, in_person_on=TODAY)
    keys = {ExtremeAge().judge(facts, NOW + timedelta(days=days)).dedupe_key for days in (0, 400)}  # type: ignore[union-attr]
    assert keys == {"D12:p:birth:1900"}
    assert ExtremeAge().judge(replace(facts, paid=False), NOW) is None


@pytest.mark.parametrize(
    ("rule", "given"),
    [(OldAndSilent, {"years": YOUNGEST - 1}), (OldAndSilent, {"months": 0}), (ExtremeAge, {"years": YOUNGEST - 1})],
)
def test_no_parameter_asks_for_people_whom_the_set_does_not_hold(rule: type[SweptRule], given: dict[str, int]) -> None:
    with pytest.raises(RuleParameterInvalid):
        configured(rule, given)
    assert configured(rule, {"years": YOUNGEST})
