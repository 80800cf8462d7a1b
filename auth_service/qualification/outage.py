"""From the last sign of the service to the next: which days were lost to people who wanted to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from auth_service.core.clock import AGENCY_ZONE


@dataclass(frozen=True, slots=True)
class OutagePolicy:
    """minutes    of a day, between its hours, after which the day counts as lost
    from_hour  when people begin to come (Asia/Shanghai)
    to_hour    when they end
    most_days  a longer gap is noted for people to judge, for a clock set wrong looks just so

    source     own decisions: an hour, because whoever found the door closed goes home; waking hours, so that work at
               night gives nobody days; a month, after which somebody has noticed anyway
    """

    minutes: int = 60
    from_hour: int = 6
    to_hour: int = 22
    most_days: int = 31

    def __post_init__(self) -> None:
        if not (0 <= self.from_hour < self.to_hour <= 24 and 1 <= self.minutes <= 60 * (self.to_hour - self.from_hour)):
            raise ValueError("hours of one day, and no more minutes than they have")
        if self.most_days < 1:
            raise ValueError("at least one day")


def days_lost(since: datetime, until: datetime, policy: OutagePolicy) -> tuple[date, date] | None:
    """The first and the last legal day on which too much was lost between two instants; None: on none."""
    begin, end = since.astimezone(AGENCY_ZONE), until.astimezone(AGENCY_ZONE)
    edges = sorted({begin.date(), begin.date() + timedelta(days=1), end.date() - timedelta(days=1), end.date()})
    lost = [day for day in edges if begin.date() <= day <= end.date() and _lost_on(day, begin, end, policy)]
    return (lost[0], lost[-1]) if lost else None


def _lost_on(day: date, begin: datetime, end: datetime, policy: OutagePolicy) -> bool:
    opens = datetime.combine(day, time(), AGENCY_ZONE) + timedelta(hours=policy.from_hour)
    closes = datetime.combine(day, time(), AGENCY_ZONE) + timedelta(hours=policy.to_hour)
    return min(end, closes) - max(begin, opens) >= timedelta(minutes=policy.minutes)
