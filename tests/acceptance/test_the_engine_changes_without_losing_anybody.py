"""Real faces from one engine to another: killed on the way, taken up again, switched, the old templates ended."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.lfw import Village, command, environment, run, village
from tests.conftest import DATA

OLD, NEW = "dlib-resnet", "mobilefacenet"


@pytest.mark.data
def test_a_small_village_changes_its_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _change(tmp_path, village(tmp_path / "village", 16, at_least=3), monkeypatch, kills=1, shown=4)


@pytest.mark.data
@pytest.mark.slow
def test_four_hundred_people_change_their_engine_through_five_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    proof("engine-change", _change(tmp_path, village(tmp_path / "village", 400), monkeypatch, kills=5, shown=60))


def _change(
    tmp_path: Path, people: Village, monkeypatch: pytest.MonkeyPatch, *, kills: int, shown: int
) -> dict[str, Any]:
    home, settings = tmp_path / "home", _settings(tmp_path)
    kept = {number: photos.pop() for number, photos in people.photos.items()}
    for number, photo in kept.items():
        (people.folder / "photos" / number / photo.name).unlink()
    monkeypatch.setattr("tests.acceptance.lfw.environment", lambda home: {**environment(home), **settings})
    run(home, "init")
    run(home, "ledger", "import", str(people.ledger))
    enrolled = run(home, "enroll", str(people.folder / "photos"), timeout=900)["people"]
    killed_at = [_start_and_kill(home, settings, enrolled * (kill + 1) // (kills + 2)) for kill in range(kills)]
    before = run(home, "references", "engines", "--engine", NEW)
    assert before["waiting"] > 0, "the killed runs had finished"
    report = run(home, "references", "reembed", "--engine", NEW, timeout=900)
    assert report["people"] == before["waiting"]
    assert report["waiting"] == report["unreadable"]
    settings["AUTH_SERVICE_ENGINE"] = NEW
    matched = [_zone(home, number, photo) for number, photo in sorted(kept.items())[:shown]]
    assert matched.count("match") >= 0.75 * len(matched), matched
    destroyed = run(home, "references", "retire", OLD, "--left-behind", str(report["waiting"]))["destroyed"]
    assert destroyed >= enrolled
    assert _readable_templates(home, OLD) == 0
    assert run(home, "audit", "verify")["ok"]
    return {
        "people": enrolled,
        "killed_when_people_had_new_references": killed_at,
        "made_by_the_last_run": report["made"],
        "unreadable_by_the_new_engine": report["unreadable"],
        "templates_destroyed": destroyed,
        "zones_of_unseen_photos": {zone: matched.count(zone) for zone in sorted(set(map(str, matched)))},
    }


def _settings(tmp_path: Path) -> dict[str, str]:
    models = tmp_path / "models"
    models.mkdir()
    for name in ("face_detection_yunet_2023mar.onnx", "mobilefacenet_foamliu_112_128d.onnx"):
        shutil.copyfile(DATA / "models" / name, models / name)
    shutil.copyfile(Path(__file__).parents[2] / "models" / "manifest.toml", models / "manifest.toml")
    return {"AUTH_SERVICE_MODELS": str(models)}


def _start_and_kill(home: Path, settings: Mapping[str, str], at_least: int) -> int:
    process = subprocess.Popen(
        command(home, "references", "reembed", "--engine", NEW), env={**environment(home), **settings},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while _sets(home, NEW) < at_least and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL, "the run had ended before it was killed"
    return _sets(home, NEW)


def _zone(home: Path, number: str, photo: Path) -> str | None:
    zone = run(home, "verify", "--id-number", number, str(photo), expect=None).get("zone")
    return None if zone is None else str(zone)


def _sets(home: Path, engine: str) -> int:
    return _count(home, "SELECT COUNT(*) FROM reference_sets WHERE engine = ? AND superseded_at IS NULL", engine)


def _readable_templates(home: Path, engine: str) -> int:
    return sum(
        _count(home, f"SELECT COUNT(*) FROM {table} WHERE engine = ? AND length(template_sealed) > 0", engine)
        for table in ("reference_photos", "reference_sets", "captures")
    )


def _count(home: Path, sql: str, engine: str) -> int:
    connection = sqlite3.connect(home / "auth_service.sqlite3", timeout=10)
    try:
        return int(connection.execute(sql, (engine,)).fetchone()[0])
    finally:
        connection.close()
