"""A clock that stands still until the simulation moves it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from auth_service.core.clock import AGENCY_ZONE


class StandingClock:
    """For a whole agency in one process. It starts in the morning of a day."""

    def __init__(self, day: date) -> None:
        self._instant = _morning(day)

    def now(self) -> datetime:
        return self._instant

    def to(self, day: date) -> None:
        """To the morning of a day."""
        self._instant = _morning(day)

    def advance(self, by: timedelta) -> None:
        self._instant += by


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), AGENCY_ZONE).astimezone(UTC)
