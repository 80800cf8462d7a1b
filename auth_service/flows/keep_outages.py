"""Days on which people could not be served: written down once, and given back to everybody by the next sweep."""

from __future__ import annotations

from datetime import date

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import DateInvalid, ReasonMissing
from auth_service.qualification.life import Outage
from auth_service.storage.unit import Store


class KeepOutages:
    """See the module. Nobody can take one back: what people were promised stands."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, days: tuple[date, date], reason: str, actor: str) -> None:
        """raises DateInvalid: it ends before it begins, or is not over yet; ReasonMissing"""
        now = self._clock.now()
        if not days[0] <= days[1] <= legal_date(now):
            raise DateInvalid(field="to")
        if not reason.strip():
            raise ReasonMissing(field="reason")
        with self._store.unit() as unit:
            unit.life_events.add_outage(Outage(*days, now), reason.strip()[:200], actor)
            details = {"began_on": str(days[0]), "ended_on": str(days[1])}
            unit.audit.append(AuditEvent(actor, "outage.kept", "", details), now)
