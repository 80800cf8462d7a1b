"""V08: somebody who passes, but never by much, or by less each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity

WIDEST = 100
"""No parameter makes the band wider, in percent of the grey zone's width, so that the set holds nobody else."""
FEWEST = 2
"""The same of passes."""


@dataclass(frozen=True, slots=True)
class Margin:
    """One pass that was compared. at_least, grey_at: the thresholds that judged it, as they are kept beside it"""

    evidence_id: str
    at: datetime
    similarity: float
    accept_at: float
    grey_at: float

    @property
    def percent(self) -> float:
        """How far above the match threshold, in percent of the grey zone's width; below it negative."""
        width = self.accept_at - self.grey_at
        over = self.similarity - self.accept_at
        return over / width * 100 if width > 0 else (0.0 if over == 0 else float("inf") if over > 0 else float("-inf"))


@dataclass(frozen=True, slots=True)
class MarginFacts:
    """The passes of one person that the calibration of the last one judged, oldest first: what another record or
    another engine made of a face is another number."""

    person_id: str
    calibration: str
    passes: tuple[Margin, ...]

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class LowMargin:
    """Every pass lies in a band above the match threshold, or the last four fall and the last one lies in it.

    The band is half as wide as the grey zone below the threshold. That zone spans two powers of ten of the false match
    rate (1e-2 to 1e-4, matching/calibration.py), so that the band is about one more; what lies in it was a match and
    stays one. Four that fall by chance are one in twenty-four, which is why the last one must lie in the band as well.
    least, falling  passes. source: domain.md section 6, V08; the numbers: own decision, as above
    """

    rule_id: ClassVar[str] = "V08"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.LOW
    falling_severity: ClassVar[Severity] = Severity.MEDIUM
    candidates: ClassVar[str] = "margins"
    words: ClassVar[RuleWords] = RuleWords(
        "认证多次勉强通过", "Passes by little each time",
        "此人每次都只是略高于通过线，或者一次比一次低。最常见的原因是登记照片太旧、本人面容随年龄变化。",
        "Each pass was only a little above the threshold, or lower than the one before. Most often the enrolled photo"
        " is old and the person has aged.",
        "请联系本人，由工作人员当面采集一张新照片，以免下次通不过。以前的认证仍然有效，待遇没有改变。",
        "Ask the person in and take a new photo, seen by an officer, before they fail one day. Earlier passes stand and"
        " nothing was changed.",
    )  # fmt: skip
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = {
        "band_percent": (Decimal(1), Decimal(WIDEST)),
        "least": (Decimal(FEWEST), Decimal(100)),
        "falling": (Decimal(3), Decimal(100)),
    }
    band_percent: int = 50
    least: int = 2
    falling: int = 4

    def judge(self, facts: MarginFacts, now: datetime) -> Flag | None:
        """One flag per last pass."""
        if not facts.passes or facts.passes[-1].percent >= self.band_percent:
            return None
        always = len(facts.passes) >= self.least and all(one.percent < self.band_percent for one in facts.passes)
        falls = self._falls(facts.passes)
        if not always and not falls:
            return None
        last = facts.passes[-1]
        evidence: Facts = {
            "passes": len(facts.passes), "always_low": always, "falling": falls,
            "similarity": round(last.similarity, 4), "accept_at": round(last.accept_at, 4),
            "calibration": facts.calibration, "evidence": last.evidence_id,
        }  # fmt: skip
        severity = self.falling_severity if falls else self.severity
        key = f"V08:{facts.person_id}:{last.evidence_id}"
        return Flag(self.rule_id, self.version, severity, (facts.person_id,), evidence, key, now)

    def _falls(self, passes: tuple[Margin, ...]) -> bool:
        newest = passes[-self.falling :]
        return len(newest) == self.falling and all(later.percent < one.percent for one, later in pairwise(newest))
