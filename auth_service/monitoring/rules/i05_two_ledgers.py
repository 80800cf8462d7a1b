"""I05: somebody may draw one benefit twice, as two people of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.monitoring.rules.i04_two_numbers import NamesakeFacts


@dataclass(frozen=True, slots=True)
class TwoLedgers:
    """Two people who may be one (as I04 has it), and both draw a benefit of one scheme that nobody has ended.

    One person cannot have two ledgers of a scheme here: person and kind are the ledger's key. Two of them are two
    people of the ledger, which is why this rule looks at the pairs of I04.
    source  domain.md section 6, I05; what makes a pair: as I04
    """

    rule_id: ClassVar[str] = "I05"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.CRITICAL
    candidates: ClassVar[str] = "namesakes"
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = {
        "region_digits": (Decimal(2), Decimal(12)), "digits_apart": (Decimal(0), Decimal(6)),
    }  # fmt: skip
    words: ClassVar[RuleWords] = RuleWords(
        "疑似重复领取同一险种", "Perhaps one scheme drawn twice",
        "疑似同一人的两份台账都在领取同一险种的待遇，可能是重复建档，也可能是两个同名同生日的人。",
        "Two ledgers of what may be one person both draw a benefit of one scheme: a person entered twice, or two people"
        " of one name and birthday.",
        "请核对户籍和参保资料，确认是同一人后保留一份；确认前两份待遇都不变。",
        "Compare household register and insurance papers, and keep one once it is sure that they are one person. Both"
        " benefits stay as they are until then.",
    )  # fmt: skip
    region_digits: int = 6
    digits_apart: int = 2

    def judge(self, facts: NamesakeFacts, now: datetime) -> Flag | None:
        """One flag per pair and set of schemes."""
        if not facts.both_draw or not facts.alike(self.region_digits, self.digits_apart):
            return None
        schemes = sorted(kind.value for kind in facts.both_draw)
        evidence: Facts = {**facts.evidence(), "benefits": " ".join(schemes)}
        key = f"I05:{':'.join(facts.people)}:{'+'.join(schemes)}"
        return Flag(self.rule_id, self.version, self.severity, facts.people, evidence, key[:200], now)
