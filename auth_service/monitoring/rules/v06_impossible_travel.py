"""V06: one person passed at two kiosks between which nobody travels in that time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class PassAt:
    """One pass. region: code of where its kiosk stands; at: by the kiosk's clock where it had no line"""

    evidence_id: str
    region: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImpossibleTravel:
    """Two passes at kiosks of different prefectures within five minutes.

    The catalogue says > 900 km/h, which needs a distance. The service has no coordinates of any place: a kiosk's record
    says a region code, and codes say what contains what, not how far apart it lies. At 900 km/h one comes 75 km far in
    five minutes, about as far as the seats of two neighbouring prefectures lie from each other; kiosks on both sides of
    a border may be nearer, which is why a person looks. Within one prefecture nothing is raised.

    source  domain.md section 6, V06; own decision, because prefectures are the smallest regions of which this is so
    """

    rule_id: ClassVar[str] = "V06"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    words: ClassVar[RuleWords] = RuleWords(
        "两地认证时间过近", "Two passes too far apart in too little time",
        "同一人几分钟内在不同地市的两台终端通过认证，可能是终端时钟不准、终端登记地点有误，也可能有人冒用。",
        "One person passed at two kiosks in different prefectures within minutes: a clock that is off, a kiosk entered"
        " at the wrong place, or somebody else.",
        "请核对两台终端的时钟和地点，查看两次采集；待遇没有改变，也不能仅凭此项改变。",
        "Check clock and place of both kiosks, and look at both captures. Nothing was changed about the benefit, and"
        " nothing may be on this ground alone.",
    )  # fmt: skip
    within: timedelta = timedelta(minutes=5)
    digits: int = 4

    def judge(self, person_id: str, passes: tuple[PassAt, PassAt], now: datetime) -> Flag | None:
        """One flag for two passes, whichever came first. A kiosk whose region is only a province says too little."""
        first, second = sorted(passes, key=lambda one: (one.at, one.evidence_id))
        if min(len(first.region), len(second.region)) < self.digits:
            return None
        apart = second.at - first.at
        if first.region[: self.digits] == second.region[: self.digits] or apart > self.within:
            return None
        evidence: Facts = {
            "first": first.evidence_id, "second": second.evidence_id, "first_region": first.region,
            "second_region": second.region, "seconds": round(apart.total_seconds()),
        }  # fmt: skip
        key = f"V06:{first.evidence_id}:{second.evidence_id}"
        return Flag(self.rule_id, self.version, self.severity, (person_id,), evidence, key, now)
