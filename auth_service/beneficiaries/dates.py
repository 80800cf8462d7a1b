"""Dates as files hold them: whole or partial."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from auth_service.core.errors import DateInvalid

_FORM = re.compile(r"(\d{4})(?:[-/.年]?(\d{2})(?:[-/.月]?(\d{2})日?)?月?)?")
_LOOSE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?")


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date whose day, or month and day, may be unknown."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def whole(self) -> date | None:
        """The calendar date, if all parts are known."""
        if self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    @property
    def first(self) -> date:
        """The earliest day that it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day that it can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"] + [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


def parse_partial_date(text: str, field: str) -> PartialDate:
    """`YYYY-MM-DD`, `YYYYMMDD`, `YYYY-MM`, `YYYYMM` or `YYYY`. raises DateInvalid"""
    stripped = text.strip().removesuffix(" 00:00:00")
    match = _FORM.fullmatch(stripped) or _LOOSE.fullmatch(stripped)
    if match is None:
        raise DateInvalid(field=field)
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        date(year or 0, month or 1, day or 1)
    except ValueError as error:
        raise DateInvalid(field=field) from error
    return PartialDate(year or 0, month, day)


def parse_date(text: str, field: str) -> date:
    """A whole date. raises DateInvalid"""
    whole = parse_partial_date(text, field).whole
    if whole is None:
        raise DateInvalid(field=field)
    return whole


def parse_month(text: str, field: str) -> str:
    """A month as `YYYY-MM`. raises DateInvalid"""
    parsed = parse_partial_date(text, field)
    if parsed.month is None:
        raise DateInvalid(field=field)
    return f"{parsed.year:04d}-{parsed.month:02d}"
