"""When everybody is looked at anew: once each legal day, from an hour on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from auth_service.core.clock import AGENCY_ZONE, legal_date


@dataclass(frozen=True, slots=True)
class SweepPolicy:
    """hour  of the legal day (Asia/Shanghai), 0 to 23, from which the worker sweeps it

    source  own decision: after the day before is over and before anybody comes to work
    """

    hour: int = 3

    def __post_init__(self) -> None:
        if not 0 <= self.hour <= 23:
            raise ValueError("an hour is 0 to 23")


def newest_due(now: datetime, policy: SweepPolicy) -> date:
    """The newest legal day whose hour has come. Days before it need no sweep of their own: a status knows the past."""
    here = now.astimezone(AGENCY_ZONE)
    return here.date() if here.hour >= policy.hour else here.date() - timedelta(days=1)


def long_over(day: date, now: datetime) -> bool:
    """Whether a status of a day is of old times: before the hour of the sweep, the newest swept is the day before."""
    return day < legal_date(now) - timedelta(days=1)
