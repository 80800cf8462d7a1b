"""`auth-service pilot`: off unless a folder is named; links for who stands there; listed, removed, told by doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.accounts.roles import Role
from auth_service.cli.main import app
from auth_service.cli.precautions import precautions
from auth_service.liveness.pilot import tag_of
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.connectors.test_a_pilots_folder import CHALLENGE, STEPS

WU = "wu-password-12345"
OPEN = ("pilot", "open", "--subject", "p017", "--label", "print", "--by", "wu", "--password-stdin")


def run(*arguments: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"], input=stdin)
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    return dict(json.loads(done.stdout))


@pytest.fixture
def wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    run("init")
    wiring = Wiring(load_settings())
    wiring.keep_staff.create("wu", Role.OFFICER, WU, "cli")
    return wiring


@pytest.fixture
def folder(wiring: Wiring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With it, and the page, a pilot can be opened."""
    monkeypatch.setenv(f"{PREFIX}PILOT_FOLDER", str(tmp_path / "pilot"))
    monkeypatch.setenv(f"{PREFIX}PHONE_PAGE", "true")
    return tmp_path / "pilot"


def test_it_is_off_until_a_folder_and_the_page_are_set(
    wiring: Wiring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for missing, given in (("PILOT_FOLDER", str(tmp_path)), ("PHONE_PAGE", "true")):
        error = run(*OPEN, expect=1, stdin=f"{WU}\n")["error"]
        assert (error["code"], missing in error["detail"]) == ("setting_invalid", True)
        monkeypatch.setenv(f"{PREFIX}{missing}", given)
    run(*OPEN, stdin=f"{WU}\n")


def test_a_link_for_each_session_with_the_label_of_who_stands_there(folder: Path) -> None:
    assert run(*OPEN, expect=1, stdin="guess\n")["error"]["code"] == "credentials_invalid"
    opened = run(*OPEN, "--count", "2", "--language", "en", stdin=f"{WU}\n")
    assert (opened["label"], opened["subject"], len(opened["sessions"])) == ("print", "p017", 2)
    for one in opened["sessions"]:
        assert one["url"].startswith(f"http://127.0.0.1:8000/verify?lang=en&pilot=1#t={one['session']}.")
    done = CliRunner().invoke(app, list(OPEN), input=f"{WU}\n")
    assert "/verify?lang=zh&pilot=1#t=" in done.stdout
    assert "标签由您负责" in done.stdout
    named = [one if one != "p017" else "王秀英" for one in OPEN]
    assert run(*named, expect=1)["error"]["field"] == "subject"


def test_what_lies_there_is_listed_removed_and_told(folder: Path) -> None:
    wiring = Wiring(load_settings())
    wiring.pilot_folder.put(tag_of("live", "p017", "wu"), "a" * 32, CHALLENGE, STEPS)
    (listed,) = run("pilot", "list")["sessions"]
    assert (listed["label"], listed["subject"], listed["goes"] > listed["at"]) == ("live", "p017", True)
    told = {one.name: one for one in precautions(wiring)}["pilot"]
    assert (told.fine, "1 sessions lie in clear" in told.detail) == (True, True)
    folder.chmod(0o755)
    assert not {one.name: one for one in precautions(wiring)}["pilot"].fine
    remove = ("pilot", "remove", "--subject", "p017", "--by", "wu", "--password-stdin")
    assert run(*remove, stdin=f"{WU}\n")["removed"] == ["a" * 32]
    assert run("pilot", "list")["sessions"] == []
    assert run("audit", "verify")["ok"]


def test_old_ones_go_with_retention(folder: Path) -> None:
    wiring = Wiring(load_settings())
    assert "pilot_sessions" in wiring.retain.overdue()
