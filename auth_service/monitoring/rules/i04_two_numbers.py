"""I04: two people of the ledger who may be one, under two ID numbers; and what I05 looks at besides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class NamesakeFacts:
    """Two people of one full name (after folding), born on one day.

    name           keyed index of the name, in hex, and the birth year: where a sweep goes on
    people         their ids, in order
    sexes, regions  each one's; None where the ledger is silent
    same_village   both villages are given and alike
    digits_apart   in how many places the two numbers differ; None where they have another length
    both_draw      kinds of benefit that both draw and that nobody has ended
    """

    name: str
    people: tuple[str, str]
    sexes: tuple[Sex | None, Sex | None]
    regions: tuple[str | None, str | None]
    same_village: bool
    digits_apart: int | None
    both_draw: tuple[BenefitKind, ...] = ()

    @property
    def place(self) -> str:
        return self.name

    def alike(self, region_digits: int, digits_apart: int) -> bool:
        """Whether more than name and birthday speaks for one person: one village, one region down to so many digits of
        its code, or numbers that differ as by a slip. Another sex speaks against it."""
        if None not in self.sexes and self.sexes[0] is not self.sexes[1]:
            return False
        first, second = self.regions
        near = first is not None and second is not None and first[:region_digits] == second[:region_digits]
        enough = near and min(len(first or ""), len(second or "")) >= region_digits
        slip = self.digits_apart is not None and self.digits_apart <= digits_apart
        return self.same_village or enough or slip

    def evidence(self) -> dict[str, str | int | float | bool | None]:
        return {
            "same_village": self.same_village, "digits_apart": self.digits_apart, "first_region": self.regions[0],
            "second_region": self.regions[1],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class TwoNumbers:
    """One name, one birthday, and one county, one village or nearly one number.

    A number of 15 digits and its form of 18 are one number here from the import on, so that they make no pair.
    region_digits  6 is a county
    digits_apart   a slip in the sequence changes the check digit as well
    source         domain.md section 6, I04; both numbers: own decision, not measured: the rule starts in shadow
    """

    rule_id: ClassVar[str] = "I04"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "namesakes"
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = {
        "region_digits": (Decimal(2), Decimal(12)), "digits_apart": (Decimal(0), Decimal(6)),
    }  # fmt: skip
    words: ClassVar[RuleWords] = RuleWords(
        "疑似一人两号", "Perhaps one person under two ID numbers",
        "两名领取人员同名同生日，地区、村居相同或证件号码只差一两位，可能是同一人两个号码，也可能只是巧合。",
        "Two people have one name and birthday, and one county, one village or nearly one number: one person with two"
        " numbers, or mere chance.",
        "请核对两人的户籍资料；确认前两份待遇都不变。",
        "Compare both people's household registers. Both benefits stay as they are until that is known.",
    )  # fmt: skip
    region_digits: int = 6
    digits_apart: int = 2

    def judge(self, facts: NamesakeFacts, now: datetime) -> Flag | None:
        """One flag per pair."""
        if not facts.alike(self.region_digits, self.digits_apart):
            return None
        evidence: Facts = facts.evidence()
        key = f"I04:{':'.join(facts.people)}"
        return Flag(self.rule_id, self.version, self.severity, facts.people, evidence, key, now)
