"""What the paying agency is told, one line an act, and what it may answer. No name, no number, no ground goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from auth_service.beneficiaries.dates import parse_date
from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.cells import refuse_lost_digits
from auth_service.core.errors import DateInvalid, FieldInvalid, FieldMissing, FieldTooLong
from auth_service.payments.proposals import Act

INSTRUCTION_COLUMNS = ("instruction", "person_key", "benefit_kind", "act", "month", "amount", "approved_at")
"""In this order in every file. The instruction is the act's own id: one that comes again is the same act."""
ANSWER_COLUMNS: dict[str, tuple[str, ...]] = {
    "instruction": ("指令编号",),
    "outcome": ("办理结果",),
    "code": ("原因代码",),
    "done_on": ("办理日期",),
}
"""English column -> Chinese headers that mean the same."""
ANSWER_REQUIRED = ("instruction", "outcome")
DONE, REFUSED = "done", "refused"
_OUTCOMES = {
    **dict.fromkeys((DONE, "已办理", "成功"), DONE),
    **dict.fromkeys((REFUSED, "未办理", "失败"), REFUSED),
}
_LONGEST_CODE = 64


@dataclass(frozen=True, slots=True)
class Instruction:
    """One approved act. amount: of back-pay and recovery; None for the others"""

    id: str
    person_key: str
    benefit: BenefitKind
    act: Act
    month: str
    amount: Decimal | None
    approved_at: datetime

    def cells(self) -> tuple[str, ...]:
        """As they stand in a file, in the order of the columns."""
        amount = "" if self.amount is None else f"{self.amount:.2f}"
        at = self.approved_at.isoformat(timespec="seconds")
        return self.id, self.person_key, self.benefit.value, self.act.value, self.month, amount, at


@dataclass(frozen=True, slots=True)
class Packed:
    """A file ready to be written. digest: sha256 (hex) of the content; manifest: signed"""

    file_id: str
    content: bytes
    digest: str
    manifest: str


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One checked line of an answer. code: the agency's own word for why, which a refusal must give"""

    instruction: str
    outcome: str
    code: str
    done_on: date | None


def check_answer(values: Mapping[str, str], today: date) -> GivenAnswer:
    """raises FieldMissing, FieldInvalid, FieldTooLong, DateInvalid, DigitsLost"""
    refuse_lost_digits(values)
    instruction = values.get("instruction", "").strip()
    if not instruction:
        raise FieldMissing(field="instruction")
    outcome = _OUTCOMES.get(values.get("outcome", "").strip())
    if outcome is None:
        raise FieldInvalid(field="outcome")
    code = values.get("code", "").strip()
    if len(code) > _LONGEST_CODE:
        raise FieldTooLong(field="code")
    if any(ord(character) < 32 for character in code):
        raise FieldInvalid(field="code")
    if outcome == REFUSED and not code:
        raise FieldMissing(field="code")
    done = values.get("done_on", "").strip()
    day = parse_date(done, "done_on") if done else None
    if day is not None and day > today:
        raise DateInvalid("in the future", field="done_on")
    return GivenAnswer(instruction, outcome, code, day)
