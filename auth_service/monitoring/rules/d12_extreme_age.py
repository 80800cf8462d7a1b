"""D12: somebody a hundred years old or more, and ages that nobody is known to have reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.monitoring.rules.d11_old_and_silent import YOUNGEST, OldPersonFacts
from auth_service.qualification.period import months_after


@dataclass(frozen=True, slots=True)
class ExtremeAge:
    """In the year of the hundredth birthday or older and not seen in person for a year; or older than 115.

    Somebody who was seen is not asked about again before a year is over. Of an age above the oldest plausible one the
    birth date is asked about whether or not they were seen, once.
    source  domain.md section 6, D12; age by the year alone, as in D11
    """

    rule_id: ClassVar[str] = "D12"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.MEDIUM
    high: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "old_people"
    words: ClassVar[RuleWords] = RuleWords(
        "百岁及以上", "A hundred years old or more",
        "此人登记年龄已满百岁且一年内没有当面见过，或登记年龄超出常理。后者多半是出生日期录入有误。",
        "By the ledger this person is a hundred or more and nobody has seen them in person for a year, or is older than"
        " is plausible; that is most often a slip in the birth date.",
        "请每年当面看望一次并向老人问好，同时核对证件上的出生日期；有误请更正台账。待遇没有改变，也不能仅凭年龄改变。",
        "Call on them once a year, in person, and compare the birth date with the papers; correct the ledger if it is"
        " wrong. Nothing was changed, and nothing may be for age alone.",
    )  # fmt: skip
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = {
        "years": (Decimal(YOUNGEST), Decimal(130)),
        "months": (Decimal(1), Decimal(120)),
    }
    years: int = 100
    most_years: int = 115
    months: int = 12

    def judge(self, facts: OldPersonFacts, now: datetime) -> Flag | None:
        """One flag per person and year; one per person for an age above all that is plausible."""
        today = legal_date(now)
        age = today.year - facts.born_in
        if not facts.paid or age < self.years:
            return None
        seen = facts.in_person_on
        evidence: Facts = {
            "born_in": facts.born_in, "above_plausible": age > self.most_years,
            "last_in_person": str(seen) if seen else None,
        }  # fmt: skip
        if age > self.most_years:
            key = f"D12:{facts.person_id}:birth:{facts.born_in}"
            return Flag(self.rule_id, self.version, self.high, (facts.person_id,), evidence, key, now)
        if seen is not None and months_after(seen, self.months, month_end=False) > today:
            return None
        key = f"D12:{facts.person_id}:{today.year}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)
