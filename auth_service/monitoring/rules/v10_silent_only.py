"""V10: somebody whom only data has vouched for, cycle after cycle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class SilentFacts:
    """A benefit whose passes have been silent ones for as many cycles as its policy lets go by.

    since   the day on which the last of those cycles was over
    ended   the benefit has ended
    """

    person_id: str
    benefit: str
    since: date
    ended: bool

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class SilentOnly:
    """Three cycles by silent data alone.

    How many cycles, and what a silent pass is, says the policy of the benefit (`sample_after`, three by default): the
    status of the benefit is worked out in one place (qualification/status.py), and this rule only brings it to a
    monitor. Whoever is drawn stays qualified.
    source  domain.md section 6, V10
    """

    rule_id: ClassVar[str] = "V10"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.LOW
    candidates: ClassVar[str] = "silent_only"
    words: ClassVar[RuleWords] = RuleWords(
        "连续多个周期仅凭数据比对", "Vouched for by data alone for several cycles",
        "此人连续几个认证周期都由数据比对自动通过，没有人见过本人，也没有自助认证。这本身是正常的，只供抽查。",
        "For several cycles this person passed by data comparison alone, and neither came nor was seen. That is as it"
        " should be; it is for sampling.",
        "请抽取一部分，请本人方便时自助认证一次或上门看望一次；在此之前资格不受影响，待遇没有改变。",
        "Draw some of them and ask for one pass at the person's convenience, or call on them. Until then they stay"
        " qualified, and nothing was changed.",
    )  # fmt: skip

    def judge(self, facts: SilentFacts, now: datetime) -> Flag | None:
        """One flag per benefit and end of such a span."""
        if facts.ended or facts.since > legal_date(now):
            return None
        evidence: Facts = {"benefit": facts.benefit, "silent_since": str(facts.since)}
        key = f"V10:{facts.person_id}:{facts.benefit}:{facts.since}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)
