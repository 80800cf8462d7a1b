"""The registry of devices as staff keep it: entered by one, approved by another, ended by one, let in again by two."""

from __future__ import annotations

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.devices import Device, DevicePolicy, DeviceWords, code_ends, code_hash, make_code
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.region import check_region_code
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    AccessRefused,
    FieldMissing,
    FieldTooLong,
    NotFound,
    SecondPersonNeeded,
    StaleJudgement,
)
from auth_service.core.ids import new_id
from auth_service.storage.unit import Store, Unit

LONGEST = 100
"""Characters of a name, an owner and a place. source: own decision, a line on a screen"""
BY_STAFF = "by_staff"
"""Reason of a quarantine that a person ordered; a rule's is its own."""


class KeepDevices:
    """One instance serves all threads. Every act names its device and who did it in the audit trail."""

    def __init__(self, store: Store, clock: Clock, policy: DevicePolicy) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy

    def create(self, words: DeviceWords, staff: StaffMember) -> tuple[Device, str]:
        """A device that waits for a second person, and its one-time code, shown once.

        raises   AccessRefused, FieldMissing, FieldTooLong, FieldInvalid (the region code)
        """
        _require(staff)
        now, code = self._clock.now(), make_code()
        device = Device(new_id(), _checked(words), staff.id, now, code_ends(now, self._policy))
        with self._store.unit() as unit:
            unit.devices.add(device, code_hash(code))
            told = {"kind": words.kind.value, "owner": device.words.owner, "region": device.words.region_code}
            unit.audit.append(_event(staff, "device.created", device.id, **told), now)
        return device, code

    def approve(self, device_id: str, staff: StaffMember) -> None:
        """raises AccessRefused, NotFound, SecondPersonNeeded (whoever entered it), StaleJudgement (it was done)"""
        _require(staff)
        now = self._clock.now()
        with self._store.unit() as unit:
            if _found(unit, device_id).created_by == staff.id:
                raise SecondPersonNeeded
            if not unit.devices.approve(device_id, staff.id, now):
                raise StaleJudgement
            unit.audit.append(_event(staff, "device.approved", device_id), now)

    def revoke(self, device_id: str, staff: StaffMember) -> None:
        """For good, from the next request on. raises AccessRefused, NotFound, StaleJudgement (it was done)"""
        _require(staff)
        now = self._clock.now()
        with self._store.unit() as unit:
            # not looked at before: a record that was tampered with is ended as well
            if not unit.devices.revoke(device_id, staff.id, now):
                raise StaleJudgement if _found(unit, device_id) else NotFound
            unit.audit.append(_event(staff, "device.revoked", device_id), now)

    def quarantine(self, device_id: str, staff: StaffMember) -> None:
        """As a rule would. raises AccessRefused, NotFound, StaleJudgement (it is not active)"""
        _require(staff)
        now = self._clock.now()
        with self._store.unit() as unit:
            _found(unit, device_id)
            if not unit.devices.quarantine(device_id, BY_STAFF, now):
                raise StaleJudgement
            unit.audit.append(_event(staff, "device.quarantined", device_id, reason=BY_STAFF), now)

    def release(self, device_id: str, staff: StaffMember) -> bool:
        """Lets a device in again that was set aside: the first proposes it, and False is returned; a second does it.

        raises   AccessRefused, NotFound, SecondPersonNeeded (whoever proposed it), StaleJudgement (nothing holds it)
        """
        _require(staff)
        now = self._clock.now()
        with self._store.unit() as unit:
            proposed_by = _found(unit, device_id).release_proposed_by
            if proposed_by == staff.id:
                raise SecondPersonNeeded
            if proposed_by is None:
                done = unit.devices.propose_release(device_id, staff.id)
            else:
                done = unit.devices.release(device_id, staff.id, now)
            if not done:
                raise StaleJudgement
            action = "device.release_proposed" if proposed_by is None else "device.released"
            unit.audit.append(_event(staff, action, device_id), now)
        return proposed_by is not None

    def all(self) -> list[Device]:
        """Every device, those that are over too."""
        with self._store.reading() as unit:
            return unit.devices.all()


def _require(staff: StaffMember) -> None:
    if not may(staff.role, Permission.MANAGE_DEVICES):
        raise AccessRefused


def _found(unit: Unit, device_id: str) -> Device:
    """raises NotFound, AccountTampered"""
    device = unit.devices.get(device_id)
    if device is None:
        raise NotFound(field="id")
    return device


def _event(staff: StaffMember, action: str, device_id: str, **details: str) -> AuditEvent:
    return AuditEvent(f"staff:{staff.id}", action, f"device:{device_id}", details)


def _checked(words: DeviceWords) -> DeviceWords:
    """Without spaces around. raises FieldMissing, FieldTooLong, FieldInvalid"""
    given = {"name": words.name.strip(), "owner": words.owner.strip(), "place": words.place.strip()}
    for field, text in given.items():
        if not text:
            raise FieldMissing(field=field)
        if len(text) > LONGEST:
            raise FieldTooLong(f"at most {LONGEST} characters", field=field)
    region = check_region_code(words.region_code.strip())
    return DeviceWords(words.kind, given["name"], given["owner"], region, given["place"], words.lens)
