"""Challenges for captures without a line: drawn by the service beforehand, for one kiosk, each to be used once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth_service.accounts.devices import DeviceState
from auth_service.capture.challenge import Route, draw
from auth_service.capture.offline_rules import OfflinePolicy, Ticket
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import FieldInvalid
from auth_service.core.ids import new_id
from auth_service.storage.unit import Store, Unit


@dataclass(frozen=True, slots=True)
class GivenTicket:
    """token: what the kiosk names in its record"""

    token: str
    ticket: Ticket


class IssueTickets:
    """One instance serves all threads. counts: as of StartSession, the route whose challenge has bits enough here"""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policy: OfflinePolicy,
        counts: Callable[[Route], Route] = lambda wished: wished,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._counts = counts

    def run(
        self,
        device_id: str,
        count: int,
        wished: Route = Route.FLASH,
        conclude: Callable[[Unit, tuple[GivenTicket, ...]], object] = lambda _unit, _given: None,
    ) -> tuple[GivenTicket, ...]:
        """As many as were asked for, fewer where the kiosk holds enough, none where it may start nothing new.

        conclude  called inside the transaction that gives them, such as for keeping the answer

        raises   FieldInvalid: not between 1 and `tickets_at_once`; AccountTampered, Unavailable
        """
        if not 1 <= count <= self._policy.tickets_at_once:
            raise FieldInvalid(f"1 to {self._policy.tickets_at_once}", field="count")
        now, route = self._clock.now(), self._counts(wished)
        with self._store.unit() as unit:
            unit.alone(f"records {device_id}")
            device = unit.devices.get(device_id)
            starts = device is not None and device.state is DeviceState.ACTIVE
            left = max(0, min(count, self._room(unit, device_id, now))) if starts else 0
            tickets = [Ticket(new_id(), device_id, draw(route), now, now + self._policy.queue) for _ in range(left)]
            given = tuple(GivenTicket(unit.offline_tickets.issue(ticket), ticket) for ticket in tickets)
            if given:
                event = AuditEvent(f"device:{device_id}", "device.tickets", f"device:{device_id}", {"count": left})
                unit.audit.append(event, now)
            conclude(unit, given)
        return given

    def _room(self, unit: Unit, device_id: str, now: datetime) -> int:
        """Used ones count too: records that come to nothing would else draw challenges at will."""
        tickets, policy = unit.offline_tickets, self._policy
        return min(
            policy.tickets_held - tickets.held(device_id, now), policy.tickets_drawn - tickets.drawn(device_id, now)
        )

    def held(self, device_id: str) -> int:
        """How many a kiosk may still use."""
        with self._store.reading() as unit:
            return unit.offline_tickets.held(device_id, self._clock.now())
