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

ENOUGH_ERRORS = 30
"""Errors from which a rate is within 30 % of the truth with 90 % confidence, if trials were independent.
source: the "rule of 30", Doddington et al., Speech Communication 31 (2000)."""


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
