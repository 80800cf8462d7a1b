"""P05: money arrived for a month in which the benefit was held, suspended or terminated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.payments.proposals import Act


@dataclass(frozen=True, slots=True)
class ActOn:
    """An act of two people that stopped a benefit, or one that gave it back. month: the first that it touches"""

    kind: Act
    month: str
    decided_on: date


@dataclass(frozen=True, slots=True)
class StoppedPaymentFacts:
    """One payment that arrived and was not taken back, of a benefit that was ever stopped. amount: CNY, what stands

    acts  of the benefit, oldest first
    """

    person_id: str
    benefit: BenefitKind
    month: str
    paid_on: date
    amount: Decimal
    acts: tuple[ActOn, ...]

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class PaidWhileStopped:
    """Paid after the decision, for a month from which it said that nothing is paid, and before anybody gave it back.

    Only sums over payments and approved acts. A payment of the very day of a decision may have left the bank before it
    and is let pass; so is whatever is paid after a resumption, for any month: those are arrears.
    source  domain.md section 6, P05
    """

    rule_id: ClassVar[str] = "P05"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.CRITICAL
    candidates: ClassVar[str] = "payments_of_stopped"
    words: ClassVar[RuleWords] = RuleWords(
        "暂缓、暂停或停发期间仍发放", "Paid while it was stopped",
        "待遇已由两人决定不再按月发放（暂缓、暂停等），之后仍有当期款项到账，说明发放环节没有执行。",
        "Two people had stopped this benefit, and money for a stopped month still arrived: the payment run did not"
        " follow.",
        "请与发放机构核对原因并堵住漏洞；是否追回另按程序由两人决定，不由此项决定。",
        "Find out with the paying agency why, and close the gap. Whether anything is asked back is for two people to"
        " decide, not for this flag.",
    )  # fmt: skip

    def judge(self, facts: StoppedPaymentFacts, now: datetime) -> Flag | None:
        """One flag per benefit, month and day of payment."""
        stop = self._stop(facts)
        if stop is None or facts.amount <= 0:
            return None
        evidence: Facts = {
            "benefit": facts.benefit.value, "month": facts.month, "paid_on": str(facts.paid_on),
            "amount": str(facts.amount), "act": stop.kind.value, "stopped_from": stop.month,
            "decided_on": str(stop.decided_on),
        }  # fmt: skip
        key = f"P05:{facts.person_id}:{facts.benefit.value}:{facts.month}:{facts.paid_on}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)

    @staticmethod
    def _stop(facts: StoppedPaymentFacts) -> ActOn | None:
        """The act that had stopped this month when it was paid: the first since the benefit was last given back."""
        found: ActOn | None = None
        for act in facts.acts:
            if act.kind is Act.RESUME:
                if act.decided_on <= facts.paid_on:
                    found = None
            elif found is None and act.decided_on < facts.paid_on and act.month <= facts.month:
                found = act
        return found
