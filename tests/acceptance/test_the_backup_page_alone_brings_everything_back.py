"""F43, acceptance 6: every `sh` block of docs/operations/backup.md, run literally in an empty home."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from auth_service.core.archive import Manifest, checked
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.builders import LI, WANG, Rows
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "operations" / "backup.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def clean_home(tmp_path: Path) -> Path:
    """A home directory with nothing in it but a service that somebody has worked with."""
    home = tmp_path / "operator"
    home.mkdir()
    wiring = Wiring(load_settings(home=home / "auth-service"))
    wiring.migrate()
    wiring.signer.public_key()
    wiring.import_ledger.run(
        Rows([_row(number, name) for number, name in PEOPLE.items()]), Rows(), "cli", lambda _: None
    )
    with wiring.store.unit() as unit:
        unit.photos.put(unit.people.id_of(WANG), "review", _jpeg(tmp_path), wiring.clock.now())
    wiring.close_stores()
    return home


PEOPLE = {WANG: "王秀英", LI: "李建国"}


def _row(number: str, name: str) -> dict[str, str]:
    account = {"bank_account": "6222020403001234567", "account_holder": name}
    return {"id_number": number, "name": name, "benefit_kind": "resident_pension", **account}


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
    manifest = _manifest(clean_home / "auth-service", data)
    for name in ("restored", "recovered"):
        home = clean_home / name
        assert _facts(home) == _facts(clean_home / "auth-service")
        event = _restored(home)
        assert event["merkle_root"] == manifest.merkle_root
        assert event["backup"] == manifest.about.backup
        wiring = Wiring(load_settings(home=home))
        again = wiring.back_up.run(clean_home / f"again-{name}").manifest
        wiring.close_stores()
        gone_on = {"audit_rows", "audit_head"}
        for table, tally in manifest.tables.items():
            assert table in gone_on or again.tables[table] == tally, table
        assert again.files == manifest.files


def _manifest(home: Path, archive: Path) -> Manifest:
    with Wiring(load_settings(home=home)).archives().open(archive) as items:
        return checked(items).manifest


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
