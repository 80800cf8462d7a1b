"""A beneficiary and what they receive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import IdNumber, Sex


class BenefitKind(StrEnum):
    """险种. The numbers are AAE140 codes (domain.md section 10; provinces vary)."""

    RESIDENT_PENSION = "resident_pension"
    EMPLOYEE_PENSION = "employee_pension"
    PUBLIC_BODY_PENSION = "public_body_pension"
    WORK_INJURY = "work_injury"
    SURVIVOR = "survivor"
    UNEMPLOYMENT = "unemployment"


BENEFIT_WORDS: dict[str, BenefitKind] = {
    **{kind.value: kind for kind in BenefitKind},
    **dict.fromkeys(("城乡居民养老", "城乡居民基本养老保险", "居民养老", "170"), BenefitKind.RESIDENT_PENSION),
    **dict.fromkeys(
        ("城镇职工养老", "企业职工养老", "企业职工基本养老保险", "职工养老", "110"), BenefitKind.EMPLOYEE_PENSION
    ),
    **dict.fromkeys(("机关事业养老", "机关事业单位养老保险", "120"), BenefitKind.PUBLIC_BODY_PENSION),
    **dict.fromkeys(("工伤长期待遇", "工伤保险", "工伤", "410"), BenefitKind.WORK_INJURY),
    **dict.fromkeys(("供养亲属抚恤金", "遗属待遇", "遗属", "供养亲属"), BenefitKind.SURVIVOR),
    **dict.fromkeys(("失业保险", "失业", "210"), BenefitKind.UNEMPLOYMENT),
}


CHILD_YEARS = 18
"""In the year of the eighteenth birthday still a child: the birth year alone must not let one pass too early."""
TWIN_TAGS = frozenset({"双胞胎", "孪生", "twin"})
"""How a declared twin is marked in the ledger's tags."""


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit of one person. `monthly_amount` in CNY; `award_month` as `YYYY-MM`."""

    kind: BenefitKind
    award_month: str | None = None
    monthly_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """What the ledger holds about one person. Everything but id, key, region, sex and birth year lies encrypted."""

    id: str
    person_key: str
    id_number: IdNumber
    name: str
    sex: Sex | None = None
    birth_date: PartialDate | None = None
    region_code: str | None = None
    village: str | None = None
    address: str | None = None
    phone: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    tags: tuple[str, ...] = ()
    benefits: tuple[Benefit, ...] = field(default=())

    @property
    def birth_year(self) -> int | None:
        if self.birth_date is not None:
            return self.birth_date.year
        return self.id_number.birth_date.year if self.id_number.birth_date else None

    def face_is_not_enough(self, today: date) -> bool:
        """A child survivor or a declared twin. source: contract.md section 4; children: domain.md finding 6"""
        child = self.birth_year is not None and today.year - self.birth_year <= CHILD_YEARS
        survivor = any(benefit.kind is BenefitKind.SURVIVOR for benefit in self.benefits)
        return (child and survivor) or any(tag.strip().lower() in TWIN_TAGS for tag in self.tags)


@dataclass(frozen=True, slots=True)
class BankReference:
    """Where one person's benefit is paid. Kept apart from the person: comparing faces has no need of it."""

    person_id: str
    account: str | None = None
    holder: str | None = None
