"""The service notices by itself that it was away, and gives the days back.

A serving process that can do its work leaves a sign every minute. Whoever leaves the next one after a gap writes down
the days that were lost, and the next sweep moves the due dates. Nobody need remember to do so while they mend things.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.qualification.life import Outage
from auth_service.qualification.outage import OutagePolicy, days_lost
from auth_service.storage.unit import Store, Unit

_SYSTEM = "system"
_REASON = "no sign of the service"


class NoticeOutage:
    """One instance a process.

    elapsed  seconds on a clock that nobody can set and that goes on while the machine sleeps: a wall clock set forward
             under a running process makes no gap
    """

    def __init__(self, store: Store, clock: Clock, policy: OutagePolicy, elapsed: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._elapsed = elapsed
        self._own: float | None = None

    def sign(self) -> Outage | None:
        """Leaves a sign; the outage that it ends, where one was written down. raises Unavailable"""
        now, elapsed, found = self._clock.now(), self._elapsed(), None
        with self._store.unit() as unit:
            unit.alone("sign of service")
            last = unit.signs.last()
            unit.signs.leave(now)
            if last is not None:
                found = self._noticed(unit, self._since(last, now, elapsed), now)
        self._own = elapsed
        return found

    def _since(self, last: datetime, now: datetime, elapsed: float) -> datetime:
        """When the gap began: no longer ago than this process itself left a sign, however long by the wall clock."""
        return last if self._own is None else max(last, now - timedelta(seconds=elapsed - self._own))

    def _noticed(self, unit: Unit, since: datetime, now: datetime) -> Outage | None:
        lost = days_lost(since, now, self._policy) if since < now else None
        if lost is None or _known(unit, lost):
            return None
        details = {"began_on": str(lost[0]), "ended_on": str(lost[1])}
        if (lost[1] - lost[0]).days >= self._policy.most_days:
            unit.audit.append(AuditEvent(_SYSTEM, "outage.doubted", "", details), now)
            return None
        outage = Outage(*lost, now)
        unit.life_events.add_outage(outage, _REASON, _SYSTEM)
        unit.audit.append(AuditEvent(_SYSTEM, "outage.kept", "", details), now)
        return outage


def _known(unit: Unit, lost: tuple[date, date]) -> bool:
    """Whether somebody has written these days down already, as for planned work."""
    return any(
        one.began_on <= lost[0] and one.ended_on is not None and lost[1] <= one.ended_on
        for one in unit.life_events.outages()
    )
