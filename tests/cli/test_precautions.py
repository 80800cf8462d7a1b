"""What doctor says about backups, disks, permissions, clock and retention; and the commands that mend it."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.findings import Finding
from auth_service.cli.main import app
from auth_service.cli.precautions import precautions
from auth_service.cli.worker import Worker
from auth_service.core.audit import AuditEvent, StoredRow, _digest
from auth_service.core.audit_restores import RESTORED
from auth_service.flows.back_up import MADE
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.conftest import FixedClock

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(home))
    wiring = Wiring(load_settings(), FixedClock(NOW))
    wiring.migrate()
    wiring.signer.public_key()
    wiring.close_stores()
    return home


def run(*arguments: str, expect: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == expect, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def found(clock: FixedClock | None = None, **given: Any) -> dict[str, Finding]:
    wiring = Wiring(load_settings(**given), clock)
    try:
        return {finding.name: finding for finding in precautions(wiring)}
    finally:
        wiring.close_stores()


def test_a_fresh_place_is_asked_for_what_it_lacks(home: Path) -> None:
    told = found()
    assert all(finding.fine for finding in told.values())
    assert "none was ever made" in told["backup"].detail
    assert "AUTH_SERVICE_BACKUP__FOLDER" in told["backup"].mend
    assert "recovery-key" in told["recovery key"].mend
    assert told["permissions"].mend == ""
    assert told["retention"].mend == ""


def test_a_first_backup_is_asked_for_where_the_settings_say_that_backups_go(home: Path, tmp_path: Path) -> None:
    told = found(backup={"folder": str(tmp_path / "backups")})["backup"]
    assert f"auth-service backup {tmp_path / 'backups'}" in told.mend
    assert "AUTH_SERVICE_BACKUP__FOLDER" not in told.mend + told.mend_zh
    assert "worker" in told.mend_zh


def test_backups_are_made_verified_and_seen(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public = run("backup", "recovery-key", str(tmp_path / "stick.json"))["public"]
    monkeypatch.setenv("AUTH_SERVICE_BACKUP__RECOVERY_KEY", public)
    folder = tmp_path / "backups"
    made = run("backup", str(folder))
    verified = run("backup", "verify", made["data"])
    assert (verified["merkle_root"], verified["tables"]) == (made["merkle_root"], made["tables"])
    assert verified["known"]
    refused = run("backup", "verify", str(tmp_path / "stick.json"), expect=1)
    assert refused["error"]["code"] == "archive_unreadable"
    run("backup", "recovery-key", str(tmp_path / "another stick.json"))
    wrong = run("backup", "verify", made["data"], "--recovery-key", str(tmp_path / "another stick.json"), expect=1)
    assert wrong["error"]["code"] == "archive_key_wrong"
    assert "拿错了密钥" in wrong["error"]["titles"]["zh"]
    told = found(backup={"folder": str(folder), "recovery_key": public})
    assert told["backup"].mend == ""
    assert told["keys parts"].fine
    assert "0 h old" in told["data parts"].detail
    assert "same volume" in told["backups apart"].detail
    late = found(FixedClock(datetime.now(UTC) + timedelta(hours=30)), backup={"folder": str(folder)})
    assert "30 h ago" in late["backup"].detail
    assert late["backup"].mend


def test_a_keys_part_that_is_too_old_is_overdue_but_the_last_one_stays(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    made = run("backup", str(folder))
    later = FixedClock(datetime.now(UTC) + timedelta(days=40))
    told = found(later, backup={"folder": str(folder)})
    assert "1 keys_parts" in told["retention"].detail
    wiring = Wiring(load_settings(backup={"folder": str(folder)}), later)
    assert wiring.retain.run().overdue["keys_parts"] == 1
    assert Path(made["keys"]).exists()
    wiring.back_up.run(folder)
    assert wiring.retain.run().overdue["keys_parts"] == 0
    assert not Path(made["keys"]).exists()
    assert Path(made["data"]).exists(), "data parts are the operator's to keep"
    wiring.close_stores()


def test_a_folder_that_others_may_look_into_is_a_fault(home: Path) -> None:
    (home / "keys" / "keys.json").chmod(0o644)
    told = found_without_keys(home)
    assert not told.fine
    assert "keys.json" in told.detail
    assert told.mend.startswith("chmod")


def found_without_keys(home: Path) -> Finding:
    from auth_service.cli.precautions import _permissions  # noqa: PLC0415

    return _permissions(Wiring(load_settings()))


def test_a_wrong_clock_is_a_fault(home: Path) -> None:
    assert not found(FixedClock(datetime(2020, 1, 1, tzinfo=UTC)))["clock"].fine
    assert not found(FixedClock(datetime.now(UTC) + timedelta(minutes=2)))["clock"].fine
    wiring = Wiring(load_settings())
    with wiring.store.unit() as unit:
        unit.audit.append(AuditEvent("cli", "test.done"), datetime.now(UTC) + timedelta(hours=2))
    wiring.close_stores()
    assert "the audit trail has an event" in found()["clock"].detail


FORGED = [
    ("2099-01-01T00:00:00.000000+00:00", '{"missing":0}'),
    ("no instant", "no details"),
    ("2026-11-30T00:00:00", "[]"),
    ("2026-11-30T00:00:00.000000+00:00", '{"missing":"many"}'),
]


def slip_in(home: Path, action: str, at: str, details: str) -> None:
    """A row as somebody writes it who has the file and not the keys."""
    with sqlite3.connect(home / "auth_service.sqlite3") as connection:
        rows, head = connection.execute("SELECT rows, hash FROM audit_head").fetchone()
        row = StoredRow(rows + 1, at, "cli", action, "", details, head, "")
        row = row._replace(hash=_digest(row))
        connection.execute(
            f"INSERT INTO audit_rows ({', '.join(StoredRow._fields)}, guard) VALUES ({'?, ' * 8}zeroblob(32))", row
        )
    connection.close()


@pytest.mark.parametrize(("at", "details"), FORGED)
def test_rows_that_the_service_did_not_write_say_nothing_of_backups_restores_and_the_clock(
    home: Path, tmp_path: Path, at: str, details: str
) -> None:
    slip_in(home, MADE, at, details)
    told = found()
    assert "none was ever made" in told["backup"].detail
    assert told["clock"].fine
    run("backup", str(tmp_path / "backups"))
    for action in (MADE, RESTORED):
        slip_in(home, action, at, details)
    told = found()
    assert told["backup"].detail == "0 h ago"
    assert told["clock"].fine
    wiring = Wiring(load_settings())
    with wiring.store.reading() as unit:
        assert unit.backups.newest(RESTORED) is None
    wiring.close_stores()


def test_a_row_that_is_no_text_or_was_changed_ends_no_look(home: Path, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "backups"))
    with sqlite3.connect(home / "auth_service.sqlite3") as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for change in ("details = CAST(x'ff' AS TEXT)", "at = 'changed'", "details = '[]'"):
            connection.execute(f"UPDATE audit_rows SET {change} WHERE action = '{MADE}'")
            connection.commit()
            told = found()
            assert "none was ever made" in told["backup"].detail
            assert told["clock"].fine
    connection.close()


def test_what_cannot_be_read_is_a_fault_and_hides_no_other(home: Path, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "backups"))
    wiring = Wiring(load_settings())
    Worker(wiring.store, wiring.jobs()).once()
    wiring.close_stores()
    with sqlite3.connect(home / "auth_service.sqlite3") as connection:
        connection.execute("UPDATE job_leases SET last_counts = 'no counts'")
    connection.close()
    told = {one["name"]: one for one in run("doctor", expect=1)["findings"]}
    for name in ("jobs", "clock"):
        assert (told[name]["fine"], told[name]["detail"]) == (False, "cannot be read: JSONDecodeError")
        assert "docs/operations/incident.md" in told[name]["mend_zh"]
    assert told["backup"]["detail"] == "0 h ago"
    assert told["recovery key"]["fine"]


def test_photo_files_that_the_database_does_not_name_stay_until_somebody_has_looked(home: Path) -> None:
    file = home / "photos" / "ab" / ("ab" * 16)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"sealed")
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(file, (two_days_ago, two_days_ago))
    refused = run("retention", "run", expect=1)["error"]
    assert (refused["code"], refused["detail"]) == ("partly_done", "orphan_files: photo_files_unexplained")
    told = next(one for one in run("doctor", expect=1)["findings"] if one["name"] == "photo files")
    assert told["detail"].startswith("photo_files_unexplained: the database names no photo at all; 1 files")
    assert "--all-orphans" in told["mend"]
    assert file.exists()
    assert run("retention", "run", "--all-orphans")["removed"]["orphan_files"] == 1
    assert [path.name for path in (home / "photos" / "set-aside").glob("*/*")] == [file.name]


def test_retention_is_shown_and_run(home: Path) -> None:
    shown = run("retention", "show")["rules"]
    assert {rule["kind"]: rule["days"] for rule in shown}["facts"] == 1096
    assert run("retention", "run", "--dry-run")["removed"]["captures"] == 0
    assert set(run("retention", "run")["overdue"].values()) == {0}
    printed = CliRunner().invoke(app, ["retention", "show", "--markdown"])
    assert printed.stdout.startswith("| kind |")
