"""A device in plain words."""

from __future__ import annotations

from auth_service.accounts.devices import Device
from auth_service.console.words import Row, region
from auth_service.web.i18n import Language, text


def state_of(device: Device) -> str:
    """What the list says of it: a record that was changed is worth nothing else."""
    return "tampered" if device.tampered and device.revoked_at is None else device.state.value


def device_rows(device: Device, language: Language) -> list[Row]:
    """Enough to find the machine."""
    words = device.words
    values = {
        "name": words.name,
        "owner": words.owner,
        "place": words.place,
        "region": region(words.region_code, language),
        "state": text(f"device.state.{state_of(device)}", language),
    }
    return [Row(text(f"device.{name}", language), value) for name, value in values.items()]
