"""P04: what was paid for a month differs much from the month before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.payments.months import later
from auth_service.payments.rows import ZERO


@dataclass(frozen=True, slots=True)
class MonthPairFacts:
    """What stands of two entitlement months of one benefit, one after the other among those that were paid.

    before, after  CNY; what came back is taken off
    """

    person_id: str
    benefit: BenefitKind
    month_before: str
    month: str
    before: Decimal
    after: Decimal

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class AmountJump:
    """More than a fifth more, or less, than for the month before. A fall matters too: somebody may get too little.

    The service knows of no adjustment orders, so that a raise which was ordered shows here as well; yearly raises of
    pensions stay far below a fifth.
    source  domain.md section 6, P04
    """

    rule_id: ClassVar[str] = "P04"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.MEDIUM
    candidates: ClassVar[str] = "month_pairs"
    words: ClassVar[RuleWords] = RuleWords(
        "月待遇变动过大", "A month's amount jumps",
        "相邻两个费款所属期的发放金额相差超过五分之一，系统不掌握调整文件，可能是正常调整、补差，也可能是录入错误。",
        "What was paid for a month differs by more than a fifth from the month before: an order of which the service"
        " does not know, a correction, or a slip.",
        "请对照调整文件核对金额；多发、少发都要更正。待遇没有改变。",
        "Compare with the adjustment order and correct what was paid too much or too little. Nothing was changed.",
    )  # fmt: skip
    percent: int = 20

    def judge(self, facts: MonthPairFacts, now: datetime) -> Flag | None:
        """One flag per benefit and month."""
        if facts.before <= ZERO or facts.after <= ZERO or later(facts.month_before) != facts.month:
            return None
        if abs(facts.after - facts.before) * 100 <= facts.before * self.percent:
            return None
        evidence: Facts = {
            "benefit": facts.benefit.value, "month": facts.month, "before": str(facts.before),
            "after": str(facts.after),
        }  # fmt: skip
        key = f"P04:{facts.person_id}:{facts.benefit.value}:{facts.month}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)
