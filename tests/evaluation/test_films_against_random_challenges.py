"""`auth-service evaluate replay` on a real film with the real engine: it counts what passes, and resumes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from auth_service.capture.challenge import Ask, Challenge, Motion, Route
from auth_service.capture.steps import StepPolicy
from auth_service.cli import evaluate_replay
from auth_service.cli.evaluate_replay import Trials
from auth_service.cli.main import app
from auth_service.engines.capture_reader import EngineCaptureReader
from auth_service.engines.catalogue import ReaderSpec, build_capture_parts, build_reader
from auth_service.engines.film_player import A_SECOND, Film, Way, look_at_film, play
from auth_service.liveness.assess import LivenessPolicy
from auth_service.liveness.fusion import PadPolicy
from auth_service.liveness.layers import Mode
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cast import player
from tests.puppet.seeing import SMALL

pytestmark = pytest.mark.data
LEFT, RIGHT = Ask(Motion.TURN_LEFT, 300), Ask(Motion.TURN_RIGHT, 300)
ASKED = Challenge(Route.NO_FLASH, (LEFT, RIGHT, LEFT))
LENIENT = LivenessPolicy(
    pad=PadPolicy(geometry=Mode.OFF, texture=Mode.OFF, parallax=Mode.OFF, model=Mode.OFF, consistency=Mode.OFF)
)
"""A film drawn this small lies near the limits of some layers, and on which side depends on the processor."""


@pytest.fixture(scope="module")
def films(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one film, and the weights beside it."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "models").mkdir()
    for weights in (data / "models").glob("*.onnx"):
        shutil.copyfile(weights, folder / "models" / weights.name)
    shutil.copyfile(data / "videos" / "vr_1.mp4", folder / "vr_1.mp4")
    return folder


@pytest.fixture(scope="module")
def spec(films: Path) -> ReaderSpec:
    return Wiring(load_settings(home=films / "home", models=films / "models")).spec


@pytest.fixture(scope="module")
def reader(spec: ReaderSpec) -> Iterator[EngineCaptureReader]:
    photos = build_reader(spec)
    yield EngineCaptureReader(photos, build_capture_parts(spec))
    photos.close()


@pytest.fixture(scope="module")
def film(reader: EngineCaptureReader, films: Path) -> Film:
    return look_at_film(reader, films / "vr_1.mp4")


def test_it_says_what_passed_and_what_stopped_the_rest_and_plays_no_film_twice(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_SERVICE_MODELS", str(films / "models"))
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(films / "home"))
    out = films / "out.json"
    asked = ["evaluate", "replay", "--videos", str(films), "--challenges", "6", "--out", str(out), "--json"]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert (found["route"], found["attempts"], found["accepted"]) == ("both", 12, 0)
    assert found["stopped_by"]["challenge"] == 12
    assert {route: one["ways"]["cut"]["attempts"] for route, one in found["routes"].items()} == {
        "flash": 3,
        "no_flash": 3,
    }
    assert 0.39 < found["routes"]["flash"]["upper"] < 0.40, "6 trials without a pass: 1 - 0.05 ** (1 / 6)"

    def looked_again(*_: object) -> Film:
        raise AssertionError("this film was played before")

    monkeypatch.setattr(evaluate_replay, "look_at_film", looked_again)
    assert json.loads(CliRunner().invoke(app, asked).stdout) == found
    assert json.loads(out.read_text()) == found


def test_a_folder_without_films_is_refused(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["evaluate", "replay", "--videos", str(tmp_path), "--json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["error"]["code"] == "file_unreadable"


def test_who_makes_the_motions_is_counted_as_passed_where_nothing_else_is_asked(
    reader: EngineCaptureReader, spec: ReaderSpec
) -> None:
    acted = Puppet(player("eileen"), ASKED, 5, Setting(view=SMALL)).session(StepPolicy())
    seen = reader.look(acted)
    assert Trials(LENIENT, spec, 1, 1, every=False)._against(reader, seen, ASKED) == []
    other = Challenge(Route.NO_FLASH, (RIGHT, LEFT, RIGHT))
    assert Trials(LENIENT, spec, 1, 1, every=False)._against(reader, seen, other) == ["challenge"]


@pytest.mark.parametrize("way", list(Way))
def test_a_film_is_shown_as_the_page_would_have_taken_it(film: Film, way: Way) -> None:
    steps = play(film, ASKED, way, Random(1))
    assert [(step.n, len(step.frames)) for step in steps] == [(0, 6), (1, 18), (2, 18), (3, 18)]
    frames = [seen.measures for step in steps for seen in step.frames]
    assert len({frame.pixel_digest for frame in frames}) == len(frames), "who plays a film adds noise to it"
    assert all(later.at_ms > frame.at_ms for frame, later in pairwise(frames))
    first = [seen.measures.at_ms for seen in steps[1].frames[:2]]
    assert first[1] - first[0] == pytest.approx(1000 / A_SECOND, abs=1)
