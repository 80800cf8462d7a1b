"""Entitlement months (费款所属期) as `YYYY-MM`, which sort as text."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from auth_service.beneficiaries.dates import PartialDate
from auth_service.core.errors import DateInvalid

_MONTH = re.compile(r"(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])")


def checked_month(text: str, field: str = "month") -> str:
    """raises DateInvalid: not `YYYY-MM`, or not of a century that anybody is paid in"""
    if not _MONTH.fullmatch(text):
        raise DateInvalid(field=field)
    return text


def month_of(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def later(month: str, count: int = 1) -> str:
    """So many months on; a negative count goes back."""
    year, number = int(month[:4]), int(month[5:])
    past = year * 12 + number - 1 + count
    return f"{past // 12:04d}-{past % 12 + 1:02d}"


def first_unentitled(death: date) -> str:
    """The month of death is payable in full; the next one is not. source: domain.md section 7"""
    return later(month_of(death))


@dataclass(frozen=True, slots=True)
class Months:
    """From one month to another, both included; empty where the last lies before the first."""

    first: str
    last: str

    def __iter__(self) -> Iterator[str]:
        month = self.first
        while month <= self.last:
            yield month
            month = later(month)

    def __contains__(self, month: str) -> bool:
        return self.first <= month <= self.last

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A day that lies between two days; sure where they are the same."""

    earliest: date
    latest: date

    def __post_init__(self) -> None:
        if self.latest < self.earliest:
            raise ValueError("the latest day lies before the earliest")

    @property
    def is_sure(self) -> bool:
        return self.earliest == self.latest

    @classmethod
    def among(cls, *told: PartialDate | date) -> Uncertain:
        """What partial dates, or sources that disagree, leave open. raises ValueError: nothing was told"""
        days = [bounds(one) if isinstance(one, PartialDate) else (one, one) for one in told]
        return cls(min(first for first, _ in days), max(last for _, last in days))


def bounds(told: PartialDate) -> tuple[date, date]:
    """The first and the last day that a partial date may mean."""
    if told.month is None:
        return date(told.year, 1, 1), date(told.year, 12, 31)
    if told.day is None:
        return date(told.year, told.month, 1), date(
            told.year, told.month, calendar.monthrange(told.year, told.month)[1]
        )
    day = date(told.year, told.month, told.day)
    return day, day
