"""I01: a ledger row whose ID number cannot be right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity

_FAULTS = frozenset({"id_number_invalid", "id_number_check_digit", "id_number_date"})


@dataclass(frozen=True, slots=True)
class LedgerRowFacts:
    """One refused ledger row. `subject` is a keyed hash of the number as given, so that no number lies in a flag."""

    batch_id: str
    row: int
    error_code: str
    field: str | None
    subject: str
    person_key: str | None


@dataclass(frozen=True, slots=True)
class InvalidIdNumber:
    """ID checksum, form or date invalid."""

    rule_id: ClassVar[str] = "I01"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    words: ClassVar[RuleWords] = RuleWords(
        "证件号码有误", "Invalid ID number",
        "台账中的证件号码校验位、格式或出生日期不正确，无法确认是哪一个人。",
        "The ID number in the ledger has a wrong check digit, form or birth date, so it is not sure whom it means.",
        "请对照证件原件更正台账后重新导入；更正前不能登记照片。",
        "Correct the ledger against the card and import it again; until then no photo can be enrolled.",
    )  # fmt: skip

    def judge(self, facts: LedgerRowFacts, now: datetime) -> Flag | None:
        """A flag when the row was refused for its ID number."""
        if facts.error_code not in _FAULTS or facts.field != "id_number":
            return None
        evidence: Facts = {
            "batch": facts.batch_id, "row": facts.row, "fault": facts.error_code, "person_key": facts.person_key,
        }  # fmt: skip
        return Flag(self.rule_id, self.version, self.severity, (), evidence, f"I01:{facts.subject}", now)
