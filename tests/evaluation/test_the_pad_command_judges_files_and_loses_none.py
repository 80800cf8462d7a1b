"""`auth-service evaluate pad` on real pictures and films, with the engine as the service builds it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import pytest
from typer.testing import CliRunner, Result

from auth_service.cli.evaluate import evaluate_app
from auth_service.cli.main import app
from auth_service.engines.presentations import film_frames, film_length_ms
from tests.attacks.pad_files import PAD_WEIGHTS

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def models(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With YuNet and the MiniFASNet pair."""
    folder = tmp_path_factory.mktemp("pad-models")
    for name in PAD_WEIGHTS:
        shutil.copyfile(data / "models" / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pad-home")


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, models: Path, cache: Path) -> Any:
    assert any(command.name == "pad" for command in evaluate_app.registered_commands)
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(cache))
    monkeypatch.setenv("AUTH_SERVICE_MODELS", str(models))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, ["evaluate", "pad", *(str(argument) for argument in arguments)])

    return run


def filled(root: Path, data: Path, names: Sequence[str]) -> Path:
    nuaa = data / "attacks" / "nuaa"
    for kind, place in (("real", "bona_fide/0001"), ("print", "attacks/print/0001"), ("real", "references/0001")):
        (root / place).mkdir(parents=True)
        sources = sorted((nuaa / kind / "0001").glob("*.jpg"))
        for path in sources[-2:] if place.startswith("references") else sources[: len(names)]:
            shutil.copyfile(path, root / place / path.name)
    return root


def session_folder(folder: Path, clip: Path) -> None:
    """Frames of a clip as if they answered two turns."""
    folder.mkdir(parents=True)
    steps = [
        {"kind": kind, "from_ms": 1000 * n, "to_ms": 1000 * n + 1000, **({"motion": kind_of} if kind_of else {})}
        for n, (kind, kind_of) in enumerate(
            (("neutral", None), ("motion", "turn_left"), ("motion", "nod"), ("motion", "turn_right"))
        )
    ]
    (folder / "challenge.json").write_text(json.dumps({"route": "no_flash", "steps": steps}))
    for frame in film_frames(clip, [(0, 4000)]):
        (folder / f"{frame.at_ms}.jpg").write_bytes(frame.data)


def test_every_file_is_judged_or_named_and_a_second_run_goes_on(evaluate: Any, data: Path, tmp_path: Path) -> None:
    root = filled(tmp_path / "root", data, ("a", "b"))
    people = root / "bona_fide"
    session_folder(people / "0001" / "session", data / "videos" / "lp_d12.mp4")
    (root / "attacks" / "screen" / "z").mkdir(parents=True)
    shutil.copyfile(data / "attacks" / "zalo" / "train_1.mp4", root / "attacks" / "screen" / "z" / "film.mp4")
    cv2.imwrite(str(people / "0001" / "wall.png"), cv2.imread(str(people / "0001" / "session" / "0.jpg"))[:40, :40])
    for name, content in (("broken.jpg", "no picture"), ("broken.mp4", "no film"), ("note.txt", "hello")):
        (people / "0001" / name).write_text(content)
    out = tmp_path / "out"
    done = evaluate("--root", root, "--out", out, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["bona_fide"], found["subjects"], found["model_installed"]) == (3, 1, True)
    assert {name: one["n"] for name, one in found["species"].items()} == {"print": 2, "screen": 1}
    assert found["species"]["screen"]["apcer"] == 0.0
    assert set(found["by_kind"]) == {"picture", "film", "session"}
    assert found["no_response"]["paths"] == ["bona_fide/0001/wall.png"]
    assert [(one["path"].rpartition("/")[2], one["code"]) for one in found["unusable"]] == [
        ("broken.jpg", "image_format_unsupported"),
        ("broken.mp4", "file_unreadable"),
        ("note.txt", "file_unreadable"),
    ]
    assert all(one["titles"]["zh"] != one["titles"]["en"] for one in found["unusable"])
    assert {"print", "screen"} >= set(found["matcher"]["species"]) >= {"print"}
    assert {"layers", "fusion", "points", "yunet", "minifasnet-v2"} <= set(found["versions"])
    assert found["thresholds"]["model"]["suspect_below"] == 0.02
    assert json.loads((out / "result.json").read_text()) == found

    journal = out / "trials.jsonl"
    whole = journal.read_text()
    journal.write_text(whole[: len(whole) - 25])  # a machine that went off in the middle of a line
    again = json.loads(evaluate("--root", root, "--out", out, "--json").stdout)
    assert (found["judged_before"], again["judged_before"]) == (0, 6)
    assert again | {"judged_before": 0} == found
    spoken = evaluate("--root", root, "--out", out)
    assert "没有找到人脸" in spoken.stdout
    assert "无法使用" in spoken.stdout
    assert "不是完整的采集" in spoken.stdout


def test_a_pilot_of_one_person_is_not_kept_for_colours(evaluate: Any, data: Path, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["init", "--json"]).exit_code == 0
    root = filled(tmp_path / "root", data, ("a",))
    done = evaluate("--root", root, "--record", "pilot-1", "--by", "li", "--out", tmp_path / "out", "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.exit_code, error["code"]) == (1, "flash_too_few")
    assert error["detail"] == "0 people of 30, 0 sessions of 30, 0 attacks of 30"
    assert json.loads((tmp_path / "out" / "result.json").read_text())["flash"]["route"] == "flash"


def test_a_csv_names_presentations_too(evaluate: Any, data: Path, tmp_path: Path) -> None:
    rows = ["path,label", "nuaa/real/0001/0001_00_00_01_0.jpg,live", "nuaa/print/0001/0001_00_00_01_0.jpg,print"]
    listed = tmp_path / "rows.csv"
    listed.write_text("\n".join([*rows, "nuaa/nobody.jpg,print"]) + "\n")
    found = json.loads(evaluate("--root", data / "attacks", "--manifest", listed, "--json").stdout)
    assert (found["bona_fide"], found["species"]["print"]["n"], found["matcher"]) == (1, 1, None)
    assert [one["path"] for one in found["unusable"]] == ["nuaa/nobody.jpg"]


def test_nothing_to_judge_is_an_error_in_both_languages(evaluate: Any, tmp_path: Path) -> None:
    done = evaluate("--root", tmp_path, "--json")
    assert done.exit_code == 1
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["titles"]["zh"] != error["titles"]["en"]) == ("file_unreadable", True)


def test_a_film_is_sampled_as_the_page_films_from_the_beginning_of_each_part(data: Path) -> None:
    clip = data / "videos" / "vr_1.mp4"
    assert film_length_ms(clip) == 6067
    times = [frame.at_ms for frame in film_frames(clip, [(1010, 2010), (3000, 3500)])]
    assert len(times) == 6 + 3
    assert 1010 <= times[0] < 1010 + 80
    assert 3000 <= times[6] < 3000 + 80
