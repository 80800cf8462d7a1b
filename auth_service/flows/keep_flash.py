"""Measurements of the colours: recorded by one person, put in force by another, withdrawn by one.

Nothing here decides about anybody: a measurement decides only that colours may count, once it is in force.
"""

from __future__ import annotations

from collections.abc import Callable

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    FlashOutdated,
    FlashTampered,
    NotFound,
    SecondPersonNeeded,
)
from auth_service.core.ids import new_id
from auth_service.liveness.flash_measurement import FlashMeasurement, Terms
from auth_service.storage.unit import FlashAct, Store, StoredFlash, Unit


class KeepFlash:
    """One instance serves all threads. in_use: what a verdict depends on here"""

    def __init__(self, store: Store, clock: Clock, in_use: Callable[[], Terms]) -> None:
        self._store = store
        self._clock = clock
        self._in_use = in_use

    def record(self, measurement: FlashMeasurement, member: StaffMember) -> StoredFlash:
        """Keeps one for a second person to put in force. raises AccessRefused, AlreadyExists, FlashTooFew"""
        self._may(member, Permission.RECORD_FLASH)
        measurement.require_enough()
        now, measurement_id = self._clock.now(), new_id()
        with self._store.unit() as unit:
            if unit.flash.by_name(measurement.name) is not None:
                raise AlreadyExists(field="name")
            digest = unit.flash.add(measurement_id, measurement, member.id, now)
            unit.audit.append(_event("flash.recorded", member, measurement_id, measurement, digest), now)
        return self.find(measurement.name)

    def activate(self, name: str, member: StaffMember) -> StoredFlash:
        """From here on colours count by this measurement; the one before stays as history.

        raises   NotFound, AccessRefused, SecondPersonNeeded (who recorded it, or one who may record no longer),
                 AlreadyExists (in force already), FlashOutdated, FlashTooFew, FlashTampered
        """
        self._may(member, Permission.ACTIVATE_FLASH)
        now = self._clock.now()
        with self._store.unit() as unit:
            found = _found(unit, name)
            recorder = unit.staff.get(found.recorded_by)
            if found.recorded_by == member.id:
                raise SecondPersonNeeded
            if recorder is None or recorder.disabled or not may(recorder.role, Permission.RECORD_FLASH):
                raise SecondPersonNeeded("who recorded it may not any more: let somebody measure it anew")
            self._refuse_unfit(found)
            unit.flash.act(found, FlashAct.ACTIVATED, member.id, now)
            unit.audit.append(_event("flash.activated", member, found.id, found.measurement, found.digest), now)
        return self.find(name)

    def withdraw(self, name: str, member: StaffMember) -> StoredFlash:
        """From here on colours do not count. One person is enough, and may be whoever recorded or activated it.

        It ends an act that was slipped in as well, which let nothing count but stood as the newest.
        raises   NotFound (or another is in force), AccessRefused, FlashTampered (the measurement of this name)
        """
        self._may(member, Permission.WITHDRAW_FLASH)
        now = self._clock.now()
        with self._store.unit() as unit:
            found = _found(unit, name)
            if not found.active and _newest_is_genuine(unit):
                raise NotFound("it is not in force", field="name")
            unit.flash.act(found, FlashAct.WITHDRAWN, member.id, now)
            unit.audit.append(_event("flash.withdrawn", member, found.id, found.measurement, found.digest), now)
        return self.find(name)

    def all(self) -> list[StoredFlash]:
        """Every measurement, newest first; without those that were changed behind the service."""
        with self._store.reading() as unit:
            return unit.flash.all()

    def tampered(self) -> list[str]:
        """Names of the measurements that `all` leaves out."""
        with self._store.reading() as unit:
            return unit.flash.tampered()

    def find(self, name: str) -> StoredFlash:
        """raises NotFound, FlashTampered"""
        with self._store.reading() as unit:
            return _found(unit, name)

    def _refuse_unfit(self, found: StoredFlash) -> None:
        if found.active:
            raise AlreadyExists("in force already", field="name")
        found.measurement.require_enough()
        differs = found.measurement.terms.differing(self._in_use())
        if differs:
            raise FlashOutdated(", ".join(differs))

    @staticmethod
    def _may(member: StaffMember, permission: Permission) -> None:
        if member.disabled or not may(member.role, permission):
            raise AccessRefused(f"{member.role.value} may not: {permission.value}")


def _found(unit: Unit, name: str) -> StoredFlash:
    """raises NotFound, FlashTampered"""
    found = unit.flash.by_name(name)
    if found is None:
        raise NotFound(f"no measurement {name!r}", field="name")
    return found


def _newest_is_genuine(unit: Unit) -> bool:
    try:
        unit.flash.active()
    except FlashTampered:
        return False
    return True


def _event(
    action: str, member: StaffMember, measurement_id: str, measurement: FlashMeasurement, digest: str
) -> AuditEvent:
    details: Details = {
        "name": measurement.name,
        "record_digest": digest,
        "people": measurement.people,
        "sessions": measurement.sessions,
        "attacks": measurement.attacks,
        "policy": measurement.terms.policy,
    }
    return AuditEvent(f"staff:{member.id}", action, f"flash:{measurement_id}", details)
