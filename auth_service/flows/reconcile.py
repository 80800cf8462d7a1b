"""The daily count of a kiosk beside ours, and the same for each bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from auth_service.accounts.devices import Device
from auth_service.capture.reconciliation import SUSPICIOUS, Difference, Reported, differences_of
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import FieldInvalid
from auth_service.core.retention import FACT_DAYS
from auth_service.flows.record_terms import note_breach
from auth_service.monitoring.rules.v09_broken_protocol import Breach, BreachFacts
from auth_service.storage.unit import Reconciliation, Store

EARLIEST_DAYS = 7
"""A kiosk counts a day within a week. source: own decision, a long holiday; sessions are counted while they are kept"""
_SETTLES = timedelta(minutes=5)
"""What came since may have been made after the kiosk counted."""


class Reconcile:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, device: Device, reported: Reported) -> tuple[Difference, ...]:
        """What differs; a report may be given again, and the newest of a day counts.

        raises   FieldInvalid: a day to come, or longer ago than a week; AccountTampered, Unavailable
        """
        now = self._clock.now()
        if not legal_date(now) - timedelta(days=EARLIEST_DAYS) <= reported.day <= legal_date(now):
            raise FieldInvalid(f"a day of the last {EARLIEST_DAYS}", field="day")
        with self._store.unit() as unit:
            unit.alone(f"records {device.id}")
            hidden = unit.sessions.hidden_device(device.word)
            first = _first(device, unit.reconciliations.lowest(device.id), now)
            here = unit.reconciliations.here(device.id, hidden, reported, first, now - _SETTLES)
            found = differences_of(reported, here)
            unit.reconciliations.add(Reconciliation(device.id, reported, found, now))
            if any(one.code in SUSPICIOUS for one in found):
                note_breach(unit, BreachFacts(device.id, Breach.COUNT_DIFFERS, reported.last_counter), now)
            actor, codes = f"device:{device.id}", ",".join(one.code for one in found)
            details = {"day": reported.day.isoformat(), "differences": codes}
            unit.audit.append(AuditEvent(actor, "device.reconciled", actor, details), now)
        return found


def _first(device: Device, lowest: int | None, now: datetime) -> int:
    """From which number on all must be here: the first, until the oldest records have gone in their time."""
    old = device.enrolled_at is not None and device.enrolled_at < now - timedelta(days=FACT_DAYS - 1)
    return lowest if old and lowest is not None else 1


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """One kiosk on one day: what came, and what it said. told: None: it said nothing of that day"""

    device: Device
    captures: int
    records: int
    told: Reconciliation | None

    @property
    def agrees(self) -> bool:
        return self.told is not None and not self.told.differences


@dataclass(frozen=True, slots=True)
class OwnerDay:
    """One bank on one day."""

    owner: str
    devices: tuple[DeviceDay, ...]

    @property
    def agrees(self) -> bool:
        """Whether each kiosk that did something, or said something, agrees."""
        return all(one.agrees for one in self.devices if one.captures or one.records or one.told is not None)


class ReportDay:
    """What banks are told of a day."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, day: date | None = None) -> Sequence[OwnerDay]:
        """By owner and device name. day: yesterday when None"""
        wanted = day or legal_date(self._clock.now()) - timedelta(days=1)
        owners: dict[str, list[DeviceDay]] = {}
        with self._store.reading() as unit:
            told = unit.reconciliations.of_day(wanted)
            for device in unit.devices.all():
                captures = unit.reconciliations.captures(unit.sessions.hidden_device(device.word), wanted)
                records = unit.reconciliations.records(device.id, wanted)
                if device.enrolled_at is not None or captures or records:
                    one = DeviceDay(device, captures, records, told.get(device.id))
                    owners.setdefault(device.words.owner, []).append(one)
        return tuple(OwnerDay(owner, tuple(devices)) for owner, devices in owners.items())
