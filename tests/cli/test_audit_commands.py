"""The audit trail from the command line, and examined elsewhere without the service."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.findings import audit_trail
from auth_service.cli.main import app
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.conftest import ROOT


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}AUDIT__ORIGIN", "county.example/audit")
    monkeypatch.setenv(f"{PREFIX}AUDIT__WITNESS_FOLDER", str(outside))
    return tmp_path / "home"


def run(*arguments: str, expect: int = 0) -> dict[str, Any]:
    """One command with `--json`: one document on stdout and nothing else."""
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def say(*arguments: str, expect: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == expect, (done.stdout, done.stderr, done.exception)
    return done.stdout + done.stderr


def tamper(home: Path, *statements: str) -> None:
    connection = sqlite3.connect(home / "auth_service.sqlite3")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{trigger}"')
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def another_row() -> None:
    """Any act that is audited."""
    run("api-keys", "create", "county", "--scopes", "verify")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home and a witness folder after a little work."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "outside").mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(f"{PREFIX}HOME", str(folder / "home"))
        environment.setenv(f"{PREFIX}AUDIT__ORIGIN", "county.example/audit")
        environment.setenv(f"{PREFIX}AUDIT__WITNESS_FOLDER", str(folder / "outside"))
        run("migrate")
        run("staff", "create", "li.na", "--role", "officer")
        another_row()
        assert run("audit", "checkpoint")["checkpoint"]["rows"] == 2
        another_row()
        assert run("audit", "checkpoint")["checkpoint"]["number"] == 2
    return folder


@pytest.fixture
def busy(home: Path, outside: Path, made_once: Path) -> Path:
    """Three rows under two checkpoints."""
    shutil.copytree(made_once / "home", home)
    shutil.copytree(made_once / "outside", outside, dirs_exist_ok=True)
    return home


def test_verify_says_what_the_contract_promises_and_more(busy: Path, outside: Path) -> None:
    found = run("audit", "verify")
    assert (found["rows"], found["ok"], found["first_bad"]) == (3, True, None)
    assert (found["checkpoints"], found["covered"], found["outside"]) == (2, 3, 3)
    assert "chain whole" in say("audit", "verify", "--against", str(outside / "latest.txt"))


def test_verify_without_anything_outside_says_that_it_proves_less(busy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}AUDIT__WITNESS_FOLDER", "")
    assert "compared with no checkpoint outside" in say("audit", "verify")


def test_verify_names_the_row_and_ends_with_1(busy: Path) -> None:
    tamper(busy, "UPDATE audit_rows SET action = 'staff.promoted' WHERE number = 2")
    assert run("audit", "verify", expect=1)["first_bad"] == 2
    assert "at row 2" in say("audit", "verify", expect=1)


def test_verify_finds_a_rollback_only_with_what_lies_outside(busy: Path, outside: Path) -> None:
    tamper(
        busy,
        "DELETE FROM audit_rows WHERE number = 3",
        "UPDATE audit_head SET rows = 2, hash = (SELECT hash FROM audit_rows WHERE number = 2)",
        "DELETE FROM audit_checkpoints WHERE number = 2",
    )
    found = run("audit", "verify", expect=1)
    assert {problem["trouble"] for problem in found["problems"]} >= {"rolled_back"}
    assert found["first_bad"] == 3
    assert run("audit", "verify", "--against", str(sorted(outside.glob("*/*.txt"))[0]))["ok"]


def test_an_outside_folder_that_is_away_is_an_error_and_never_passed_over(busy: Path, tmp_path: Path) -> None:
    for path in ("absent", "absent/file.txt"):
        error = run("audit", "verify", "--against", str(tmp_path / path), expect=1)["error"]
        assert error["code"] == "file_unreadable"


def test_a_key_kept_outside_finds_keys_exchanged_inside(busy: Path, tmp_path: Path) -> None:
    """Whoever has database and key folder can sign another history, but not with the key that the auditor knows."""
    kept = tmp_path / "auditor" / "key.txt"
    kept.parent.mkdir()
    say("audit", "key", str(kept))
    run("audit", "renew-key")
    run("audit", "checkpoint")
    assert run("audit", "verify")["ok"]
    found = run("audit", "verify", "--public-key", str(kept), expect=1)
    assert {problem["trouble"] for problem in found["problems"]} >= {"not_signed"}
    say("audit", "key", str(kept))
    assert len(kept.read_text().splitlines()) == 2
    assert run("audit", "verify", "--public-key", str(kept))["ok"]


def test_an_export_is_examined_without_database_and_settings(
    busy: Path, outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, key = tmp_path / "trail.jsonl", tmp_path / "key.txt"
    run("audit", "key", str(key))
    assert run("audit", "export", str(export))["rows"] == 3
    assert export.stat().st_mode & 0o077 == 0
    for name in [name for name in os.environ if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("auth_service.cli.audit.load_settings", lambda: pytest.fail("no settings are needed"))
    arguments = ("audit", "verify", "--export", str(export), "--against", str(outside), "--public-key", str(key))
    assert run(*arguments) | {"head": "", "root": ""} == {
        "rows": 3, "ok": True, "first_bad": None, "last_bad": None, "head": "", "root": "", "checkpoints": 2,
        "outside": 3, "covered": 3, "problems": [], "guards": False,
    }  # fmt: skip
    assert "without the key store" in say(*arguments)
    assert run(*arguments[:-2], expect=1)["error"]["field"] == "public_key"

    whole = export.read_text().splitlines(keepends=True)
    assert [len(json.loads(line)) for line in whole] == [3, 1, 1, 1, 1, 1]
    for changed, first_bad in (
        ([*whole[:4], whole[4].replace("api_key.created", "api_key.disabled"), *whole[5:]], 2),
        ([*whole[:3], *whole[4:]], 1),
        (whole[:-1], 3),
        ([*whole[:-1], whole[-1][:40]], 3),
        ([*whole[:4], "no JSON\n", *whole[5:]], 2),
    ):
        export.write_text("".join(changed))
        assert run(*arguments, expect=1)["first_bad"] == first_bad
    export.write_text("something else\n")
    assert run(*arguments, expect=1)["error"]["code"] == "file_unreadable"


def test_an_export_says_nothing_personal(busy: Path, tmp_path: Path) -> None:
    export = tmp_path / "trail.jsonl"
    run("audit", "export", str(export))
    text = export.read_text()
    assert "li.na" not in text
    assert "county" not in text.replace("county.example/audit", "")
    assert "staff.created" in text


def test_an_export_that_cannot_be_written_leaves_nothing(busy: Path, tmp_path: Path) -> None:
    assert run("audit", "export", str(tmp_path / "absent" / "x"), expect=1)["error"]["field"] == "out"
    (tmp_path / "folder").mkdir()
    assert run("audit", "export", str(tmp_path / "folder"), expect=1)["error"]["field"] == "out"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_one_row_is_proved_offline(busy: Path, tmp_path: Path) -> None:
    proof, key = tmp_path / "proof.json", tmp_path / "key.txt"
    say("audit", "key", str(key))
    assert run("audit", "prove", "3", str(proof))["checkpoint"]["rows"] == 3
    check = ("audit", "verify-proof", str(proof), "--public-key", str(key))
    found = run(*check)
    assert (found["valid"], found["row"]["number"], found["row"]["action"]) == (True, 3, "api_key.created")
    assert "api_key.created" in say(*check)
    text = proof.read_text()
    changes = (
        text.replace("verify", "enroll"),
        text.replace('"number": 3', '"number": 2'),
        text.replace("checkpoint 2", "checkpoint 9"),
        text.replace('"path": [\n  "', '"path": [\n  "AAAA'),
    )
    for changed in changes:
        assert changed != text
        proof.write_text(changed)
        assert run(*check, expect=1)["valid"] is False
    for nonsense in ("", "[]", "{}", text.replace("proof 1", "proof 2"), text.replace('"number": 3', '"number": "3"')):
        proof.write_text(nonsense)
        assert run(*check, expect=1)["error"]["code"] == "file_unreadable"
    proof.write_bytes(b"\xff")
    assert run(*check, expect=1)["error"]["code"] == "file_unreadable"
    assert run("audit", "prove", "9", str(proof), expect=1)["error"]["code"] == "not_found"
    assert run("audit", "prove", "3", str(tmp_path / "no" / "x"), expect=1)["error"]["field"] == "out"


def test_the_status_names_what_needs_a_look(busy: Path, outside: Path) -> None:
    run("audit", "checkpoint")  # the copied folder is another witness than the first one was
    found = run("audit", "witness")
    assert (found["rows"], found["unsigned"], found["problems"]) == (3, 0, [])
    assert [(witness["waiting"], witness["state"]) for witness in found["witnesses"]] == [("0", "fine")]
    (outside / "latest.txt").write_text("something else")
    another_row()
    failed = run("audit", "checkpoint", expect=1)
    assert list(failed["failed"].values()) == ["witness_conflict"]
    assert run("audit", "witness", expect=1)["problems"] == ["witness_conflict"]
    assert "witness_conflict" in say("audit", "witness", expect=1)
    assert "witness_conflict" in say("audit", "checkpoint", expect=1)
    finding = audit_trail(Wiring(load_settings()))
    assert (finding.fine, finding.detail) == (False, "witness_conflict")


def test_a_lost_signing_key_stops_signing_until_it_is_renewed(busy: Path) -> None:
    (busy / "keys" / "audit_signing.json").unlink()
    another_row()
    assert run("audit", "checkpoint", expect=1)["error"]["code"] == "key_missing"
    assert run("audit", "verify")["ok"], "what was signed is checked with the public keys on record"
    run("audit", "renew-key")
    assert run("audit", "checkpoint")["made"]
    found = run("audit", "verify")
    assert (found["ok"], found["checkpoints"]) == (True, 3)


def test_nothing_to_sign_is_no_error(home: Path) -> None:
    run("migrate")
    assert run("audit", "checkpoint") == {"made": False, "checkpoint": None, "delivered": {}, "failed": {}}
    assert "empty" in say("audit", "checkpoint")
    assert run("audit", "verify")["rows"] == 0
    assert "newest checkpoint: 0" in say("audit", "witness")


def test_the_operators_page_can_be_followed_line_by_line(
    home: Path, outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "operations" / "audit.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    auditor = tmp_path / "auditor"
    auditor.mkdir()
    lines = [line.strip().replace("/srv/witness", str(outside)).replace("/srv/auditor", str(auditor))
             for block in blocks for line in block.splitlines()]  # fmt: skip
    assert len(lines) > 10
    for line in lines:
        words = shlex.split(line)
        if not words:
            continue
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
        elif words[0] == "cp":
            shutil.copytree(words[2], words[3])
        else:
            assert words[0] == "auth-service", line
            say(*words[1:])
