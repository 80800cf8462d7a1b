"""V09: a device whose signed messages do not fit together. It concerns the device and nobody who stood before it.

A request that is refused was refused already; a record that does not fit waits for a person. The flag asks somebody to
look at the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


class Breach(StrEnum):
    """What did not fit."""

    UNSIGNED = "unsigned"
    """Somebody named this device, and its key had not signed."""
    REPLAYED = "replayed"
    """A signature came a second time."""
    CLOCK_AHEAD = "clock_ahead"
    EXPIRED = "expired"
    """A signature came after its end, or the device's clock is slow."""
    FORKED = "forked"
    """Two records follow the same one, or one follows a record that nobody knows."""
    CLONED = "cloned"
    """Two records bear the same number."""
    GAP = "gap"
    """A number never came."""
    EVENT_REUSED = "event_reused"
    """Another record came under the number of an event that was received before."""
    COUNT_DIFFERS = "count_differs"
    """At the daily count the device did not know of records that came in its name."""
    TICKET_REUSED = "ticket_reused"
    TICKET_OF_ANOTHER = "ticket_of_another_device"
    CLOCK_WRONG = "clock_wrong"
    """A record from the future, or from before its ticket was given."""
    CLOCK_JUMPS = "clock_jumps"
    """The same, and its clock went back from one such record to the next: no clock that is off by a constant does."""


COPIED = frozenset({Breach.FORKED, Breach.CLONED, Breach.GAP, Breach.EVENT_REUSED, Breach.COUNT_DIFFERS})
"""What a copied key leaves behind: the device is set aside until two people let it in again."""

ONLY_CLOCK = frozenset({Breach.CLOCK_AHEAD, Breach.EXPIRED, Breach.CLOCK_WRONG})
"""What a flat battery leaves behind: signed by the device's key, in order, and off by a constant. What was refused
for it stays refused, and a record waits for a person; an old message that somebody sends again after its nonce is
forgotten looks the same and is refused as well."""


@dataclass(frozen=True, slots=True)
class BreachFacts:
    """counter: number of the record that does not fit, where it is about records"""

    device_id: str
    breach: Breach
    counter: int | None = None


@dataclass(frozen=True, slots=True)
class BrokenProtocol:
    """Nonce reused or expired, clock skew, unsigned device, broken chain.

    source  domain.md section 6, V09; trust.md 2.3. The lesser severity of a clock that is merely wrong: own decision,
            because a monitor who is called critically for each flat battery looks no more at a copied key
    """

    rule_id: ClassVar[str] = "V09"
    version: ClassVar[int] = 2
    severity: ClassVar[Severity] = Severity.CRITICAL
    clock_severity: ClassVar[Severity] = Severity.MEDIUM
    words: ClassVar[RuleWords] = RuleWords(
        "设备消息前后不符", "A device's messages do not fit together",
        "登记设备的签名、一次性编号或记录顺序不符合约定，可能是设备被复制，也可能有人冒用设备。",
        "A registered device's signature, nonce or order of records breaks the agreement: a copied device, or somebody"
        " who poses as the device.",
        "请与设备所属机构核对设备；不符合的请求已被拒绝，记录已转人工查看，待遇没有改变。",
        "Check the machine with whoever owns it. What did not fit was refused or waits for a person; nothing was"
        " changed about anybody's benefit.",
    )  # fmt: skip
    clock_words: ClassVar[RuleWords] = RuleWords(
        "设备时钟不准", "A device's clock is wrong",
        "登记设备用自己的密钥签名，记录顺序也对，只是时间不对，多半是电池没电或没有对时。",
        "A registered device signs with its own key and its records are in order; only the time is off, most often a"
        " flat battery or a missing time server.",
        "请设备所属机构校准时钟。晚于或早于约定的请求已被拒绝，记录转人工查看，待遇没有改变。",
        "Ask whoever owns it to set its clock. What came at a wrong time was refused or waits for a person; nothing was"
        " changed about anybody's benefit.",
    )  # fmt: skip

    def judge(self, facts: BreachFacts, now: datetime) -> Flag:
        """One flag per device, kind of breach and day at most."""
        evidence: Facts = {"breach": facts.breach.value}
        if facts.counter is not None:
            evidence = {**evidence, "counter": facts.counter}
        key = self.key_of(facts, now)
        severity = self.clock_severity if facts.breach in ONLY_CLOCK else self.severity
        return Flag(self.rule_id, self.version, severity, (), evidence, key, now, device_id=facts.device_id)

    @staticmethod
    def key_of(facts: BreachFacts, now: datetime) -> str:
        """Its dedupe key, by which somebody can ask whether it stands already."""
        return f"V09:{facts.device_id}:{facts.breach.value}:{legal_date(now)}"
