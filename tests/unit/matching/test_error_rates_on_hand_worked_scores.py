"""`matching.metrics` against numbers worked out by hand or known from elsewhere."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.core.errors import EvaluationSetTooSmall, ScoreInvalid
from auth_service.core.intervals import clopper_pearson
from auth_service.matching.metrics import (
    det_curve,
    equal_error_rate,
    failure_to_acquire_rate,
    false_matches_allowed,
    fmr_at,
    fnmr_at,
    threshold_at_fmr,
)

MATED = np.array([0.9, 0.8, 0.6, 0.4])
NON_MATED = np.array([0.1, 0.2, 0.3, 0.3, 0.3, 0.5, 0.5, 0.6, 0.7, 0.05])


def test_fmr_counts_scores_at_the_threshold_and_fnmr_does_not() -> None:
    assert fmr_at(NON_MATED, 0.6) == 0.2
    assert fnmr_at(MATED, 0.6) == 0.25
    assert fmr_at(NON_MATED, np.nextafter(0.6, 1)) == 0.1
    assert fnmr_at(MATED, np.nextafter(0.6, 1)) == 0.5


@pytest.mark.parametrize(
    ("fmr", "just_above"),
    [(0.0, 0.7), (0.1, 0.6), (0.15, 0.6), (0.2, 0.5), (0.3, 0.5), (0.4, 0.3), (0.5, 0.3)],
)
def test_the_threshold_lies_just_above_the_first_score_that_is_one_too_many(fmr: float, just_above: float) -> None:
    assert threshold_at_fmr(NON_MATED, fmr) == np.nextafter(just_above, 1)


def test_a_full_fmr_lets_everything_match() -> None:
    assert threshold_at_fmr(NON_MATED, 1.0) == 0.05


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=60).map(lambda xs: np.array(xs, dtype=np.float64) / 20),
    st.floats(0, 1),
)
def test_no_more_than_the_allowed_number_match_and_no_lower_threshold_would_do(scores: np.ndarray, fmr: float) -> None:
    threshold = threshold_at_fmr(scores, fmr)
    allowed = false_matches_allowed(fmr, scores.size)
    assert np.count_nonzero(scores >= threshold) <= allowed
    if allowed < scores.size:
        assert np.count_nonzero(scores >= np.nextafter(threshold, -np.inf)) > allowed


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=60).map(np.array),
    st.lists(st.floats(-1, 1), min_size=1, max_size=60).map(np.array),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_stricter_fmr_never_lowers_threshold_or_fnmr(
    mated: np.ndarray, non_mated: np.ndarray, one: float, other: float
) -> None:
    strict, loose = (threshold_at_fmr(non_mated, fmr) for fmr in sorted((one, other)))
    assert strict >= loose
    assert fnmr_at(mated, strict) >= fnmr_at(mated, loose)
    assert fmr_at(non_mated, strict) <= fmr_at(non_mated, loose)
    curve = det_curve(mated, non_mated)
    assert np.all(np.diff(curve.threshold) > 0)
    assert np.all(np.diff(curve.fmr) <= 0)
    assert np.all(np.diff(curve.fnmr) >= 0)
    assert 0 <= equal_error_rate(mated, non_mated) <= 1


@pytest.mark.parametrize(
    ("fmr", "trials", "allowed"), [(1e-3, 29_000, 29), (1e-4, 20_000, 2), (1e-4, 9_999, 0), (0.29, 100, 29), (1, 7, 7)]
)
def test_a_target_is_read_as_the_decimal_it_is_written_as(fmr: float, trials: int, allowed: int) -> None:
    assert false_matches_allowed(fmr, trials) == allowed


def test_the_equal_error_rate_of_separate_mixed_and_reversed_scores() -> None:
    low, high = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.6, 0.7, 0.8, 0.9])
    assert equal_error_rate(high, low) == 0.0
    assert equal_error_rate(low, high) == 1.0
    assert equal_error_rate(np.array([0.2, 0.6, 0.7, 0.8]), np.array([0.1, 0.3, 0.4, 0.65])) == 0.25


def test_every_point_of_a_det_curve_is_a_rate_at_its_threshold() -> None:
    generator = np.random.default_rng(4)
    mated, non_mated = generator.normal(2, 1, 500), generator.normal(0, 1, 5_000)
    curve = det_curve(mated, non_mated, points=50)
    assert 20 <= curve.fmr.size <= 50
    for fmr, fnmr, threshold in zip(curve.fmr, curve.fnmr, curve.threshold, strict=True):
        assert fmr == pytest.approx(fmr_at(non_mated, threshold), abs=1e-12)
        assert fnmr == pytest.approx(fnmr_at(mated, threshold), abs=1e-12)


def test_images_that_fail_are_a_rate_of_their_own() -> None:
    assert failure_to_acquire_rate(200, 1) == 0.005
    assert failure_to_acquire_rate(0, 0) == 0.0
    with pytest.raises(ValueError, match="failures"):
        failure_to_acquire_rate(1, 2)


def test_nothing_is_measured_on_nothing_or_on_nan() -> None:
    with pytest.raises(EvaluationSetTooSmall):
        fmr_at(np.array([]), 0.5)
    with pytest.raises(EvaluationSetTooSmall):
        equal_error_rate(MATED, np.array([]))
    with pytest.raises(ScoreInvalid):
        threshold_at_fmr(np.array([0.1, math.nan]), 0.5)
    with pytest.raises(ScoreInvalid):
        fnmr_at(np.array([math.inf]), 0.5)
    with pytest.raises(ValueError, match="FMR"):
        threshold_at_fmr(NON_MATED, 1.1)


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [
        (0, 10, 0.0, 1 - 0.025 ** (1 / 10)),
        (10, 10, 0.025 ** (1 / 10), 1.0),
        (0, 30_000, 0.0, 1 - 0.025 ** (1 / 30_000)),
        (1, 1, 0.025, 1.0),
        # published table of exact 95 % limits (Documenta Geigy): 5 of 10, 1 of 20, 5 of 50
        (5, 10, 0.1871, 0.8129),
        (1, 20, 0.0013, 0.2487),
        (5, 50, 0.0333, 0.2181),
    ],
)
def test_exact_intervals_agree_with_closed_forms_and_tables(errors: int, trials: int, low: float, high: float) -> None:
    found = clopper_pearson(errors, trials)
    assert found == pytest.approx((low, high), abs=6e-5 if 0 < errors < trials else 1e-12)


def binomial_tail(at_least: int, trials: int, rate: float) -> float:
    return math.fsum(math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(at_least, trials + 1))


@given(st.integers(2, 60), st.data())
def test_the_ends_of_an_exact_interval_leave_just_the_tail_that_is_allowed(trials: int, data: st.DataObject) -> None:
    errors = data.draw(st.integers(1, trials - 1))
    low, high = clopper_pearson(errors, trials)
    assert binomial_tail(errors, trials, low) == pytest.approx(0.025, rel=1e-6)
    assert 1 - binomial_tail(errors + 1, trials, high) == pytest.approx(0.025, rel=1e-6)


def test_an_exact_interval_of_millions_of_trials_is_finite_and_tight() -> None:
    low, high = clopper_pearson(300, 3_000_000)
    assert 0.89e-4 < low < 1e-4 < high < 1.13e-4


@pytest.mark.parametrize(("errors", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_have_no_interval(errors: int, trials: int) -> None:
    with pytest.raises(ValueError, match="errors"):
        clopper_pearson(errors, trials)


def test_three_million_scores_are_measured_in_seconds() -> None:
    generator = np.random.default_rng(5)
    non_mated, mated = generator.normal(size=3_000_000), generator.normal(3, 1, size=5_000)
    began = time.process_time()
    for fmr in (1e-2, 1e-3, 1e-4, 1e-5):
        assert fmr_at(non_mated, threshold_at_fmr(non_mated, fmr)) <= fmr
    assert 0.05 < equal_error_rate(mated, non_mated) < 0.08
    assert time.process_time() - began < 8
