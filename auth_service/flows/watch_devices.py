"""What happens at devices and is no capture: somebody calls for a person, or there is more than a device should see."""

from __future__ import annotations

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.monitoring.rules.v01_one_device import KioskFacts, OneDevice
from auth_service.storage.unit import Store


class WatchDevices:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def staff_called(self, device_id: str) -> None:
        """Kept with the device, where staff see it; how often, the audit trail says. It names nobody."""
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.devices.staff_called(device_id, now)
            unit.audit.append(AuditEvent(f"device:{device_id}", "device.staff_called", f"device:{device_id}"), now)

    def used_up(self, device_id: str) -> None:
        """V01: the captures of an hour are used up. Looked for first: whoever goes on makes us write once a day."""
        now = self._clock.now()
        flag = OneDevice().judge_kiosk(KioskFacts(device_id), now)
        with self._store.reading() as unit:
            if unit.flags.stands(flag.dedupe_key):
                return
        with self._store.unit() as unit:
            unit.flags.raise_once(flag)
