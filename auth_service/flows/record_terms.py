"""What the flows about records without a line share: doubts about a device, and what is wrong with a chain."""

from __future__ import annotations

from datetime import datetime

from auth_service.accounts.devices import Device, DeviceState
from auth_service.capture.offline_chain import ChainFault, Link, Near, fault_of
from auth_service.capture.offline_rules import DeviceDoubt, Hold
from auth_service.core.audit import AuditEvent
from auth_service.monitoring.rules.v09_broken_protocol import COPIED, Breach, BreachFacts, BrokenProtocol
from auth_service.storage.unit import Unit

HOLD_OF: dict[ChainFault, Hold] = {
    ChainFault.FORK: Hold.CHAIN_FORK,
    ChainFault.BROKEN: Hold.CHAIN_BROKEN,
    ChainFault.GAP: Hold.CHAIN_GAP,
}


def doubt_of(device: Device) -> DeviceDoubt | None:
    """Since when what this device captures is looked at first."""
    aside = device.quarantined_at if device.released_at is None else None
    if device.revoked_at is not None and (aside is None or device.revoked_at < aside):
        return DeviceDoubt(Hold.DEVICE_REVOKED, device.revoked_at)
    return None if aside is None else DeviceDoubt(Hold.DEVICE_QUARANTINED, aside)


def faults_since(device: Device) -> datetime | None:
    """From when on what was found wrong with its chain still stands; what two people have let pass does not."""
    if device.state not in {DeviceState.QUARANTINED, DeviceState.REVOKED}:
        return None
    aside = device.quarantined_at if device.released_at is None else None
    return aside or device.revoked_at


def look_around(unit: Unit, device_id: str, link: Link, now: datetime, *, gap_for_good: bool = False) -> None:
    """Since a record came, or was waited for long enough: what is wrong with its place and those beside it. A new
    fault raises the flag and sets the device aside; people are kept out of it: their records are looked at.

    gap_for_good  the record before this one is not waited for any more
    """
    for record in unit.offline_records.around(device_id, link):
        near = unit.offline_records.near(device_id, record.link)
        fault = fault_of(record.link, near)
        judged = record.fault is ChainFault.GAP or (gap_for_good and record.link == link)
        if fault is ChainFault.GAP and not judged:
            fault = None
        if fault is record.fault:
            continue
        unit.offline_records.mark(record, fault, now)
        told = None if fault is None else fault.value
        details = {"fault": told, "counter": record.link.counter, "record": record.id}
        unit.audit.append(AuditEvent("system", "record.placed", f"device:{device_id}", details), now)
        if fault is not None:
            note_breach(unit, BreachFacts(device_id, _breach_of(fault, near), record.link.counter), now)


def note_breach(unit: Unit, facts: BreachFacts, now: datetime) -> None:
    """The flag, once; and where a key may have been copied, the device is set aside."""
    unit.flags.raise_once(BrokenProtocol().judge(facts, now))
    if facts.breach in COPIED and unit.devices.quarantine(facts.device_id, facts.breach.value, now):
        subject = f"device:{facts.device_id}"
        unit.audit.append(AuditEvent("system", "device.quarantined", subject, {"reason": facts.breach.value}), now)


def _breach_of(fault: ChainFault, near: Near) -> Breach:
    if fault is ChainFault.GAP:
        return Breach.GAP
    return Breach.CLONED if near.same else Breach.FORKED
