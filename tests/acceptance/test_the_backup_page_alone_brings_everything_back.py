"""Acceptance 6: every `sh` block of docs/operations/backup.md, run literally in an empty home."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.acceptance.lfw import run
from tests.builders import LI, WANG
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "operations" / "backup.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def clean_home(tmp_path: Path) -> Path:
    """A home directory with nothing in it but a service that somebody has worked with."""
    home = tmp_path / "operator"
    home.mkdir()
    service = home / "auth-service"
    run(service, "init")
    ledger = tmp_path / "ledger.csv"
    with ledger.open("w", encoding="utf-8", newline="") as file:
        rows = [["证件号码", "姓名", "险种", "银行账号", "开户名"]]
        rows += [[number, name, "城乡居民养老", "6222020403001234567", name] for number, name in PEOPLE.items()]
        csv.writer(file).writerows(rows)
    run(service, "ledger", "import", str(ledger))
    wiring = Wiring(load_settings(home=service))
    with wiring.store.unit() as unit:
        unit.photos.put(unit.people.id_of(WANG), "review", _jpeg(tmp_path), wiring.clock.now())
    wiring.close_stores()
    return home


PEOPLE = {WANG: "王秀英", LI: "李建国"}


def test_the_page_alone_brings_everything_back(clean_home: Path) -> None:
    assert len(BLOCKS) >= 5
    script = "set -eu\n" + "\n".join(BLOCKS)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=clean_home, env={"HOME": str(clean_home), "PATH": path, "LANG": "C.UTF-8"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (data,) = (clean_home / "backups").glob("data-*.asbk")
    manifest = run(clean_home / "auth-service", "backup", "verify", str(data))
    for name in ("restored", "recovered"):
        home = clean_home / name
        assert _facts(home) == _facts(clean_home / "auth-service")
        event = _restored(home)
        assert event["merkle_root"] == manifest["merkle_root"]
        assert event["backup"] == manifest["backup"]
        again = run(home, "backup", str(clean_home / f"again-{name}"))
        same = {"audit_rows", "audit_head"}  # the new place has gone on
        for table, count in manifest["tables"].items():
            assert table in same or again["tables"][table] == count, table
        assert again["photos"] == manifest["photos"] == 1


def _facts(home: Path) -> dict[str, Any]:
    wiring = Wiring(load_settings(home=home))
    with wiring.store.reading() as unit:
        people = {number: unit.people.by_id_number(number) for number in PEOPLE}
        found = {
            "names": {number: person.name for number, person in people.items() if person},
            "accounts": {number: unit.bank.of(person.id).account for number, person in people.items() if person},
        }
    wiring.close_stores()
    return found


def _restored(home: Path) -> dict[str, Any]:
    wiring = Wiring(load_settings(home=home))
    with wiring.store.reading() as unit:
        newest = unit.backups.newest("backup.restored")
    wiring.close_stores()
    assert newest is not None
    return json.loads(json.dumps(dict(newest.details)))  # type: ignore[no-any-return]


def _jpeg(folder: Path) -> bytes:
    PIL.Image.new("RGB", (64, 64), "grey").save(folder / "grey.jpg")
    return (folder / "grey.jpg").read_bytes()
