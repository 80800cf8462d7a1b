"""V03: a person whom the machine refuses again and again. It asks for help for them, it accuses nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class FailureFacts:
    """Failed attempts of one person: in the last 24 hours, and since the last pass. `probe_photo`: of the last one."""

    person_id: str
    failures_last_day: int
    failures_in_cycle: int
    probe_photo: str | None = None


@dataclass(frozen=True, slots=True)
class RepeatedFailures:
    """At least 3 failures in 24 h, or at least 6 in the cycle. source: domain.md section 6, V03"""

    rule_id: ClassVar[str] = "V03"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.MEDIUM
    words: ClassVar[RuleWords] = RuleWords(
        "多次认证未通过", "Repeated failed attempts",
        "此人多次认证没有通过，可能是照片过旧、光线不好或操作困难，也可能是他人冒用。",
        "This person's attempts failed several times: an old reference, poor light, trouble with the device,"
        " or somebody else.",
        "请联系本人，改由窗口或上门办理，必要时重新采集照片。这不是欺诈认定。",
        "Contact the person, offer the counter or a visit, take a new reference if needed. No finding of fraud.",
    )  # fmt: skip
    day_limit: int = 3
    cycle_limit: int = 6

    def judge(self, facts: FailureFacts, now: datetime) -> Flag | None:
        """One flag per person and day at most."""
        if facts.failures_last_day < self.day_limit and facts.failures_in_cycle < self.cycle_limit:
            return None
        evidence = {"failures_last_day": facts.failures_last_day, "failures_in_cycle": facts.failures_in_cycle}
        key = f"V03:{facts.person_id}:{legal_date(now)}"
        photos = (("probe", facts.probe_photo),) if facts.probe_photo else ()
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now, photos)
