"""Error rates of one-to-one comparison, from scores alone.

Scores are similarities: larger is more alike, and a comparison is a match when `score >= threshold`.
source  ISO/IEC 2382-37 (words), ISO/IEC 19795-1:2021 (FMR, FNMR, FTA, DET). An image that could not be acquired
        has no score: it is counted in the failure-to-acquire rate and never enters FMR or FNMR.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import EvaluationSetTooSmall, ScoreInvalid

Scores = NDArray[np.float64]
"""float64 (n,), similarities in any order, all finite."""

CONFIDENCE = 0.95
"""Share of intervals that hold the truth. source: exact 95 % intervals, trust.md (fairness tests)"""

ENOUGH_ERRORS = 30
"""Errors from which a rate is within 30 % of the truth with 90 % confidence, if trials were independent.
source: the "rule of 30", Doddington et al., Speech Communication 31 (2000)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among trials, with an interval of 95 % confidence."""

    errors: int
    trials: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.errors / self.trials


@dataclass(frozen=True, slots=True)
class DetCurve:
    """Detection error trade-off: what FNMR each FMR costs.

    fmr, fnmr, threshold  float64 (n,), ordered by rising threshold: FMR falls, FNMR rises
    """

    fmr: NDArray[np.float64]
    fnmr: NDArray[np.float64]
    threshold: NDArray[np.float64]


def checked(scores: Scores, kind: str) -> Scores:
    """The same scores, known to be usable. raises EvaluationSetTooSmall (none at all), ScoreInvalid (not finite)"""
    if scores.size == 0:
        raise EvaluationSetTooSmall(f"no {kind} comparison")
    if not np.all(np.isfinite(scores)):
        raise ScoreInvalid(f"a {kind} score is not finite")
    return scores


def false_matches_allowed(fmr: float, trials: int) -> int:
    """floor(fmr * trials), with `fmr` read as the decimal number it is written as (1e-3 of 29,000 is exactly 29)."""
    return int(Fraction(repr(float(fmr))) * trials)


def threshold_at_fmr(non_mated: Scores, fmr: float) -> float:
    """The lowest threshold with no more than floor(fmr * n) non-mated scores at or above it.

    Ties fall on the safe side: if the score that would be one too many is shared, all of its equals are shut out.
    raises   EvaluationSetTooSmall, ScoreInvalid, ValueError (fmr outside 0..1)
    """
    checked(non_mated, "non-mated")
    if not 0.0 <= fmr <= 1.0:
        raise ValueError("an FMR lies in 0..1")
    allowed = false_matches_allowed(fmr, non_mated.size)
    if allowed >= non_mated.size:
        return float(non_mated.min())
    position = non_mated.size - 1 - allowed
    first_refused = np.partition(non_mated, position)[position]
    return float(np.nextafter(first_refused, np.inf))


def fmr_at(non_mated: Scores, threshold: float) -> float:
    """Share of non-mated comparisons that match: score >= threshold."""
    return float(np.count_nonzero(checked(non_mated, "non-mated") >= threshold) / non_mated.size)


def fnmr_at(mated: Scores, threshold: float) -> float:
    """Share of mated comparisons that do not match: score < threshold."""
    return float(np.count_nonzero(checked(mated, "mated") < threshold) / mated.size)


def failure_to_acquire_rate(attempted: int, failed: int) -> float:
    """Share of images that gave no template. source: ISO/IEC 19795-1, FTA"""
    if not 0 <= failed <= attempted:
        raise ValueError("failures lie in 0..attempted")
    return failed / attempted if attempted else 0.0


def _rates_at_every_score(mated: Scores, non_mated: Scores) -> DetCurve:
    """FMR and FNMR at each distinct score, and just above the highest."""
    mated, non_mated = np.sort(checked(mated, "mated")), np.sort(checked(non_mated, "non-mated"))
    thresholds = np.unique(np.concatenate([mated, non_mated]))
    thresholds = np.append(thresholds, np.nextafter(thresholds[-1], np.inf))
    fmr = 1.0 - np.searchsorted(non_mated, thresholds, side="left") / non_mated.size
    fnmr = np.searchsorted(mated, thresholds, side="left") / mated.size
    return DetCurve(fmr, fnmr, thresholds)


def equal_error_rate(mated: Scores, non_mated: Scores) -> float:
    """The rate where FMR and FNMR meet; between two thresholds, the mean of both rates where they are nearest."""
    curve = _rates_at_every_score(mated, non_mated)
    nearest = int(np.argmin(np.abs(curve.fmr - curve.fnmr)))
    return float((curve.fmr[nearest] + curve.fnmr[nearest]) / 2.0)


def det_curve(mated: Scores, non_mated: Scores, points: int = 400) -> DetCurve:
    """At most about `points` of the DET curve, evenly spread over the logarithm of FMR, for drawing."""
    curve = _rates_at_every_score(mated, non_mated)
    grid = np.logspace(math.log10(1.0 / non_mated.size), 0.0, points)
    falling = curve.fmr[::-1]
    chosen = np.unique(curve.fmr.size - np.searchsorted(falling, grid, side="right"))
    chosen = chosen[chosen < curve.fmr.size]
    return DetCurve(curve.fmr[chosen], curve.fnmr[chosen], curve.threshold[chosen])


def clopper_pearson(errors: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact binomial interval of a rate: lower and upper end, each missed with (1 - confidence) / 2 at most.

    Right for independent trials; comparisons that share a person are not (see resampling.py).
    source   Clopper and Pearson, Biometrika 26 (1934): the ends are quantiles of Beta(k, n-k+1) and Beta(k+1, n-k)
    """
    if not 0 <= errors <= trials or trials == 0:
        raise ValueError("errors lie in 0..trials, trials above 0")
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if errors == 0 else _beta_quantile(tail, errors, trials - errors + 1)
    high = 1.0 if errors == trials else _beta_quantile(1.0 - tail, errors + 1, trials - errors)
    return low, high


def _beta_quantile(probability: float, a: float, b: float) -> float:
    """Where the Beta(a, b) distribution function reaches `probability`; bisection until doubles run out."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2.0
        if middle in {low, high}:
            break
        if _beta_distribution(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _beta_distribution(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b).

    source   NIST Digital Library of Mathematical Functions 8.17.22 (continued fraction), 8.17.4 (symmetry)
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta_distribution(1.0 - x, b, a)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(logarithm) / (a * _beta_fraction(x, a, b))


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction 1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22, by Lentz's method as modified by Thompson."""
    tiny, value, numerator, denominator = 1e-300, 1.0, 1.0, 0.0
    for step in range(1, 10_000):
        half = step // 2
        if step % 2:
            term = -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
        else:
            term = half * (b - half) * x / ((a + step - 1) * (a + step))
        numerator = 1.0 + term / numerator or tiny
        denominator = 1.0 / (1.0 + term * denominator or tiny)
        value *= numerator * denominator
        if abs(numerator * denominator - 1.0) < 1e-15:
            break
    return value
