"""The renderer of planar attacks against numbers worked out by hand: what it shows is what a camera would see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auth_service.capture.challenge import Ask, Challenge, Motion, Route
from tests.attacks.planar import (
    FOCAL,
    FRAMES,
    HEIGHT,
    STILL_HAND,
    WIDTH,
    Hand,
    Sheet,
    answer,
    met,
    rotation,
    shots_of,
)

PLACE = np.array([0.0, 0.0, 40.0])
STRAIGHT = np.eye(3)
UPRIGHT = np.array([0.0, 1.0, 0.0])


def sheet(radius: float = 0.0, *, upright: bool = True) -> Sheet:
    picture = np.random.default_rng(1).integers(0, 255, (300, 200, 3)).astype(np.uint8)
    return Sheet((picture,), 10.0, (100.0, 150.0), 20.0, 30.0, radius, upright)


def test_a_flat_sheet_is_met_where_a_pinhole_says() -> None:
    across, down, facing = met(sheet(), STRAIGHT, PLACE)
    assert across[HEIGHT // 2, WIDTH // 2] == pytest.approx(0.0, abs=1e-6)
    assert across[HEIGHT // 2, WIDTH // 2 + 70] == pytest.approx(70 / FOCAL * 40, rel=1e-6)
    assert down[HEIGHT // 2 - 70, WIDTH // 2] == pytest.approx(-70 / FOCAL * 40, rel=1e-6)
    assert facing[HEIGHT // 2, WIDTH // 2] == pytest.approx(1.0, abs=1e-4)


def test_a_turned_sheet_is_met_where_its_points_project() -> None:
    """A point 5 cm aside on a sheet turned by 30 degrees lies at x = 5 cos 30, z = 40 - 5 sin 30."""
    across, _, facing = met(sheet(), rotation(UPRIGHT, 30.0), PLACE)
    x, z = 5 * np.cos(np.radians(30)), 40 - 5 * np.sin(np.radians(30))
    column = FOCAL * x / z + WIDTH / 2
    low = int(column)
    seen = across[HEIGHT // 2, low] * (low + 1 - column) + across[HEIGHT // 2, low + 1] * (column - low)
    assert seen == pytest.approx(5.0, abs=0.02)
    assert facing[HEIGHT // 2, WIDTH // 2] == pytest.approx(np.cos(np.radians(30)), abs=1e-3)


@pytest.mark.parametrize("upright", [True, False])
def test_a_can_of_a_kilometre_is_flat(upright: bool) -> None:
    turn = rotation(UPRIGHT, 20.0)
    for flat, bent in zip(met(sheet(), turn, PLACE), met(sheet(1e5, upright=upright), turn, PLACE), strict=True):
        assert bent == pytest.approx(flat, abs=0.02)


def test_a_can_is_met_where_its_skin_projects() -> None:
    """The length s along the skin of a can of 5 cm lies at x = 5 sin(s/5), z = 40 + 5 (1 - cos(s/5))."""
    across, _, _ = met(sheet(5.0), STRAIGHT, PLACE)
    for column in (12, 20, 32):
        angle = across[HEIGHT // 2, WIDTH // 2 + column] / 5.0
        assert angle > 0.2
        assert 5 * np.sin(angle) / (40 + 5 * (1 - np.cos(angle))) == pytest.approx(column / FOCAL, abs=1e-3)


def test_a_can_ends_where_its_skin_turns_away() -> None:
    """Seen 6.4 degrees aside: sin = 5 / 45; 39 pixels."""
    across, _, _ = met(sheet(5.0), STRAIGHT, PLACE)
    assert np.abs(across[HEIGHT // 2, WIDTH // 2 + 35]) < 8.0
    assert np.abs(across[HEIGHT // 2, WIDTH // 2 + 44]) > 100.0


def test_a_session_has_the_steps_that_were_asked_and_frames_in_time() -> None:
    asked = Challenge(Route.NO_FLASH, (Ask(Motion.TURN_LEFT, 300), Ask(Motion.COME_CLOSER, 300)))
    hand = Hand(degrees=30.0, slant=0.0, aside=1.0, distance=40.0, closer=0.7, shake=0.1)
    steps = answer(sheet(), hand, asked, np.random.default_rng(3))
    assert [step.n for step in steps] == [0, 1, 2]
    assert [len(step.frames) for step in steps] == [FRAMES[0], FRAMES[1], FRAMES[1]]
    times = [frame.at_ms for step in steps for frame in step.frames]
    assert times == sorted(set(times))
    pictures = [shot.picture for step in shots_of(steps) for shot in step]
    assert {picture.shape for picture in pictures} == {(HEIGHT, WIDTH, 3)}


def test_a_film_goes_on_while_its_screen_stands() -> None:
    """Bright and dark pictures in turn show in turn."""
    faces = tuple(np.full((300, 200, 3), 40 + 160 * (k % 2), np.uint8) for k in range(sum(FRAMES)))
    screen = replace(sheet(), faces=faces, screen=True)
    asked = Challenge(Route.NO_FLASH, (Ask(Motion.TURN_LEFT, 300),))
    steps = shots_of(answer(screen, STILL_HAND, asked, np.random.default_rng(3)))
    light = [float(shot.picture[180:220, 130:170].mean()) for step in steps for shot in step]
    assert all(bright > dark + 60 for dark, bright in zip(light[::2], light[1::2], strict=True))
