"""How sure a counted rate is: exact intervals of a share, for face comparison and for attack detection alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

CONFIDENCE = 0.95
"""Share of intervals that hold the truth. source: exact 95 % intervals, trust.md (fairness tests)"""


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
