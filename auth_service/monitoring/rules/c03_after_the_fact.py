"""C03: a payment or an act on money that was written down later than it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class LateRowFacts:
    """One row that came after what it should have stood in.

    row_id     of the payment, or of the proposal
    sent_at    of an act: when the file was made in which it stands; None for a payment
    decided_at of an act: when its decision says that it was made; None for a payment
    month, paid_on, amount  of a payment that arrived: its month, its day and CNY; None for an act
    first_at   when the first file with a payment of this month for the person came in; None for an act
    added_at   when this row came in; None for an act
    """

    person_id: str
    row_id: str
    sent_at: datetime | None = None
    decided_at: datetime | None = None
    month: str | None = None
    paid_on: date | None = None
    amount: Decimal | None = None
    first_at: datetime | None = None
    added_at: datetime | None = None

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class AfterTheFact:
    """An act decided after the file in which it was sent; or a second payment of a month, whose file came a week after
    the first one's and says that it was paid before that.

    A month counts as closed for a person with the first file that has a payment of it: the service hears of no other
    lock. What came back or was booked back comes later by its nature and is not looked at.
    days     source: own decision, the counties of a province need some days for their files
    minutes  source: own decision, because a file bears the instant at which it was begun (flows/send_payments.py)
    source   domain.md section 6, C03
    """

    rule_id: ClassVar[str] = "C03"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "late_rows"
    words: ClassVar[RuleWords] = RuleWords(
        "事后补写的发放或操作", "Written after the fact",
        "发放记录晚于同月文件导入却写着更早的发放日期，或操作的决定时间晚于它所在的发放文件。可能是分批报送、补录，也可能有人事后改动。",
        "A payment came in after its month's file and bears an earlier day, or an act was decided after the file in"
        " which it was sent: files in parts, a late entry, or somebody who wrote afterwards.",
        "请由监督人员对照发放机构的原始文件和操作记录。本提示没有改变待遇，也不能仅凭此项认定任何人的责任。",
        "Have an inspector compare with the paying agency's own file and with the trail. Nothing was changed, and"
        " nobody is to be blamed on this ground alone.",
    )  # fmt: skip
    days: int = 7
    minutes: int = 60

    def judge(self, facts: LateRowFacts, now: datetime) -> Flag | None:
        """One flag per row."""
        if facts.sent_at is not None and facts.decided_at is not None:
            if facts.decided_at - facts.sent_at <= timedelta(minutes=self.minutes):
                return None
            evidence: Facts = {
                "record": facts.row_id, "decided_at": facts.decided_at.isoformat(),
                "sent_at": facts.sent_at.isoformat(),
            }  # fmt: skip
        elif self._backdated(facts):
            evidence = {
                "record": facts.row_id, "month": facts.month, "paid_on": str(facts.paid_on),
                "amount": str(facts.amount), "first_file_on": _day(facts.first_at), "added_on": _day(facts.added_at),
            }  # fmt: skip
        else:
            return None
        key = f"C03:{facts.row_id}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)

    def _backdated(self, facts: LateRowFacts) -> bool:
        if facts.paid_on is None or facts.first_at is None or facts.added_at is None:
            return False
        late = facts.added_at - facts.first_at > timedelta(days=self.days)
        return late and facts.paid_on <= legal_date(facts.first_at)


def _day(at: datetime | None) -> str | None:
    return None if at is None else str(legal_date(at))
