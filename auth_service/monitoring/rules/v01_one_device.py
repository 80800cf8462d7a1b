"""V01: many people on one phone, or more captures at a kiosk than people can make there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """Different people who passed on one phone within `days`. phone: keyed hash of the mark that its browser keeps

    people  pseudonymous ids; the rule shows the last ones
    """

    phone: str
    people: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True)
class KioskFacts:
    """A kiosk whose captures of one hour were used up."""

    device_id: str


@dataclass(frozen=True, slots=True)
class OneDevice:
    """More than 5 people on one phone in 30 days; a kiosk at the end of its own caps.

    people_limit, days  source: domain.md section 6, V01; a kiosk's caps are those of the limits (trust.md 2.5)
    most_shown          people whom one flag names. source: own decision, a page that a person reads
    """

    rule_id: ClassVar[str] = "V01"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    words: ClassVar[RuleWords] = RuleWords(
        "一台设备认证多人", "Many people on one device",
        "同一部手机在一个月内有五人以上通过认证，或一台终端一小时的采集次数已满。可能是家人、村里的热心人代为操作，"
        "也可能有人集中冒领。",
        "More than five people passed on one phone within a month, or a kiosk used up its captures of an hour: a family"
        " or a helper in the village, or somebody who collects for others.",
        "请了解是谁在帮忙；家人和邻里帮忙是正常的，说明情况即可。认证结果和待遇都没有改变。",
        "Find out who helps. Families and neighbours may; a note settles it. No result and no benefit was changed.",
    )  # fmt: skip
    people_limit: int = 5
    days: int = 30
    most_shown: int = 20

    def judge_phone(self, facts: PhoneFacts, now: datetime) -> Flag | None:
        """One flag per phone and month at most."""
        if len(set(facts.people)) <= self.people_limit:
            return None
        evidence: Facts = {"found": "phone", "people": len(set(facts.people)), "days": facts.days}
        key = f"V01:{facts.phone[:32]}:{legal_date(now):%Y-%m}"
        shown = facts.people[: self.most_shown]
        return Flag(self.rule_id, self.version, self.severity, shown, evidence, key, now)

    def judge_kiosk(self, facts: KioskFacts, now: datetime) -> Flag:
        """One flag per kiosk and day at most."""
        key = f"V01:{facts.device_id}:{legal_date(now)}"
        return Flag(
            self.rule_id, self.version, self.severity, (), {"found": "kiosk"}, key, now, device_id=facts.device_id
        )
