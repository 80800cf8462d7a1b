"""The poverty ledger (扶贫台账): what a list of a month and the insured ledger say of one person together.

The question: who of the people on the lists of the poverty office, civil affairs and the disabled federation is insured
here, who is not yet, and who is on a list no more. Nothing here moves a payment; a list is a reason to help somebody.
source   domain.md section 11, 人社部发〔2017〕59号
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.names import folded_name
from auth_service.beneficiaries.tags import Tag
from auth_service.core.clock import legal_date
from auth_service.crosscheck.sources import RegistryKind

BENEFIT_YEARS = 60
"""Age at which the resident pension begins. source: domain.md section 11, benefit reached at 60"""
LISTS: Mapping[RegistryKind, frozenset[Tag]] = {
    RegistryKind.POVERTY: frozenset({Tag.REGISTERED_POOR, Tag.LIFTED_FROM_POVERTY, Tag.MONITORED}),
    RegistryKind.SUBSISTENCE: frozenset({Tag.SUBSISTENCE, Tag.EXTREME_HARDSHIP}),
    RegistryKind.DISABILITY: frozenset({Tag.SEVERE_DISABILITY}),
}
"""Lists that are compared every month, each with the tags by which the ledger says the same."""
_VILLAGE_DIGITS, _COUNTY_DIGITS = 12, 6
_PAID = re.compile(r"(?:代缴|premium paid)\D{0,12}((?:20\d\d\D{0,3})+)", re.IGNORECASE)
_YEAR = re.compile(r"20\d\d")


class Outcome(StrEnum):
    """What a month says of a person and one list. The first four: domain.md section 11."""

    INSURED_TAGGED = "insured_tagged"
    INSURED_UNTAGGED = "insured_untagged"
    UNINSURED_TAGGED = "uninsured_tagged"
    """未参保: to be won for the insurance (动员)."""
    LOST_SOURCE = "lost_source"
    """退出: on the list or tagged before, and no longer on a list that has come in."""
    TO_CONFIRM = "to_confirm"
    """Name, birth and village are somebody's here and the ID number is not, or it cannot be one: a person looks."""


OUTCOME_WORDS: dict[Outcome, tuple[str, str]] = {
    Outcome.INSURED_TAGGED: ("已参保，在名单", "insured and on a list"),
    Outcome.INSURED_UNTAGGED: ("已参保，不在名单", "insured, on no list"),
    Outcome.UNINSURED_TAGGED: ("未参保，在名单（动员）", "on a list, not insured"),
    Outcome.LOST_SOURCE: ("名单中已无（退出）", "on the list no more"),
    Outcome.TO_CONFIRM: ("待确认", "to be confirmed"),
}
"""Outcome -> (zh, en)."""


@dataclass(frozen=True, slots=True)
class Who:
    """What tells one person from another where no ID number does. Missing parts agree with nothing."""

    name: str
    birth: PartialDate | None
    village: str = ""
    region: str = ""


def outcome_of(*, insured: bool, listed: bool, held_before: bool) -> Outcome | None:
    """One person, one list, one month. held_before: on the list last month, or tagged by the ledger. None: no concern

    A person who has left the list has left it whether insured or not.
    """
    if listed:
        return Outcome.INSURED_TAGGED if insured else Outcome.UNINSURED_TAGGED
    if held_before:
        return Outcome.LOST_SOURCE
    return Outcome.INSURED_UNTAGGED if insured else None


def may_be_one(told: Who, known: Who) -> bool:
    """Whether a row could mean a person of the ledger whose number it does not carry: name, whole birth and village.

    It never makes them one: somebody confirms it by correcting the list or the ledger.
    """
    born = told.birth is not None and told.birth.whole is not None and told.birth == known.birth
    return born and folded_name(told.name) == folded_name(known.name) and _same_village(told, known)


def _same_village(told: Who, known: Who) -> bool:
    coded = len(told.region) == _VILLAGE_DIGITS and told.region == known.region
    named = bool(told.village) and folded_name(told.village) == folded_name(known.village)
    return coded or (named and county_of(told.region) in {"", county_of(known.region)})


def county_of(region: str) -> str:
    """Whose list a person would stand on; empty where it is not known."""
    return region[:_COUNTY_DIGITS] if len(region) >= _COUNTY_DIGITS else ""


def month_of(instant: datetime) -> str:
    """The legal month of an instant, `YYYY-MM`."""
    return f"{legal_date(instant):%Y-%m}"


def last_day_of(month: str) -> date:
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, monthrange(year, number)[1])


def reached_benefit_age(born: PartialDate | None, month: str) -> bool | None:
    """Whether somebody is 60 by the end of a month. None: the birth does not say"""
    if born is None:
        return None
    last = last_day_of(month)
    sixty = [(day.year + BENEFIT_YEARS, day.month, day.day) for day in (born.first, born.last)]
    reached = [one <= (last.year, last.month, last.day) for one in sixty]
    return reached[0] if reached[0] == reached[1] else None


def premium_years(detail: str) -> tuple[int, ...]:
    """Years for which the government paid the premium, as a list's remark says: `代缴 2024、2025`."""
    return tuple(sorted({int(year) for told in _PAID.findall(detail) for year in _YEAR.findall(told)}))
