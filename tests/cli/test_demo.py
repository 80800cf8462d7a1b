"""The demo as a user runs it: real engine, real database, in a home of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.demo import clean_slate, demo_settings
from auth_service.cli.demo_story import Story
from auth_service.cli.main import app
from auth_service.core.errors import SettingInvalid
from auth_service.engines.staging import COLLINS, Portrait
from auth_service.wiring import Wiring

STEPS = 11


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


def _told(home: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["demo", "--home", str(home), *options])
    return result.exit_code, result.stdout


def _flags(home: Path) -> list[str]:
    wiring = Wiring(demo_settings(home))
    try:
        return sorted(line.rule_id for line in wiring.store.queries.flags("open").rows)
    finally:
        wiring.store.close()


def test_the_demo_comes_out_as_told_and_leaves_its_flags_for_the_monitor(home: Path) -> None:
    code, out = _told(home, "--json")
    story: dict[str, Any] = json.loads(out)
    assert [step["number"] for step in story["steps"] if not step["ok"]] == []
    assert (code, story["ok"], len(story["steps"])) == (0, True, STEPS)
    assert _flags(home) == ["I01", "I01", "I09", "V04"]


def test_a_second_demo_starts_from_a_clean_slate_and_speaks_chinese(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    code, out = _told(home)
    assert code == 0, out
    assert "11 步全部符合预期" in out
    assert "监督" in out
    assert _flags(home) == ["I01", "I01", "I09", "V04"]


def test_a_story_that_comes_out_otherwise_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true_capture = Story._capture
    monkeypatch.setattr(Story, "_capture", lambda self, _portrait, seed: true_capture(self, COLLINS, seed))
    code, out = _told(home, "--json")
    story = json.loads(out)
    assert (code, story["ok"]) == (1, False)
    assert next(step["number"] for step in story["steps"] if not step["ok"]) == 4


def test_a_missing_portrait_is_told_with_its_code(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_service.cli.demo_story.HOPPER", Portrait("Nobody", "no_such_package", "x.jpg", ""))
    code, out = _told(home, "--json")
    assert (code, json.loads(out)["error"]) == (1, "file_unreadable")


def test_a_folder_that_the_demo_did_not_make_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("keep me")
    with pytest.raises(SettingInvalid):
        clean_slate(tmp_path)
    code, _ = _told(tmp_path)
    assert code == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious.txt"]


def test_a_clean_slate_keeps_only_the_converted_net(tmp_path: Path) -> None:
    home = tmp_path / "home"
    clean_slate(home)
    (home / "cache").mkdir()
    (home / "cache" / "net.onnx").write_bytes(b"net")
    (home / "keys").mkdir()
    (home / "database").write_bytes(b"old")
    clean_slate(home)
    assert sorted(entry.name for entry in home.iterdir()) == ["cache", "input", "this-is-a-demo"]


def test_an_operators_database_is_not_told_stories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_SERVICE_DATABASE_URL", "postgresql+psycopg://agency@db/ledger")
    monkeypatch.setenv("AUTH_SERVICE_PROFILE", "production")
    settings = demo_settings(tmp_path)
    assert settings.url == f"sqlite:///{tmp_path / 'auth_service.sqlite3'}"
    assert settings.profile == "development"
