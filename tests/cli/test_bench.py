"""The benchmark at its smallest: every key is measured, whatever it says on a busy machine."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.bench import ROWS
from auth_service.cli.bench_sides import WARM_UP, Item, take_turns
from auth_service.cli.main import app

KEYS = {row.key for row in ROWS}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(autouse=True)
def _home(home: Path, monkeypatch: pytest.MonkeyPatch, _settings_from_the_test_alone: None) -> None:
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(home))


def _bench(*options: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["bench", "--json", *options])
    return result.exit_code, json.loads(result.stdout)


def test_every_ratio_is_measured_and_every_request_passes(home: Path) -> None:
    code, document = _bench("--rounds", "1")
    assert code == 0
    assert KEYS | {"machine"} <= set(document)
    for key in KEYS:
        assert math.isfinite(document[key]), key
        assert document[key] > 0, key
    assert (document["http"]["others"], document["http"]["passes"]) == ({}, document["faces"]["captures"])
    assert [entry.name for entry in home.iterdir()] == ["cache"]


@pytest.mark.data
def test_real_faces_take_the_place_of_the_portraits(data: Path) -> None:
    code, document = _bench("--rounds", "1", "--only", "verification", "--faces", str(data / "faces" / "lfw"))
    assert code == 0
    assert document["faces"]["from"] == "folder"
    assert document["verification_ratio"] > 1
    assert document["http_share"] is None


def test_without_the_package_its_rows_are_null_and_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_service.cli.bench.reference_installed", lambda: False)
    code, document = _bench("--rounds", "1", "--only", "embedding")
    assert code == 0
    assert document["embedding_ratio"] is None
    assert "auth-service[reference]" in document["reference"]


def test_a_sessions_cost_is_measured_with_the_points_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_SERVICE_MODELS", str(tmp_path))
    code, document = _bench("--rounds", "1", "--only", "session")
    assert code == 0
    session = document["session"]
    assert (session["points"], session["frames_a_session"]) == ("dlib5", 24)
    assert len(session["frame_ms"]) == len(session["rest_ms"]) == session["sessions"] == 6
    assert min(session["frame_ms"]) < document["session_cpu_ms_per_frame"] <= max(session["frame_ms"])
    assert document["embedding_ratio"] is None


def test_a_row_of_milliseconds_holds_below_its_bar_and_a_ratio_above() -> None:
    rows = {row.key: row for row in ROWS}
    assert rows["session_cpu_ms_per_frame"].holds(9.9)
    assert not rows["session_cpu_ms_per_frame"].holds(10.1)
    assert rows["embedding_ratio"].holds(10.1)
    assert not rows["embedding_ratio"].holds(9.9)


def test_an_unknown_measurement_is_refused() -> None:
    code, document = _bench("--only", "everything")
    assert (code, document["error"]["code"]) == (1, "setting_invalid")


def test_too_few_faces_are_reported(tmp_path: Path) -> None:
    (tmp_path / "somebody").mkdir()
    code, document = _bench("--rounds", "1", "--faces", str(tmp_path))
    assert (code, document["error"]["code"]) == (1, "file_unreadable")


def test_the_reference_package_is_given_the_five_point_file_for_every_landmark_file() -> None:
    program = (
        "from auth_service.cli.bench_child import Reference\n"
        "import sys\n"
        "Reference()\n"
        "api = sys.modules['face_recognition'].api\n"
        "print(api.predictor_68_point_model, api.predictor_5_point_model, api.cnn_face_detector)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == said[1]
    assert said[0].endswith("shape_predictor_5_face_landmarks.dat")
    assert said[2] == "None"


def test_sides_take_turns_block_by_block_and_the_warm_up_does_not_count() -> None:
    heard: list[tuple[str, list[str]]] = []

    def side(name: str, seconds: float) -> Any:
        def measure(items: Sequence[Item]) -> list[list[float]]:
            heard.append((name, [item["probe"] for item in items]))
            return [[seconds, seconds] for _ in items]

        return measure

    items = [{"probe": str(number)} for number in range(WARM_UP + 3)]
    one, two = take_turns([side("a", 1.0), side("b", 2.0)], items, 2, lambda _done: None)
    assert (one.wall, two.wall) == ([1.0] * 3, [2.0] * 3)
    warm = [str(number) for number in range(WARM_UP)]
    assert heard == [
        ("a", warm), ("b", warm), ("a", ["2", "3"]), ("b", ["2", "3"]), ("a", ["4"]), ("b", ["4"]),
    ]  # fmt: skip


@pytest.mark.slow
def test_all_ratios_reach_their_bars() -> None:
    code, document = _bench()
    assert code == 0
    missed = {row.key: document[row.key] for row in ROWS if not row.holds(document[row.key])}
    assert missed == {}
