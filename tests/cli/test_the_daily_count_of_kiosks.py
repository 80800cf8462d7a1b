"""`auth-service devices reconciliation`: what banks are told of a day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auth_service.accounts.devices import Device, DeviceKind, DeviceWords, LensProfile, code_hash
from auth_service.capture.reconciliation import Reported
from auth_service.cli.main import app
from auth_service.core.clock import SystemClock, legal_date
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring

A, B = "a" * 32, "b" * 32


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["devices", "reconciliation", *arguments])
    return done.exit_code, done.stdout + (done.stderr or "")


def test_banks_are_told_what_their_kiosks_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    assert CliRunner().invoke(app, ["init", "--json"]).exit_code == 0
    assert run() == (0, "没有已登记的终端。\n  No kiosk is enrolled.\n")
    wiring, now = Wiring(load_settings()), SystemClock().now()
    devices = {}
    with wiring.store.unit() as unit:
        for number, owner in (("1", "农商行"), ("2", "邮储银行")):
            words = DeviceWords(DeviceKind.KIOSK, f"{number}号机", owner, "130202", "大厅", LensProfile.WIDE)
            device = Device(number * 32, words, A, now, now)
            unit.devices.add(device, code_hash(number))
            unit.devices.approve(device.id, B, now)
            unit.devices.enrol(device.id, bytes([int(number)]) * 32, now)
            devices[owner] = unit.devices.get(device.id)
    today = legal_date(now)
    for owner, records in (("农商行", 0), ("邮储银行", 3)):
        device_ = devices[owner]
        assert device_ is not None
        wiring.reconcile.run(device_, Reported(today, 0, records, records, "0" * 64))
    wiring.store.close()
    assert run()[0] == 0, "nothing was said of yesterday, and nothing was done"
    code, told = run("--day", today.isoformat())
    assert code == 1
    assert "农商行" in told
    assert "0 (kiosk: 3)" in told
    assert "1, 2, 3" in told
    code, text = run("--day", today.isoformat(), "--json")
    document = json.loads(text)
    assert {one["owner"]: one["agrees"] for one in document["owners"]} == {"农商行": True, "邮储银行": False}
    assert [one["code"] for one in document["owners"][1]["devices"][0]["differences"]] == [
        "records_differ", "records_missing",
    ]  # fmt: skip
    assert run("--day", "yesterday")[0] == 1
