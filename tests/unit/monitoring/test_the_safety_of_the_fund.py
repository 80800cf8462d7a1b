"""Spans, bars and sums of the fund-safety page, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth_service.monitoring.fund import (
    WRONGFUL,
    Death,
    Exposure,
    Restore,
    Spread,
    Standing,
    bars,
    exposure,
    spread,
    yearly_per_100_000,
)
from auth_service.payments.proposals import GROUNDS, Act, Ground

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_nine_of_ten_took_no_longer_than_the_ninetieth() -> None:
    assert spread([3.0]) == Spread(1, 3.0, 3.0, 3.0)
    assert spread(float(n) for n in range(10, 0, -1)) == Spread(10, 5.5, 9.0, 10.0)
    assert spread([]) is None


def test_a_span_of_exactly_an_edge_lies_before_it() -> None:
    assert bars([0, 1, 1.01, 7, 30, 31, 90, 90.5]) == (2, 2, 1, 2, 1)


@pytest.mark.parametrize("ground", GROUNDS[Act.RESUME])
def test_a_ground_that_was_true_while_it_lasted_is_not_our_wrong(ground: Ground) -> None:
    given = Restore(Ground.DEATH_RECORD, ground, NOON, NOON + timedelta(hours=36))
    assert given.is_wrongful is (ground not in {Ground.ACQUITTED, Ground.RELEASED, Ground.REAPPEARED})
    assert given.days == 1.5


def test_every_ground_that_says_that_we_were_wrong_is_one_of_a_resumption() -> None:
    assert set(GROUNDS[Act.RESUME]) >= WRONGFUL


def test_the_rate_is_of_a_year_whatever_the_window() -> None:
    assert yearly_per_100_000(2, 1_000_000, 73) == pytest.approx(1.0)
    assert yearly_per_100_000(2, 0, 30) is None


def test_exposure_sums_people_payments_and_money_by_standing() -> None:
    made = [Death(Standing.OPEN, None, 2, 300), Death(Standing.OPEN, None, 0, 0), Death(Standing.HELD, 4.0, 1, 50)]
    found = exposure(made)
    assert found[Standing.OPEN] == Exposure(2, 1, 2, 300)
    assert found[Standing.HELD] == Exposure(1, 1, 1, 50)
    assert found[Standing.CONFIRMED] == Exposure(0, 0, 0, 0)
