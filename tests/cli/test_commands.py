"""The command line as a newcomer and as a script meet it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.settings import PREFIX
from auth_service.wiring import Wiring


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}MODELS", str(tmp_path / "models"))
    monkeypatch.setenv(f"{PREFIX}READERS", "1")
    return tmp_path / "home"


def run(*arguments: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    """One command with `--json`: one document on stdout and nothing else."""
    done = CliRunner().invoke(app, [*arguments, "--json"], input=stdin)
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def say(*arguments: str, expect: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == expect, (done.stdout, done.stderr, done.exception)
    return done.stdout + done.stderr


@pytest.mark.asvs("6.3.2", "13.2.3")
def test_init_makes_a_monitor_once(home: Path) -> None:
    assert run("init")["password"]
    assert run("init")["password"] is None
    assert "monitor" in say("staff", "list")
    assert (home / "keys" / "keys.json").stat().st_mode & 0o077 == 0


def test_in_production_no_password_is_printed_where_a_supervisor_writes_a_log(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "strict", True)
    assert run("init")["password"] is None
    told = say("init")
    assert "no terminal" in told
    assert "password [" not in told
    assert run("staff", "list")["staff"] == [], "nobody has an account whose password nobody saw"


def test_a_worker_does_the_named_jobs_alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init")
    refused = run("worker", "--once", "--only", "backup", expect=1)["error"]
    assert (refused["code"], refused["field"]) == ("field_invalid", "only")
    monkeypatch.setenv(f"{PREFIX}BACKUP__FOLDER", str(tmp_path / "backups"))
    ran = run("worker", "--once", "--only", "backup")
    assert ran["jobs"] == [one["job"] for one in ran["runs"]] == ["backup"]
    assert len(list((tmp_path / "backups").glob("*.asbk"))) == 2


def test_a_lost_key_file_stops_everything_instead_of_making_a_new_one(home: Path) -> None:
    run("init")
    (home / "keys" / "keys.json").unlink()
    assert run("staff", "list", expect=1)["error"]["code"] == "key_missing"
    assert not (home / "keys" / "keys.json").exists()


def test_a_command_before_migration_says_what_to_run(home: Path) -> None:
    error = run("verify", "--id-number", "130203195001010019", __file__, expect=1)["error"]
    assert error["code"] == "schema_outdated"
    assert "auth-service migrate" in error["titles"]["en"]


def test_staff_are_made_disabled_and_reset(home: Path) -> None:
    run("init")
    made = run("staff", "create", "li.na", "--role", "officer")
    assert len(made["password"]) >= 20
    assert run("staff", "create", "li.na", "--role", "officer", expect=1)["error"]["code"] == "already_exists"
    assert run("staff", "create", "x.y", "--role", "emperor", expect=1)["error"]["field"] == "role"
    assert run("staff", "reset", "li.na")["password"] != made["password"]
    run("staff", "disable", "li.na")
    states = {row["username"]: row["state"] for row in run("staff", "list")["staff"]}
    assert states == {"monitor": "active", "li.na": "disabled"}
    assert run("staff", "disable", "nobody", expect=1)["error"]["code"] == "not_found"


def test_a_password_can_come_from_stdin_and_is_then_not_printed(home: Path) -> None:
    run("init")
    made = run("staff", "create", "zhao", "--role", "auditor", "--password-stdin", stdin="correct horse battery\n")
    assert "password" not in made
    short = run("staff", "create", "qian", "--role", "auditor", "--password-stdin", stdin="short\n", expect=1)
    assert short["error"]["field"] == "password"


def test_api_keys_are_shown_once(home: Path) -> None:
    run("init")
    made = run("api-keys", "create", "bank", "--scopes", "verify,assisted", "--days", "30")
    assert made["key"].startswith(f"ak_{made['id']}_")
    listed = json.dumps(run("api-keys", "list"))
    assert made["id"] in listed
    assert made["key"] not in listed
    run("api-keys", "disable", made["id"])
    assert "disabled" in say("api-keys", "list")


def test_a_key_that_sends_registries_is_made_with_its_kinds_and_its_source_alone(home: Path) -> None:
    run("init")
    make = ("api-keys", "create", "civil affairs", "--scopes", "registry")
    for given, field in (((), "kinds"), (("--source", "民政"), "kinds"), (("--kinds", "death"), "source")):
        refused = run(*make, *given, expect=1)["error"]
        assert (refused["code"], refused["field"]) == ("registry_binding_missing", field)
    wrong = run(*make, "--kinds", "death,rumour", "--source", "民政", expect=1)["error"]
    assert (wrong["code"], wrong["field"]) == ("field_invalid", "kinds")
    assert run("api-keys", "list")["api_keys"] == []
    made = run(*make, "--kinds", "marriage, death", "--source", "民政")
    assert (made["kinds"], made["source"]) == (["death", "marriage"], "civil_affairs")
    run("api-keys", "create", "bank", "--scopes", "verify")
    listed = {one["name"]: (one["kinds"], one["source"]) for one in run("api-keys", "list")["api_keys"]}
    assert listed == {"civil affairs": (["death", "marriage"], "civil_affairs"), "bank": ([], "")}
    assert "civil_affairs" in say("api-keys", "list")
    assert "bound to nothing" not in say("api-keys", "list")


def test_doctor_says_what_is_missing_and_how_to_mend_it(home: Path) -> None:
    run("migrate")
    report = run("doctor")
    assert report["healthy"]
    assert {finding["name"] for finding in report["findings"]} >= {"python", "keys", "schema", "engine", "calibration"}
    assert "models install yunet" in say("doctor")


def test_doctor_exits_with_one_when_something_needed_is_missing(home: Path) -> None:
    report = run("doctor", expect=1)
    assert not report["healthy"]
    assert next(f for f in report["findings"] if f["name"] == "schema")["mend"] == "auth-service migrate"


def test_settings_are_explained_and_a_misspelt_one_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = run("settings")["settings"]
    assert all(row["meaning"] for row in rows)
    monkeypatch.setenv(f"{PREFIX}QUALIFICATION__ATTEMT_BUDGET", "9")
    assert "ATTEMT_BUDGET" in run("settings", expect=1)["error"]["detail"]


@pytest.mark.parametrize(
    ("name", "value"), [("READERS", "many"), ("PROFILE", "staging"), ("ACCOUNTS__IDLE_MINUTES", "x")]
)
def test_a_setting_of_the_wrong_kind_stops_the_start_and_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)
    error = run("migrate", expect=1)["error"]
    assert error["code"] == "setting_invalid"
    assert name in error["detail"]


@pytest.mark.asvs("12.2.1", "15.2.3")
def test_production_refuses_what_only_suits_development(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}PROFILE", "production")
    monkeypatch.setenv(f"{PREFIX}WORKERS", "2")
    detail = run("migrate", expect=1)["error"]["detail"]
    for wanted in ("SQLite with more than one worker", "https", "keys in a file"):
        assert wanted in detail
    assert not home.exists()


def test_models_are_listed_with_their_licence(home: Path) -> None:
    listed = {row["name"]: row for row in run("models", "list")["weights"]}
    assert listed["dlib-resnet"]["state"] == "present"
    assert all(row["licence"] and len(row["sha256"]) == 64 for row in listed.values())
    assert run("models", "install", "yunet", expect=1)["error"]["code"] == "weights_missing"
    assert run("models", "install", "nothing", expect=1)["error"]["code"] == "engine_unknown"


@pytest.mark.data
def test_models_are_installed_from_a_folder_and_verified(home: Path, data: Path) -> None:
    run("models", "install", "yunet", "--from", str(data / "models"))
    assert run("models", "verify")["weights"]["yunet"] == "present"


def test_an_empty_audit_trail_is_whole_and_a_tampered_one_names_the_row(home: Path) -> None:
    run("init")
    run("staff", "create", "li.na", "--role", "officer")
    found = run("audit", "verify")
    assert (found["rows"], found["ok"], found["first_bad"]) == (2, True, None)
    import sqlite3  # noqa: PLC0415

    connection = sqlite3.connect(home / "auth_service.sqlite3")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{trigger}"')
    connection.execute("UPDATE audit_rows SET action = 'staff.promoted' WHERE number = 1")
    connection.commit()
    connection.close()
    assert run("audit", "verify", expect=1)["first_bad"] == 1
    assert "row 1" in say("audit", "verify", expect=1)


def test_a_certificate_token_that_was_not_issued_here_does_not_hold(home: Path) -> None:
    run("init")
    assert run("certificates", "verify", "nonsense", expect=1)["error"]["code"] == "file_unreadable"


def test_errors_speak_both_languages_and_hold_no_traceback(home: Path) -> None:
    told = say("ledger", "import", str(home / "none.csv"), expect=1)
    assert "schema_outdated" in told
    run("migrate")
    told = say("ledger", "import", str(home / "none.csv"), expect=1)
    assert "file_unreadable" in told
    assert "文件无法读取" in told
    assert "Traceback" not in told
