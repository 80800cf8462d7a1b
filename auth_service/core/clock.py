"""Time as the service sees it: aware UTC instants inside, legal dates in the agency's zone.

A stage function takes `now` as an argument; only flows hold a Clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

AGENCY_ZONE = ZoneInfo("Asia/Shanghai")
"""Legal dates are counted here. source: GB/T 7408 practice; no daylight saving since 1991 (domain.md 10)."""


class Clock(Protocol):
    """Where a flow reads the time; tests give a fixed one."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock, aware and in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def legal_date(instant: datetime) -> date:
    """The calendar date of an aware instant in the agency's zone."""
    if instant.tzinfo is None:
        raise ValueError("instants must be timezone-aware")
    return instant.astimezone(AGENCY_ZONE).date()


def end_of(day: date) -> datetime:
    """The last instant of a legal day."""
    return datetime.combine(day, time.max, AGENCY_ZONE)


def working_days_after(day: date, count: int) -> date:
    """The day that many working days on. Public holidays are not known here: every weekday is one, so a day falls early
    and never late."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day
