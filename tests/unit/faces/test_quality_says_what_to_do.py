"""Each component of the quality check speaks up for its own fault, and only then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from auth_service.faces.landmarks import Box, DetectedFace
from auth_service.faces.quality import QUALITY_TEXTS, QualityPolicy, QualityReason, assess, eye_centres, measure, nose

POLICY = QualityPolicy()
SIDE = 400


def textured(mean: float = 130.0, spread: float = 35.0) -> NDArray[np.uint8]:
    """A picture of pixel-sized grain: sharp, evenly lit, with contrast."""
    random = np.random.default_rng(3)
    grey = random.normal(mean, spread, (SIDE, SIDE, 1)).clip(0, 255)
    return np.repeat(grey, 3, axis=2).astype(np.uint8)


def face(layout: str = "arcface5", *, distance: float = 60.0, aside: float = 0.0, tilt: float = 0.0) -> DetectedFace:
    """A face in the middle: eyes `distance` apart, nose moved aside by that share, turned by `tilt` degrees."""
    turn = np.exp(1j * np.radians(tilt))
    at = {"left": -0.5, "right": 0.5, "nose": aside + 0.6j, "mouth_left": -0.4 + 1.1j, "mouth_right": 0.4 + 1.1j}
    placed = {name: SIDE / 2 + 1j * SIDE / 2 + distance * where * turn for name, where in at.items()}
    if layout == "arcface5":
        order = [placed[name] for name in ("left", "right", "nose", "mouth_left", "mouth_right")]
    else:
        corner = 0.15 * distance * turn
        right, left = placed["right"], placed["left"]
        order = [right + corner, right - corner, left - corner, left + corner, placed["nose"]]
    points = np.array([(value.real, value.imag) for value in order], np.float32)
    half = 1.25 * distance
    return DetectedFace(Box(SIDE / 2 - half, SIDE / 2 - half, SIDE / 2 + half, SIDE / 2 + half), points, layout, 1.0)


@pytest.mark.parametrize("layout", ["arcface5", "dlib5"])
def test_a_good_photo_has_no_reasons_in_either_layout(layout: str) -> None:
    report = assess(textured(), [face(layout)], POLICY)
    assert report.reasons == ()
    assert report.acceptable
    assert report.components["eye_distance"] == pytest.approx(60.0, abs=0.01)


@pytest.mark.parametrize("layout", ["arcface5", "dlib5"])
def test_eyes_and_nose_mean_the_same_in_both_layouts(layout: str) -> None:
    left, right = eye_centres(face(layout))
    assert left == pytest.approx((170, 200), abs=0.01)
    assert right == pytest.approx((230, 200), abs=0.01)
    assert nose(face(layout)) == pytest.approx((200, 236), abs=0.01)


def test_each_fault_is_named() -> None:
    grain = textured()
    smooth = np.repeat(np.tile(np.linspace(60, 200, SIDE), (SIDE, 1))[..., None], 3, axis=2).astype(np.uint8)
    one_sided = grain.copy()
    one_sided[:, : SIDE // 2] //= 4
    moved = replace(face(), box=Box(-60.0, 100.0, 90.0, 250.0))
    cases = [
        (grain, [face(distance=20)], QualityReason.TOO_SMALL),
        (grain, [face(distance=150)], QualityReason.TOO_CLOSE),
        (smooth, [face()], QualityReason.BLURRED),
        (textured(mean=30), [face()], QualityReason.TOO_DARK),
        (textured(mean=235), [face()], QualityReason.TOO_BRIGHT),
        (textured(spread=8), [face()], QualityReason.LOW_CONTRAST),
        (one_sided, [face()], QualityReason.UNEVEN_LIGHT),
        (grain, [face(aside=0.5)], QualityReason.TURNED_AWAY),
        (grain, [face("dlib5", aside=-0.35)], QualityReason.TURNED_AWAY),
        (grain, [face(tilt=-28)], QualityReason.TILTED),
        (grain, [moved], QualityReason.CUT_OFF),
        (grain, [face(), face(distance=50)], QualityReason.SEVERAL_FACES),
    ]
    assert {reason for _, _, reason in cases} == set(QualityReason)
    for pixels, faces, reason in cases:
        assert reason in assess(pixels, faces, POLICY).reasons, reason


def test_a_passer_by_far_behind_does_not_count() -> None:
    assert assess(textured(), [face(), face(distance=30)], POLICY).acceptable


def test_turning_and_tilting_are_measured_apart() -> None:
    components = measure(textured(), [face(aside=0.2, tilt=15)], 0.6)
    assert components["yaw"] == pytest.approx(0.2, abs=0.01)
    assert components["roll_degrees"] == pytest.approx(15, abs=0.1)


def test_sharpness_does_not_depend_on_the_photos_size() -> None:
    small = measure(textured(), [face(distance=48)], 0.6)["sharpness"]
    doubled = np.kron(textured(), np.ones((2, 2, 1), np.uint8))
    twice = face(distance=96)
    twice = replace(twice, points=twice.points + np.float32(SIDE / 2))
    assert measure(doubled, [twice], 0.6)["sharpness"] == pytest.approx(small, rel=0.25)


def test_a_face_whose_points_lie_outside_or_in_one_place_is_measured_without_failing() -> None:
    for points in (np.full((5, 2), -900, np.float32), np.full((5, 2), 5, np.float32), face().points + 5000):
        report = assess(textured(), [replace(face(), points=points)], POLICY)
        assert not report.acceptable
        assert all(np.isfinite(value) for value in report.components.values())


def test_no_face_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no face"):
        assess(textured(), [], POLICY)


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(QUALITY_TEXTS) == set(QualityReason)
    for zh, en in QUALITY_TEXTS.values():
        assert zh.endswith("。")
        assert en.endswith(".")
