"""When the next pass is due: three kinds of cycle, the month-end rule, and the month from which pay may wait."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

DEFAULT_PERIOD_MONTHS = 12
"""source: domain.md 2.1, 12 months from the last pass on any channel; a policy may say another cycle."""
_REMEMBERED = 65_536
"""Due dates kept in memory: a sweep asks for the same few thousand days again and again."""


class CycleKind(StrEnum):
    """source: domain.md finding 2, section 4"""

    ROLLING = "rolling"
    """So many months from the last pass."""
    HALF_YEAR = "half_year"
    """One pass in each window that ends on a fixed day, and no longer between two than the greatest gap."""
    BIRTHDAY_WINDOW = "birthday_window"
    """One pass in each year of life, from the birthday month on."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """How often somebody is asked.

    months          ROLLING: from pass to due date; of the others, for a person whose birth month nobody knows
    window_ends     HALF_YEAR: (month, day) on which a window ends, in the order of the year
    max_gap_months  HALF_YEAR: the longest between two passes; None: the windows alone count
    window_months   BIRTHDAY_WINDOW: how long the window stays open, from the birthday month
    month_end       whether a date falls on the last day of its month
    source          domain.md finding 2 (Tangshan 30/6, 31/12 and 6 months; Jieshou birthday to birthday), finding 3
    """

    kind: CycleKind = CycleKind.ROLLING
    months: int = DEFAULT_PERIOD_MONTHS
    window_ends: tuple[tuple[int, int], ...] = ((6, 30), (12, 31))
    max_gap_months: int | None = 6
    window_months: int = 12
    month_end: bool = True


def due_date(passed_on: date, months: int = DEFAULT_PERIOD_MONTHS) -> date:
    """Last day of the month `months` after the month of the pass.

    source   domain.md finding 3: passed in July 2018 -> due 31 July 2019 -> unpaid from August 2019
    """
    index = passed_on.year * 12 + passed_on.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


@lru_cache(maxsize=_REMEMBERED)
def next_due(cycle: Cycle, passed_on: date, birth_month: int | None = None) -> date:
    """The day by which the pass after this one is due. A later pass never gives an earlier day.

    birth_month  1 to 12; None where nobody knows it, and a birthday window then counts as so many months
    """
    if cycle.kind is CycleKind.HALF_YEAR:
        return _half_year(cycle, passed_on)
    if cycle.kind is CycleKind.BIRTHDAY_WINDOW and birth_month is not None:
        return _birthday(cycle, passed_on, birth_month)
    return months_after(passed_on, cycle.months, month_end=cycle.month_end)


def months_after(day: date, months: int, *, month_end: bool) -> date:
    """So many months later: the last day of that month, or the same day of it as far as it has one."""
    last = due_date(day, months)
    return last if month_end else last.replace(day=min(day.day, last.day))


def month_end_of(day: date) -> date:
    """The last day of its month."""
    return due_date(day, 0)


def unpaid_from(due_on: date, grace_days: int = 0) -> date:
    """The first month, by its first day, whose pay people may decide to hold once the due date and the grace are over.

    source   domain.md finding 3 and section 4: due 2019-07-31 -> hold from 2019-08
    """
    return month_end_of(due_on + timedelta(days=grace_days)) + timedelta(days=1)


def _half_year(cycle: Cycle, passed_on: date) -> date:
    """The end of the window after the one in which the pass fell; sooner where the gap would be too long."""
    ends = [_day_of(year, *end) for year in range(passed_on.year, passed_on.year + 3) for end in cycle.window_ends]
    window = [end for end in ends if end >= passed_on][1]
    if cycle.max_gap_months is None:
        return window
    return min(window, months_after(passed_on, cycle.max_gap_months, month_end=cycle.month_end))


def _birthday(cycle: Cycle, passed_on: date, birth_month: int) -> date:
    """The end of the window that opens with the next birthday month. source: domain.md finding 2, Jieshou"""
    year = passed_on.year + (1 if passed_on.month >= birth_month else 0)
    return due_date(date(year, birth_month, 1), cycle.window_months - 1)


def _day_of(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
