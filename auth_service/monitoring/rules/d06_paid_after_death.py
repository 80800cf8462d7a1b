"""D06: a benefit is paid for months after the death that two members of staff have confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.payments.rows import ZERO


@dataclass(frozen=True, slots=True)
class PaidAfterDeathFacts:
    """What stands of payments for months that a confirmed death took away, whichever of the person's benefits paid it.

    since         the first month that the confirmed act touches
    last_month    the last month paid of those
    payments, amount  what arrived, did not come back and has not been asked back yet; CNY
    said_alive    a resumption, an open contest or a pass that somebody attested is newer than the confirmation
    passed_since  somebody passed by camera alone since: either the record or the pass is wrong
    """

    person_id: str
    since: str
    last_month: str
    payments: int
    amount: Decimal
    said_alive: bool
    passed_since: bool

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class PaidAfterDeath:
    """Money that arrived for months after a confirmed death.

    A record of death alone is no death here: only an act that two people decided, as long as nothing newer says that
    the person lives. Then this rule is silent, because the first question is whether they do.
    source  domain.md section 6, D06; the silence: section 6 D07 and finding 9
    """

    rule_id: ClassVar[str] = "D06"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.CRITICAL
    candidates: ClassVar[str] = "paid_after_death"
    words: ClassVar[RuleWords] = RuleWords(
        "确认身故之后仍有发放", "Paid after a confirmed death",
        "两名工作人员已确认身故，其后的费款所属期仍有发放到账且尚未退回，可能是发放名单没有及时更新，也可能身故记录有误。",
        "Two members of staff have confirmed the death, and months after it were paid and have not come back: the"
        " paying list was late, or the record is wrong.",
        "请先再核对身故记录，再逐笔核算多发金额，与经办银行和家属联系退回，并查明发放名单为何没有更新。本提示没有改变待遇。",
        "Check the record once more, then work out what was paid too much row by row, ask bank and family for it, and"
        " find out why the paying list was late. This flag changed nothing.",
    )  # fmt: skip

    def judge(self, facts: PaidAfterDeathFacts, now: datetime) -> Flag | None:
        """One flag per person and last month paid: what is paid on is a failure of its own."""
        if facts.said_alive or facts.amount <= ZERO or facts.last_month < facts.since:
            return None
        evidence: Facts = {
            "since": facts.since, "last_month": facts.last_month, "payments": facts.payments,
            "amount": str(facts.amount), "passed_since": facts.passed_since,
        }  # fmt: skip
        key = f"D06:{facts.person_id}:{facts.last_month}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)
