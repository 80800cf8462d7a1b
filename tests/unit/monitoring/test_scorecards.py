"""A scorecard counts what people said, tells how sure that is, and only proposes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from auth_service.beneficiaries.dates import PartialDate
from auth_service.monitoring.delay import DeathAndHold, Delay, days_to_hold, summary
from auth_service.monitoring.flags import Severity, Verdict
from auth_service.monitoring.scorecard import (
    Advice,
    FlagFate,
    ScorecardPolicy,
    advice,
    advice_of_shadow,
    milder,
    scorecard,
    wilson,
)

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def fates(right: int, wrong: int, unjudged: int = 0, days: float = 2.0) -> list[FlagFate]:
    at = NOW + timedelta(days=days)
    return [
        *[FlagFate(NOW, Verdict.NEEDS_CHECK, at)] * right,
        *[FlagFate(NOW, Verdict.FALSE_FLAG, at)] * wrong,
        *[FlagFate(NOW)] * unjudged,
    ]


def test_it_counts() -> None:
    card = scorecard(fates(3, 1, 6))
    assert (card.raised, card.judged, card.confirmed, card.false, card.open) == (10, 4, 3, 1, 6)
    assert card.precision is not None
    assert card.precision.value == 0.75
    assert card.median_days == 2.0


def test_nothing_judged_has_no_precision() -> None:
    card = scorecard(fates(0, 0, 5))
    assert (card.precision, card.median_days, card.open) == (None, None, 5)
    assert scorecard([]).raised == 0


def test_the_interval_is_wilsons() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    for hits, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
                                    (1, 29, 0.0061, 0.1718)):  # fmt: skip
        found = wilson(hits, trials)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert wilson(29, 29).high == 1.0
    for hits, trials in ((0, 0), (2, 1), (-1, 5)):
        with pytest.raises(ValueError, match="hits"):
            wilson(hits, trials)


@pytest.mark.parametrize(
    ("right", "wrong", "severity", "expected"),
    [
        (0, 29, Severity.HIGH, None),
        (0, 30, Severity.HIGH, None),
        (0, 40, Severity.HIGH, Advice.LOWER),
        (0, 40, Severity.LOW, Advice.SHADOW),
        (0, 200, Severity.CRITICAL, Advice.SHADOW),
        (10, 90, Severity.HIGH, None),
        (4, 96, Severity.HIGH, Advice.LOWER),
        (50, 50, Severity.HIGH, None),
    ],
)
def test_a_rule_is_proposed_milder_only_when_it_is_surely_bad(
    right: int, wrong: int, severity: Severity, expected: Advice | None
) -> None:
    assert advice(scorecard(fates(right, wrong)), severity) is expected


def test_a_rule_in_shadow_is_proposed_for_force_once_it_is_surely_good_enough() -> None:
    assert advice_of_shadow(scorecard(fates(29, 0))) is None
    assert advice_of_shadow(scorecard(fates(30, 0))) is Advice.IN_FORCE
    assert advice_of_shadow(scorecard(fates(3, 27))) is None
    assert advice_of_shadow(scorecard(fates(0, 0, 9))) is None


def test_severities_go_down_one_by_one() -> None:
    assert [milder(one) for one in Severity] == [Severity.HIGH, Severity.MEDIUM, Severity.LOW, None]


@pytest.mark.parametrize("wrong", [(0, 0.1, 0.02), (30, 0.1, 0.2), (30, 1.1, 0.1), (30, 0.1, -0.1)])
def test_a_policy_that_cannot_be_is_refused(wrong: tuple[int, float, float]) -> None:
    with pytest.raises(ValueError, match="judgement"):
        ScorecardPolicy(*wrong)


# --- days from a death to the hold ----------------------------------------------------------------------


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def test_days_from_a_death_to_its_hold() -> None:
    assert days_to_hold(DeathAndHold(PartialDate(2026, 1, 10), at(date(2026, 2, 9)))) == Delay(30, 30)
    assert days_to_hold(DeathAndHold(PartialDate(2026, 1), at(date(2026, 2, 9)))) == Delay(9, 39)
    assert days_to_hold(DeathAndHold(PartialDate(2026, 1, 10), at(date(2026, 1, 2)))) == Delay(0, 0)
    assert days_to_hold(DeathAndHold(PartialDate(2026, 1, 10), None)) is None


def test_an_hour_late_at_night_belongs_to_the_legal_day() -> None:
    evening = datetime(2026, 1, 10, 16, 30, tzinfo=UTC)  # half past midnight of the 11th in Shanghai
    assert days_to_hold(DeathAndHold(PartialDate(2026, 1, 10), evening)) == Delay(1, 1)


def test_a_summary_keeps_those_who_wait_apart() -> None:
    told = [
        DeathAndHold(PartialDate(2026, 1, 10), at(date(2026, 1, 15))),
        DeathAndHold(PartialDate(2026, 1), at(date(2026, 2, 10))),
        DeathAndHold(PartialDate(2026, 1, 1), None),
    ]
    found = summary(told)
    assert (found.held, found.waiting, found.median_least, found.median_most) == (2, 1, 7.5, 22.5)
    assert summary([]).median_least is None
