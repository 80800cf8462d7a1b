"""Error rates of presentation attack detection, counted.

source  ISO/IEC 30107-3:2023: APCER is the share of attacks of one species that pass, BPCER the share of living people's
        presentations that do not. A session that ends `inconclusive` did not pass: it counts for neither an attack's
        success nor a living person's, and `no_answer` says how many of the living person's errors it makes up
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.core.intervals import Rate, clopper_pearson
from auth_service.liveness.decision import PadVerdict

LIVE = "live"
"""The label of a living person's presentation; every other label is a species of attack."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """One trial: what was shown, and the verdict."""

    label: str
    verdict: PadVerdict

    @property
    def passed(self) -> bool:
        return self.verdict is PadVerdict.BONA_FIDE


@dataclass(frozen=True, slots=True)
class PadErrors:
    """bpcer      living people's presentations that did not pass; None where none was shown
    no_answer  those among them that were inconclusive; the rest was taken for an attack
    apcer      species -> attacks that passed. There is no mean over species: the worst one is what an attacker picks
    """

    bpcer: Rate | None
    no_answer: int
    apcer: Mapping[str, Rate]

    @property
    def worst(self) -> str | None:
        """The species with the highest upper end of its interval; None where no attack was shown."""
        return max(sorted(self.apcer), key=lambda species: self.apcer[species].high, default=None)


def pad_errors(presentations: Iterable[Presentation]) -> PadErrors:
    """The rates with exact 95 % intervals, which are right where each trial is another person's or another print's.

    raises   EvaluationSetTooSmall: nothing was shown
    """
    shown = list(presentations)
    if not shown:
        raise EvaluationSetTooSmall("no presentation")
    passed: dict[str, list[bool]] = {}
    for one in shown:
        passed.setdefault(one.label, []).append(one.passed)
    living = passed.pop(LIVE, [])
    unanswered = sum(one.label == LIVE and one.verdict is PadVerdict.INCONCLUSIVE for one in shown)
    return PadErrors(
        bpcer=rate_of(living.count(False), len(living)) if living else None,
        no_answer=unanswered,
        apcer={species: rate_of(sum(these), len(these)) for species, these in sorted(passed.items())},
    )


def rate_of(errors: int, trials: int) -> Rate:
    """With its exact 95 % interval. trials: above 0"""
    return Rate(errors, trials, *clopper_pearson(errors, trials))
