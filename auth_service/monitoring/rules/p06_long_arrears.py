"""P06: much is owed to somebody. It is a flag for them: a person has waited long without money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.payments.rows import ZERO


@dataclass(frozen=True, slots=True)
class OwedFacts:
    """What was withheld from one benefit or came back, and was not paid since. first: the first month; amount: CNY"""

    person_id: str
    benefit: BenefitKind
    first: str
    months: int
    amount: Decimal

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class LongArrears:
    """More than twelve months, or more than an amount.

    most_amount  CNY; 0: no limit. The catalogue names an amount and no number: whoever sets one knows local pensions
    source       domain.md section 6, P06; twelve months: as payments/proposals.py asks two people for longer arrears
    """

    rule_id: ClassVar[str] = "P06"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.MEDIUM
    candidates: ClassVar[str] = "owed"
    words: ClassVar[RuleWords] = RuleWords(
        "待补发时间过长或金额过大", "Long or large arrears",
        "此人有十二个月以上（或超过限额）的待遇被暂缓、退回而没有补发。可能一直没有人作出决定，本人生活会受影响。",
        "More than twelve months (or more than the limit) of this person's benefit were withheld or came back and were"
        " not paid since. Perhaps nobody ever decided; the person has been without that money.",
        "请尽快查明并作出决定；补发超过十二个月须两人审批。",
        "Find out and decide soon. Arrears of more than twelve months take two people.",
    )  # fmt: skip
    most_months: int = 12
    most_amount: Decimal = ZERO

    def judge(self, facts: OwedFacts, now: datetime) -> Flag | None:
        """One flag per benefit and first month owed."""
        much = self.most_amount > ZERO and facts.amount > self.most_amount
        if facts.months <= self.most_months and not much:
            return None
        evidence: Facts = {
            "benefit": facts.benefit.value, "first": facts.first, "months": facts.months, "amount": str(facts.amount),
        }  # fmt: skip
        key = f"P06:{facts.person_id}:{facts.benefit.value}:{facts.first}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)
