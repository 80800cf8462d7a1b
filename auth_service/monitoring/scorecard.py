"""Scorecards: how often a rule was right, and when a person should make it milder.

input   the fate of each flag of one rule in a window
output  Scorecard; perhaps an Advice, which is only a proposal: a person turns it into a setting of the rule
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

from auth_service.monitoring.flags import SEVERITY_ORDER, Severity, Verdict

Z = 1.959963984540054
"""source: the 0.975 quantile of the normal distribution, for intervals of 95 % confidence"""
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class FlagFate:
    """One flag and what people said of it.

    verdict         the newest; None: nobody has judged it
    first_judged_at  of the first judgement
    """

    raised_at: datetime
    verdict: Verdict | None = None
    first_judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Precision:
    """Share of judged flags that needed a check, with Wilson's interval of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One rule in one window.

    confirmed    judged as in need of a check
    false        judged as false flags
    open         not judged
    precision    None: nothing was judged
    median_days  from being raised to the first judgement; None: nothing was judged
    """

    raised: int
    confirmed: int
    false: int
    open: int
    precision: Precision | None
    median_days: float | None

    @property
    def judged(self) -> int:
        return self.confirmed + self.false


class Advice(StrEnum):
    """What a scorecard proposes. Nothing changes by it."""

    LOWER = "lower_severity"
    SHADOW = "to_shadow"
    IN_FORCE = "in_force"
    """Of a rule in shadow whose sample was surely right often enough."""


@dataclass(frozen=True, slots=True)
class ScorecardPolicy:
    """least_judged    below so many judgements nothing is proposed
    lower_below     a rule of which surely fewer than this share of flags need a check should be milder
    shadow_below    and of which surely fewer than this, in shadow

    source  own decision. In a county of domain.md 2.3 some 0.6 % of all leads were proven, which nobody can work
            through. Under a tenth, nine of ten looks trouble somebody for nothing; a fiftieth is near that county.
            With nothing right among thirty judgements the interval still ends at 11 %: it takes more than bad luck
    """

    least_judged: int = 30
    lower_below: float = 0.10
    shadow_below: float = 0.02

    def __post_init__(self) -> None:
        if self.least_judged < 1 or not 0 <= self.shadow_below <= self.lower_below <= 1:
            raise ValueError("at least one judgement, and shadow below lower, both shares")


DEFAULT = ScorecardPolicy()


def wilson(hits: int, trials: int, z: float = Z) -> Precision:
    """A share with its score interval. raises ValueError: no trials, or more hits than trials

    source  E. B. Wilson, Probable inference, JASA 22 (1927)
    """
    if trials < 1 or not 0 <= hits <= trials:
        raise ValueError("hits lie in 0..trials, trials above 0")
    share, square = hits / trials, z * z
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = z / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    low = 0.0 if hits == 0 else middle - half  # exactly, where rounding would leave a trace
    return Precision(share, low, 1.0 if hits == trials else middle + half)


def scorecard(fates: Iterable[FlagFate]) -> Scorecard:
    """fates: of one rule, in one window"""
    all_of_them = list(fates)
    confirmed = sum(fate.verdict is Verdict.NEEDS_CHECK for fate in all_of_them)
    false = sum(fate.verdict is Verdict.FALSE_FLAG for fate in all_of_them)
    judged = confirmed + false
    return Scorecard(
        raised=len(all_of_them),
        confirmed=confirmed,
        false=false,
        open=len(all_of_them) - judged,
        precision=wilson(confirmed, judged) if judged else None,
        median_days=_median_days(all_of_them),
    )


def advice(card: Scorecard, severity: Severity, policy: ScorecardPolicy = DEFAULT) -> Advice | None:
    """What to propose for a rule in force. severity: as it is raised today"""
    if card.precision is None or card.judged < policy.least_judged or card.precision.high >= policy.lower_below:
        return None
    if card.precision.high < policy.shadow_below or milder(severity) is None:
        return Advice.SHADOW
    return Advice.LOWER


def advice_of_shadow(card: Scorecard, policy: ScorecardPolicy = DEFAULT) -> Advice | None:
    """What to propose for a rule in shadow, by the sample that was judged."""
    if card.precision is None or card.judged < policy.least_judged or card.precision.low < policy.lower_below:
        return None
    return Advice.IN_FORCE


def milder(severity: Severity) -> Severity | None:
    """The next one down; None: there is none."""
    ranked: Sequence[Severity] = sorted(SEVERITY_ORDER, key=SEVERITY_ORDER.__getitem__)
    place = ranked.index(severity) + 1
    return ranked[place] if place < len(ranked) else None


def _median_days(fates: Iterable[FlagFate]) -> float | None:
    waits = [
        (fate.first_judged_at - fate.raised_at).total_seconds() / _DAY
        for fate in fates
        if fate.first_judged_at is not None
    ]
    return median(waits) if waits else None
