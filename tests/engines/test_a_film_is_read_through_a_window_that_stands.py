"""The numbers that recognise a movement follow the movement, and nothing that stays the same."""

from __future__ import annotations

import cv2
import numpy as np

from auth_service.engines.film_waves import Grey, step_waves
from auth_service.faces.landmarks import Box, DetectedFace
from auth_service.liveness.measures import WAVES

POINTS = np.array([[130, 140], [190, 140], [160, 176], [135, 207], [185, 207]], np.float32)
RNG = np.random.default_rng(3)
PICTURE = cv2.resize(RNG.integers(0, 255, (40, 40), dtype=np.uint8), (320, 320), interpolation=cv2.INTER_CUBIC)


def face(points: np.ndarray = POINTS, layout: str = "arcface5") -> DetectedFace:
    return DetectedFace(Box(100, 90, 220, 240), points.astype(np.float32), layout, 0.9)


def shifted(picture: Grey, across: float) -> Grey:
    way = np.array([[1, 0, across], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(picture, way, (320, 320), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def together(a: np.ndarray | None, b: np.ndarray | None) -> float:
    assert a is not None
    assert b is not None
    return float(a @ b)


def test_each_frame_gives_sixty_three_numbers_of_unit_length() -> None:
    waves = step_waves([PICTURE] * 3, [face()] * 3)
    assert len(waves) == 3
    for one in waves:
        assert one is not None
        assert (one.shape, one.dtype) == ((WAVES,), np.float32)
        assert abs(float(np.linalg.norm(one)) - 1.0) < 1e-5


def test_points_that_tremble_do_not_move_the_window_and_a_head_that_moves_is_seen_to() -> None:
    trembling = [face(POINTS + RNG.normal(0, 3, POINTS.shape)) for _ in range(15)]
    still = step_waves([PICTURE] * 15, trembling)
    assert all(together(still[0], one) > 0.9999 for one in still)
    moving = step_waves(
        [shifted(PICTURE, 2.0 * i) for i in range(15)], [face(POINTS + np.array([2 * i, 0])) for i in range(15)]
    )
    assert together(moving[0], moving[-1]) < 0.8


def test_a_frame_without_a_face_is_read_through_the_window_of_its_step() -> None:
    waves = step_waves([PICTURE] * 3, [face(), None, face()])
    assert together(waves[0], waves[1]) > 0.9999


def test_a_smaller_and_a_turned_picture_gives_nearly_the_same() -> None:
    half = np.asarray(cv2.resize(PICTURE, (160, 160), interpolation=cv2.INTER_AREA), np.uint8)
    turn = cv2.getRotationMatrix2D((160, 160), 6.0, 1.0)
    turned = np.asarray(cv2.warpAffine(PICTURE, turn, (320, 320), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    there = (np.column_stack([POINTS, np.ones(5)]) @ turn.T).astype(np.float32)
    plain = step_waves([PICTURE], [face()])[0]
    assert together(plain, step_waves([half], [face(POINTS / 2)])[0]) > 0.98
    assert together(plain, step_waves([turned], [face(there)])[0]) > 0.98


def test_brighter_pictures_give_the_same_and_mirrored_ones_with_odd_signs_turned() -> None:
    plain = step_waves([PICTURE], [face()])[0]
    dim = np.asarray(cv2.convertScaleAbs(PICTURE, alpha=0.6, beta=20), np.uint8)
    assert together(plain, step_waves([dim], [face()])[0]) > 0.999
    mirrored = np.ascontiguousarray(PICTURE[:, ::-1])
    points = (np.array([319, 0], np.float32) + POINTS * [-1, 1])[[1, 0, 2, 4, 3]]
    signs = np.where((np.arange(1, WAVES + 1) % 8) % 2 == 1, -1.0, 1.0)
    other = step_waves([mirrored], [face(points)])[0]
    assert other is not None
    assert together(plain, other * signs) > 0.98


def test_without_points_that_tell_turns_and_on_a_single_colour_nothing_is_said() -> None:
    assert step_waves([PICTURE] * 2, [None, None]) == (None, None)
    assert step_waves([PICTURE], [face(layout="dlib5")]) == (None,)
    assert step_waves([np.full((320, 320), 90, np.uint8)], [face()]) == (None,)
    assert step_waves([PICTURE], [face(np.zeros((5, 2)))]) == (None,)
    assert step_waves([PICTURE], [face(np.full((5, 2), np.nan))]) == (None,)
