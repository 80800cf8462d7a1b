"""The flows of the registry of devices and of what they send."""

from __future__ import annotations

from functools import cached_property

from auth_service.connectors.message_signatures import DeviceSignatures
from auth_service.flows.enrol_device import EnrolDevice
from auth_service.flows.hear_device import HearDevice
from auth_service.flows.keep_devices import KeepDevices
from auth_service.flows.watch_devices import WatchDevices
from auth_service.wiring.notices import NoticeParts


class DeviceFlows(NoticeParts):
    """Part of `Flows`."""

    @cached_property
    def device_signatures(self) -> DeviceSignatures:
        return DeviceSignatures()

    @cached_property
    def keep_devices(self) -> KeepDevices:
        return KeepDevices(self.store, self.clock, self.settings.devices)

    @cached_property
    def hear_device(self) -> HearDevice:
        return HearDevice(self.store, self.device_signatures, self.clock, self.settings.devices)

    @cached_property
    def enrol_device(self) -> EnrolDevice:
        return EnrolDevice(self.store, self.device_signatures, self.clock, self.settings.devices)

    @cached_property
    def watch_devices(self) -> WatchDevices:
        return WatchDevices(self.store, self.clock)
