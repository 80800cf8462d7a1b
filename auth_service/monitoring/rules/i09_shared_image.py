"""I09: the same image offered for different people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.monitoring.flags import Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class SharedImageFacts:
    """A photo offered for one person that is a copy of one enrolled for another.

    exact         the pixels are equal; otherwise a near copy by hash and template
    offered_photo, enrolled_photo  ids of the stored photos
    """

    offered_for: str
    enrolled_for: str
    exact: bool
    hash_distance: int
    similarity: float
    offered_photo: str
    enrolled_photo: str


@dataclass(frozen=True, slots=True)
class SharedImage:
    """Same image enrolled for different people."""

    rule_id: ClassVar[str] = "I09"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.CRITICAL
    words: ClassVar[RuleWords] = RuleWords(
        "同一照片用于两人", "One image for two people",
        "同一张照片被用来登记两个不同的人；可能是录入错误，也可能是冒用。",
        "One photo was offered as the reference of two different people: a filing slip, or an impersonation.",
        "请核对两人的证件和原始照片；后提交的照片没有登记，已登记的照片暂未改动。",
        "Compare both people's papers and original photos. The later photo was not enrolled; the earlier one stays.",
    )  # fmt: skip

    def judge(self, facts: SharedImageFacts, now: datetime) -> Flag | None:
        """A flag whenever the two people differ."""
        if facts.offered_for == facts.enrolled_for:
            return None
        pair = ":".join(sorted((facts.offered_for, facts.enrolled_for)))
        evidence = {
            "exact": facts.exact, "hash_distance": facts.hash_distance, "similarity": round(facts.similarity, 4),
        }  # fmt: skip
        photos = (("offered", facts.offered_photo), ("reference", facts.enrolled_photo))
        people = (facts.offered_for, facts.enrolled_for)
        return Flag(self.rule_id, self.version, self.severity, people, evidence, f"I09:{pair}", now, photos)
