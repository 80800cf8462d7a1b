"""Paths of points and texture, on pictures whose truth is known: shifted, turned and screened portraits."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from auth_service.capture.challenge import Motion
from auth_service.engines.frame_colours import LINEAR, skin_colours, surround_colour
from auth_service.engines.frame_texture import moire, texture
from auth_service.engines.point_paths import MOST_UNTURNED, ends, point_paths, stations
from auth_service.engines.staging import COLLINS, portrait_bytes
from auth_service.faces.landmarks import Box, DetectedFace
from auth_service.liveness.measures import FrameMeasures
from auth_service.liveness.planes import FEWEST_OF_NOSE, nose_outline
from auth_service.liveness.pose import Pose, pose_of

EYES = ((203.0, 103.0), (246.0, 105.0), (225.0, 130.0), (205.0, 149.0), (243.0, 150.0))
"""Where the five points lie in the portrait of 512 pixels, to about two pixels."""


def portrait() -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(portrait_bytes(COLLINS), np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def face_at(shift: tuple[float, float] = (0.0, 0.0), scale: float = 1.0, nose: float = 0.0) -> DetectedFace:
    points = np.array(EYES, np.float32) * scale + np.array(shift, np.float32)
    points[2, 0] += nose
    box = Box(180 * scale + shift[0], 50 * scale + shift[1], 270 * scale + shift[0], 175 * scale + shift[1])
    return DetectedFace(box, points, "arcface5", 1.0)


def frame_at(shift: tuple[float, float] = (0.0, 0.0)) -> FrameMeasures:
    face = face_at(shift)
    surround = np.zeros(3, np.float32)
    return FrameMeasures(0, 512, 512, 1, face.box, face.points, None, surround, 120.0, 90.0, 1.0, None, b"", 0, 0)


NOWHERE = replace(frame_at(), faces=0, box=None, points=None)


def pose(face: DetectedFace) -> Pose:
    found = pose_of(face.points)
    assert found is not None
    return found


STRAIGHT = pose(face_at())


def grey_of(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def moved(pixels: np.ndarray, by: tuple[float, float]) -> np.ndarray:
    across = np.array([[1, 0, by[0]], [0, 1, by[1]]], np.float64)
    return cv2.warpAffine(pixels, across, pixels.shape[1::-1], borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("by", [(7.0, 0.0), (-6.5, 4.0), (0.0, 12.0)])
def test_paths_of_a_shifted_still_are_the_shift(by: tuple[float, float]) -> None:
    grey = grey_of(portrait())
    paths = point_paths([grey, moved(grey, by)], [frame_at(), frame_at(by)], STRAIGHT, Motion.TURN_LEFT)
    assert paths is not None
    assert (paths.first, paths.last) == (0, 1)
    assert min(len(paths.face), len(paths.background)) >= 30
    assert paths.face.dtype == np.float32
    for group in (paths.face, paths.background):
        shifts = group[:, 1] - group[:, 0]
        assert np.median(shifts, axis=0) == pytest.approx(by, abs=0.1)
        assert (np.abs(shifts - by).max(axis=1) < 1.0).mean() > 0.9


def test_paths_of_a_face_that_moves_before_a_wall_that_stands_are_told_apart() -> None:
    pixels = portrait()
    after = pixels.copy()
    shifted = moved(pixels, (8.0, 0.0))
    ellipse = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(ellipse, (229, 112), (52, 70), 0, 0, 360, 255, -1)
    after[ellipse > 0] = shifted[ellipse > 0]
    paths = point_paths(
        [grey_of(pixels), grey_of(after)], [frame_at(), frame_at((8.0, 0.0))], STRAIGHT, Motion.TURN_LEFT
    )
    assert paths is not None
    assert np.median(paths.face[:, 1] - paths.face[:, 0], axis=0) == pytest.approx((8.0, 0.0), abs=0.2)
    assert np.median(paths.background[:, 1] - paths.background[:, 0], axis=0) == pytest.approx((0.0, 0.0), abs=0.1)


def test_a_face_that_does_not_turn_is_followed_by_fewer_points_and_its_background_by_as_many() -> None:
    before = grey_of(portrait())
    after, seen = moved(before, (5.0, 8.0)), [frame_at(), frame_at((5.0, 8.0))]
    turned, bowed = (point_paths([before, after], seen, STRAIGHT, one) for one in (Motion.TURN_LEFT, Motion.NOD))
    assert turned is not None
    assert bowed is not None
    assert 30 <= len(bowed.face) <= MOST_UNTURNED < len(turned.face)
    outline = nose_outline(face_at().points)
    low, high = outline.min(axis=0), outline.max(axis=0)
    on_nose = ((bowed.face[:, 0] >= low) & (bowed.face[:, 0] <= high)).all(axis=1)
    assert on_nose.sum() >= FEWEST_OF_NOSE
    assert np.array_equal(bowed.background, turned.background), "followed with the face or alone"
    for group in (bowed.face, bowed.background):
        assert np.median(group[:, 1] - group[:, 0], axis=0) == pytest.approx((5.0, 8.0), abs=0.1)


def test_points_that_do_not_come_back_are_left_out() -> None:
    grey = grey_of(portrait())
    noise = np.random.default_rng(1).integers(0, 255, grey.shape, dtype=np.uint8)
    paths = point_paths([grey, noise], [frame_at(), frame_at()], STRAIGHT, Motion.NOD)
    assert paths is None or len(paths.face) < 10


def test_a_nose_whose_skin_is_plain_beside_brows_and_mouth_is_followed_all_the_same() -> None:
    grey = grey_of(portrait())
    outline = nose_outline(face_at().points)
    left, top, right, bottom = (round(float(edge)) for edge in (*outline.min(axis=0), *outline.max(axis=0)))
    plain = cv2.GaussianBlur(grey, (0, 0), 2.0)
    faint = grey.copy()
    faint[top:bottom, left:right] = plain[top:bottom, left:right]
    shifted = moved(faint, (5.0, 0.0))
    paths = point_paths([faint, shifted], [frame_at(), frame_at((5.0, 0.0))], STRAIGHT, Motion.TURN_LEFT)
    assert paths is not None
    start = paths.face[:, 0]
    on_nose = (start > (left, top)).all(axis=1) & (start < (right, bottom)).all(axis=1)
    assert on_nose.sum() >= 2 * FEWEST_OF_NOSE


def turning(*noses: float) -> dict[int, Pose]:
    """Poses of a face whose nose lies so many pixels aside, of 43 between the eyes."""
    return {index: pose(face_at(nose=value)) for index, value in enumerate(noses)}


def test_a_turn_is_followed_from_the_most_neutral_frame_to_the_nearest_that_is_far() -> None:
    assert ends(turning(4, 1, 6, 9, 14, 9), STRAIGHT, Motion.TURN_LEFT) == (1, 4)
    assert ends(turning(4, 1, 6, 12, 14, 9), STRAIGHT, Motion.TURN_LEFT) == (1, 3)
    assert ends(turning(14, 12, 6, 1), STRAIGHT, Motion.TURN_LEFT) == (3, 1), "the way back shows as much"


def test_a_turn_that_nowhere_goes_far_is_followed_as_far_as_it_goes() -> None:
    assert ends(turning(1, 3, 5, 4), STRAIGHT, Motion.TURN_LEFT) == (0, 2)


def test_coming_closer_is_followed_until_the_face_is_larger_by_a_fifth() -> None:
    sizes = {index: pose(face_at(scale=scale)) for index, scale in enumerate((1.02, 1.0, 1.1, 1.3, 1.6))}
    assert ends(sizes, STRAIGHT, Motion.COME_CLOSER) == (1, 3)


def test_a_step_with_a_face_in_one_frame_only_has_no_ends_and_no_paths() -> None:
    grey = grey_of(portrait())
    assert ends(turning(0), STRAIGHT, Motion.NOD) is None
    assert point_paths([grey] * 3, [NOWHERE, frame_at(), NOWHERE], STRAIGHT, Motion.NOD) is None


def test_points_are_followed_frame_by_frame_and_along_so_many_as_may_be() -> None:
    assert stations(turning(0, 3), 0, 1, 8) == [0, 1]
    assert stations(turning(*range(5)), 0, 4, 8) == [0, 1, 2, 3, 4]
    assert stations(turning(*range(5)), 4, 1, 8) == [4, 3, 2, 1]
    assert stations(turning(*range(5)), 0, 4, 1) == [0, 1, 4]
    assert stations({0: STRAIGHT, 3: STRAIGHT}, 0, 3, 8) == [0, 3], "frames without a face are passed over"
    many = stations(turning(*range(30)), 0, 29, 8)
    assert (many[0], many[-1], len(many)) == (0, 29, 8 + 2)
    assert many == sorted(set(many))


def filmed(screen: np.ndarray, pitch: float, degrees: float) -> np.ndarray:
    """A screen with red, green and blue stripes `pitch` camera pixels apart, filmed at an angle and sharpened as
    phones do: each camera pixel takes in the light of its own square."""
    fine = 4
    turn = cv2.getRotationMatrix2D((screen.shape[1] / 2, screen.shape[0] / 2), degrees, 1.0)
    turned = cv2.warpAffine(screen, turn, screen.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    large = cv2.resize(turned, None, fx=fine, fy=fine, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    y, x = np.mgrid[0 : large.shape[0], 0 : large.shape[1]].astype(np.float32) / fine
    across = x * math.cos(math.radians(degrees)) + y * math.sin(math.radians(degrees))
    down = -x * math.sin(math.radians(degrees)) + y * math.cos(math.radians(degrees))
    for channel in range(3):
        stripe = 0.6 + 0.4 * np.cos(2 * np.pi * (across / pitch + channel / 3))
        gap = 0.8 + 0.2 * np.cos(2 * np.pi * down / pitch)
        large[..., channel] *= stripe * gap
    seen = cv2.resize(large, screen.shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.clip(seen, 0, 255).astype(np.uint8)


def as_sent(pixels: np.ndarray) -> np.ndarray:
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return grey_of(cv2.imdecode(jpeg, cv2.IMREAD_COLOR_RGB))


@pytest.mark.parametrize("pitch", [1.3, 1.7, 2.6, 3.7])
@pytest.mark.parametrize("degrees", [2.0, 11.0])
def test_a_screens_pattern_stands_out_above_the_photograph(pitch: float, degrees: float) -> None:
    pixels, box = portrait(), face_at().box
    plain = moire(as_sent(pixels), box)
    assert 1.0 <= plain < 1.5
    assert moire(as_sent(filmed(pixels, pitch, degrees)), box) > 1.5 * plain


def test_the_grid_of_jpegs_blocks_is_no_pattern() -> None:
    pixels = portrait()
    coarse = cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 25])[1], cv2.IMREAD_COLOR_RGB)
    assert moire(grey_of(coarse), face_at().box) < 1.5 * moire(grey_of(pixels), face_at().box)


def test_a_frame_too_small_to_tell_has_no_pattern() -> None:
    assert moire(np.zeros((20, 300), np.uint8), Box(0, 0, 20, 20)) == 1.0


def test_a_blurred_face_is_less_sharp_at_any_size() -> None:
    grey, box = grey_of(portrait()), face_at().box
    sharp, soft = texture(grey, box), texture(cv2.GaussianBlur(grey, (0, 0), 2.0), box)
    assert soft.sharpness < 0.3 * sharp.sharpness
    assert soft.luma == pytest.approx(sharp.luma, abs=1.0)


def test_a_box_outside_the_frame_and_none_at_all_tell_the_frames_light_alone() -> None:
    grey = np.full((100, 100), 90, np.uint8)
    for box in (None, Box(200, 200, 260, 280)):
        assert texture(grey, box) == texture(grey, None)
    assert (texture(grey, None).luma, texture(grey, None).sharpness, texture(grey, None).moire) == (90.0, 0.0, 1.0)


def test_skin_is_told_in_linear_light_patch_by_patch() -> None:
    pixels = np.full((512, 512, 3), 188, np.uint8)
    pixels[:, 228:] = (0, 255, 0)
    skin = skin_colours(pixels, face_at())
    assert skin[1] == pytest.approx([LINEAR[188]] * 3)
    assert LINEAR[188] == pytest.approx(0.503, abs=0.002)
    assert skin[2] == pytest.approx([0.0, 1.0, 0.0])


def test_a_patch_outside_the_frame_is_not_a_number() -> None:
    skin = skin_colours(portrait(), face_at((0.0, -90.0)))
    assert np.isnan(skin[0]).all()
    assert np.isfinite(skin[4]).all()


def test_the_surround_leaves_the_face_out_and_says_when_nothing_is_left() -> None:
    pixels = np.full((240, 320, 3), 188, np.uint8)
    pixels[60:180, 100:200] = 0
    around = surround_colour(pixels, Box(100, 60, 200, 180))
    assert around == pytest.approx([LINEAR[188]] * 3, rel=1e-3)
    assert (surround_colour(pixels, None) < 0.9 * around).all()
    assert np.isnan(surround_colour(pixels, Box(-50, -50, 400, 300))).all()
