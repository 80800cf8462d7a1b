"""I02: what the ledger says of somebody's birth, sex or age does not fit their ID number or their benefit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.payments.months import month_of

_YEARS = (Decimal(30), Decimal(80))


@dataclass(frozen=True, slots=True)
class LedgerIdentityFacts:
    """One person of the ledger whose paper says birth and sex.

    number_birth, number_sex  by the ID number
    birth, sex                by the ledger; None where it is silent
    awards                    (kind of benefit, first month as `YYYY-MM`, None: not known)
    """

    person_id: str
    number_birth: date
    number_sex: Sex
    birth: PartialDate | None
    sex: Sex | None
    awards: tuple[tuple[BenefitKind, str | None], ...]

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class LedgerAgainstNumber:
    """Birth or sex differ, or a pension began before the lowest age at which there is one.

    Ages are the lowest that the rules on early retirement know, so that nobody who retired early in order is met. A
    local scheme may pay earlier: its agency sets the parameter.
    source  domain.md section 6, I02; resident_years: domain.md section 10, 60+; others: 国发〔1978〕104号, men of 50
            and women of 45 who cannot work any more [K, to be checked against the local text]; public bodies: as women
    """

    rule_id: ClassVar[str] = "I02"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "ledger_identities"
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = dict.fromkeys(
        ("resident_years", "employee_man_years", "employee_woman_years", "public_body_years"), _YEARS
    )
    words: ClassVar[RuleWords] = RuleWords(
        "台账与证件号码不符", "Ledger and ID number differ",
        "台账中的出生日期或性别与证件号码不一致，或待遇开始时未到领取年龄。档案记载与身份证不同、政策性提前退休都可能如此。",
        "Birth date or sex in the ledger differ from the ID number, or a pension began before the lowest age for it. An"
        " older personnel file, or retirement by a special rule, can explain it.",
        "请核对档案和证件，更正错的一方；待遇没有改变，也不能仅凭此项改变。",
        "Compare the personnel file with the card and correct whichever is wrong. Nothing was changed about the"
        " benefit, and nothing may be on this ground alone.",
    )  # fmt: skip
    resident_years: int = 60
    employee_man_years: int = 50
    employee_woman_years: int = 45
    public_body_years: int = 45

    def judge(self, facts: LedgerIdentityFacts, now: datetime) -> Flag | None:
        """One flag per person and set of faults: another fault is another flag."""
        faults = self._faults(facts, now)
        if not faults:
            return None
        evidence: Facts = {"faults": " ".join(faults)}
        key = f"I02:{facts.person_id}:{'+'.join(faults)}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)

    def _faults(self, facts: LedgerIdentityFacts, now: datetime) -> list[str]:
        found = []
        if facts.birth is not None and not facts.birth.first <= facts.number_birth <= facts.birth.last:
            found.append("birth")
        if facts.sex is not None and facts.sex is not facts.number_sex:
            found.append("sex")
        today = month_of(legal_date(now))
        if any(self._too_young(facts, kind, month or today) for kind, month in facts.awards):
            found.append("age")
        return found

    def _too_young(self, facts: LedgerIdentityFacts, kind: BenefitKind, month: str) -> bool:
        """Whether the age is reached after this month. In the month of the birthday it counts as reached."""
        years = self._least(kind, facts.number_sex)
        if years is None:
            return False
        birth = facts.number_birth
        return month < f"{birth.year + years:04d}-{birth.month:02d}"

    def _least(self, kind: BenefitKind, sex: Sex) -> int | None:
        """None: a benefit that no age is asked for."""
        employee = self.employee_man_years if sex is Sex.MALE else self.employee_woman_years
        return {
            BenefitKind.RESIDENT_PENSION: self.resident_years,
            BenefitKind.EMPLOYEE_PENSION: employee,
            BenefitKind.PUBLIC_BODY_PENSION: self.public_body_years,
        }.get(kind)
