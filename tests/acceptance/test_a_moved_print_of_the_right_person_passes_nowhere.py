"""Prints of the very photograph that is enrolled, moved as the challenge asks and lit by its colours, through reader,
layers, fusion and matcher. Rendered: the paper is bent or flat, reflects the screen as skin does, and is held by hand.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from auth_service.capture.challenge import FLASH_MS, SHOWN_RGB, Challenge, Route, draw
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.cli.main import app
from tests.attacks.following import Follower, Shot
from tests.attacks.pad_files import PAD_WEIGHTS, write_session
from tests.attacks.planar import Hand, Sheet, Species, answer, hand_of, met, room_of, rotation, sheet_of, shot

pytestmark = pytest.mark.data

PLACE = 5
"""People of LFW at this place of every eleven: neither those that thresholds were set on nor the other tests'."""
ON_PAPER, ON_WALL = 0.4, 0.06
"""What a white screen adds to the room's light. source: docs/liveness-fusion.md, 0.2 is a room of 125 lux and 0.8 a dim
one; a wall is farther than paper at arm's length"""
FLASH_FRAME_MS = 160


def coloured(
    sheet: Sheet, hand: Hand, challenge: Challenge, start_ms: int, chance: np.random.Generator
) -> CapturedStep:
    """The step of the colours: the print is held still and throws them back."""
    room, frames, lag_ms = room_of(chance), [], float(chance.uniform(60.0, 200.0))
    for at_ms in range(0, len(challenge.flash) * FLASH_MS, FLASH_FRAME_MS):
        place = np.array([0.0, 0.0, hand.distance]) + chance.normal(0.0, hand.shake, 3)
        turn = rotation(chance.normal(0.0, 1.0, 3) + 1e-9, float(chance.normal(0.0, 0.6)))
        picture = shot(sheet, 0, turn, place, room, chance)
        across, down, _ = met(sheet, turn, place)
        paper = (np.abs(across) <= sheet.width / 2) & (np.abs(down) <= sheet.height / 2)
        number = int((at_ms - lag_ms) // FLASH_MS)
        rgb = SHOWN_RGB[challenge.flash[number]] if number >= 0 else (0, 0, 0)
        light = np.array(rgb[::-1], np.float32) / 255.0
        gain = 1.0 + np.where(paper, ON_PAPER, ON_WALL)[..., None] * light
        lit = np.clip(255.0 * ((picture / 255.0) ** 2.2 * gain) ** (1 / 2.2), 0, 255).astype(np.uint8)
        data = cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
        frames.append(CapturedFrame(data, start_ms + at_ms))
    return CapturedStep(challenge.steps[-1].n, tuple(frames))


def printed(root: Path, place: int, photo: Path, points: Any, species: Species) -> None:
    """The photograph as a reference, and a session that a print of it answers."""
    picture = np.asarray(cv2.imread(str(photo)), np.uint8)
    chance = np.random.default_rng([place, list(Species).index(species), 7])
    challenge = draw(Route.FLASH, (), random.Random(place).randrange)
    sheet, hand = sheet_of(picture, points, species, chance), hand_of(chance)
    steps = answer(sheet, hand, challenge, chance)
    steps.append(coloured(sheet, hand, challenge, steps[-1].frames[-1].at_ms + 900, chance))
    name = photo.parent.name
    write_session(root / "attacks" / species.value / name / "session", steps, challenge)
    (root / "references" / name).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(photo, root / "references" / name / photo.name)


def shown(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, people: int) -> dict[str, Any]:
    """`evaluate pad` on flat and bent prints of so many people."""
    root, models, follower = tmp_path / "root", tmp_path / "models", Follower(data)
    models.mkdir()
    for weights in PAD_WEIGHTS:
        shutil.copyfile(data / "models" / weights, models / weights)
    found = 0
    for place, person in enumerate(sorted((data / "faces" / "lfw").iterdir())):
        photo = min(person.glob("*.jpg"))
        if place % 11 != PLACE or found == people:
            continue
        points = follower.frame(Shot(0, np.asarray(cv2.imread(str(photo)), np.uint8))).points
        if points is not None:
            found += 1
            for species in (Species.FLAT, Species.BENT):
                printed(root, place, photo, points, species)
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AUTH_SERVICE_MODELS", str(models))
    done = CliRunner().invoke(app, ["evaluate", "pad", "--root", str(root), "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def _accepted(found: Mapping[str, Any]) -> dict[str, int]:
    """By the pictures alone, and together with the matcher."""
    return {name: one["errors"] for name, one in found["species"].items()} | {
        f"{name} as that person": one["iapar"]["errors"] for name, one in found["matcher"]["species"].items()
    }


def test_two_peoples_prints_are_judged_with_all_layers_and_none_is_accepted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = shown(data, tmp_path, monkeypatch, 2)
    assert {name: one["n"] for name, one in found["species"].items()} == {"flat": 2, "bent": 2}
    assert (found["flash"]["attacks"], found["unusable"], found["no_response"]["count"]) == (4, [], 0)
    assert found["matcher"]["species"]["flat"]["iapmr"]["errors"] == 2, "a good matcher takes a print for the person"
    assert set(_accepted(found).values()) == {0}


@pytest.mark.slow
def test_no_flat_or_bent_print_of_75_right_people_is_accepted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    found = shown(data, tmp_path, monkeypatch, 75)
    session = found["by_kind"]["session"]
    proof(
        "pad-moved-prints",
        {
            "sessions": {name: one["n"] for name, one in found["species"].items()},
            "accepted": _accepted(found),
            "apcer_high": {name: one["high"] for name, one in found["species"].items()},
            "said": {layer: one["said"] for layer, one in session["layers"].items()},
            "without_model": {name: one["errors"] for name, one in session["without_model"]["species"].items()},
            "matcher": found["matcher"]["species"],
            "versions": found["versions"],
            "unusable": len(found["unusable"]) + found["no_response"]["count"],
        },
    )
    assert sum(one["n"] for one in found["species"].values()) >= 145
    assert set(_accepted(found).values()) == {0}
