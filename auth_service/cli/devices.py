"""The registry of devices: entered by one person, approved by another, ended by one, let in again by two."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from auth_service.accounts.devices import Device, DeviceKind, DeviceWords, LensProfile
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, minute, speaking
from auth_service.settings import load_settings
from auth_service.wiring import Wiring

devices = typer.Typer(no_args_is_help=True, help="Devices that sign what they send: create, approve, list, revoke.")

By = Annotated[str, typer.Option("--by", help="Staff account that does it; gives its password.")]
Named = Annotated[str, typer.Argument(help="id of the device")]


@devices.command("create")
def create_device(
    name: Annotated[str, typer.Argument(help="as the bank's staff call it")],
    owner: Annotated[str, typer.Option(help="the bank; totals are counted for each")],
    region: Annotated[str, typer.Option(help="region code of 2, 4, 6, 9 or 12 digits")],
    place: Annotated[str, typer.Option(help="where it stands, for whoever has to go there")],
    by: By,
    lens: Annotated[LensProfile, typer.Option(help="how wide its camera sees")] = LensProfile.STANDARD,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Enter a device. Its one-time code is shown once, and is good once a second person has approved it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        words = DeviceWords(DeviceKind.KIOSK, name, owner, region, place, lens)
        with signed_in(wiring, by, stdin=password_stdin) as member:
            device, code = wiring.keep_devices.create(words, member)
        voice.both(
            f"[bold]{device.words.name}[/] {device.id}，待第二人批准。", f"It waits for a second person: {device.id}"
        )
        voice.both(
            f"登记码（只显示一次，{minute(device.code_expires_at)} 前有效）：[cyan]{code}[/]",
            f"one-time code (shown once, good until {minute(device.code_expires_at)}): [cyan]{code}[/]",
        )
        voice.result({**_told(device), "code": code, "code_expires_at": device.code_expires_at.isoformat()})


@devices.command("approve")
def approve_device(device_id: Named, by: By, password_stdin: PasswordStdin = False, as_json: JsonFlag = False) -> None:
    """Approve a device that somebody else entered; its code is good from now on."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            wiring.keep_devices.approve(device_id, member)
        voice.both("已批准，设备可以登记。", "Approved; the device may enrol.")
        voice.result({"id": device_id, "approved": True})


@devices.command("revoke")
def revoke_device(device_id: Named, by: By, password_stdin: PasswordStdin = False, as_json: JsonFlag = False) -> None:
    """End a device for good, from its next request on."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            wiring.keep_devices.revoke(device_id, member)
        voice.both("已停用，立即生效。", "Revoked, from its next request on.")
        voice.result({"id": device_id, "revoked": True})


@devices.command("quarantine")
def quarantine_device(
    device_id: Named, by: By, password_stdin: PasswordStdin = False, as_json: JsonFlag = False
) -> None:
    """Set a device aside: it starts nothing new, and what it sends waits for people."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            wiring.keep_devices.quarantine(device_id, member)
        voice.both("已隔离。", "It is set aside.")
        voice.result({"id": device_id, "quarantined": True})


@devices.command("release")
def release_device(device_id: Named, by: By, password_stdin: PasswordStdin = False, as_json: JsonFlag = False) -> None:
    """Let a device in again that was set aside: the first person proposes it, the second does it."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        with signed_in(wiring, by, stdin=password_stdin) as member:
            done = wiring.keep_devices.release(device_id, member)
        if done:
            voice.both("已解除隔离。", "It is in use again.")
        else:
            voice.both("已提议，待第二人批准。", "Proposed; a second person has to do the same.")
        voice.result({"id": device_id, "released": done})


@devices.command("list")
def list_devices(as_json: JsonFlag = False) -> None:
    """List the devices with their state and when they were last heard of."""
    with speaking(as_json=as_json) as voice:
        found = [_told(device) for device in Wiring(load_settings()).keep_devices.all()]
        columns = ("id", "owner", "name", "place", "state", "last_seen_at")
        voice.table("Devices", columns, [tuple(str(row[column] or "") for column in columns) for row in found])
        voice.result({"devices": found})


def _told(device: Device) -> dict[str, Any]:
    words = device.words
    return {
        "id": device.id,
        "kind": words.kind.value,
        "name": words.name,
        "owner": words.owner,
        "region": words.region_code,
        "place": words.place,
        "lens": words.lens.value,
        "state": "tampered" if device.tampered else device.state.value,
        "quarantine_reason": device.quarantine_reason,
        "last_seen_at": device.last_seen_at.isoformat() if device.last_seen_at else None,
    }
