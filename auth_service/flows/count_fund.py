"""Counts what the fund-safety page shows and no page could count while somebody waits."""

from __future__ import annotations

from auth_service.core.clock import Clock
from auth_service.storage.unit import Store

WINDOWS = (30, 90, 365)
"""Days. source: own decision; a month, a quarter, a certification year"""
_ALONE = "fund_counts"


class CountFund:
    """The worker does it every hour. Whatever it is killed in, the count before stands."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self) -> dict[str, int]:
        """Counts every window; reading holds no lock, and the count is kept in a short transaction of its own."""
        for days in WINDOWS:
            found = self._store.queries.count_fund(days, self._clock.now())
            with self._store.unit() as unit:
                unit.alone(_ALONE)
                unit.fund.keep(found)
        return {"windows": len(WINDOWS)}
