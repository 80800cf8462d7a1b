"""What the page is told after a step: framing, light, movement; from three frames, and nothing about liveness."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from auth_service.capture.challenge import Ask, Motion, Planned, StepKind
from auth_service.capture.ports import FramingHint
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.errors import ImageRefused
from auth_service.engines.capture_reader import EngineCaptureReader
from auth_service.engines.catalogue import ReaderSpec, build_capture_reader
from auth_service.engines.staging import COLLINS, HOPPER, portrait_bytes
from auth_service.engines.step_look import looked_at
from tests.engines.clips import frames_of, sent

NEUTRAL = Planned(0, StepKind.NEUTRAL)
CLOSER = Planned(1, StepKind.MOTION, Ask(Motion.COME_CLOSER, 300))


@pytest.fixture(scope="module")
def reader(models_dir: Path, cache_dir: Path) -> EngineCaptureReader:
    return build_capture_reader(ReaderSpec("dlib-resnet", models_dir, cache_dir))


def portrait(which: object = COLLINS) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(portrait_bytes(which), np.uint8), cv2.IMREAD_COLOR)  # type: ignore[arg-type]


def step_of(*pictures: np.ndarray) -> CapturedStep:
    return CapturedStep(0, tuple(CapturedFrame(sent(pixels), 170 * n) for n, pixels in enumerate(pictures)))


def selfie() -> np.ndarray:
    """The portrait as a person holds a phone: the face a third of the picture's width."""
    return portrait()[10:290, 110:350]


def pair() -> np.ndarray:
    both = (portrait()[40:280, 110:350], portrait(HOPPER)[60:380, 110:430])
    return np.hstack([cv2.resize(picture, (320, 320)) for picture in both])


@pytest.mark.data
def test_a_person_who_holds_still_in_good_light_gets_no_hint_and_no_movement(reader: EngineCaptureReader) -> None:
    look = reader.look_at(step_of(*[selfie()] * 5), NEUTRAL)
    assert (look.hints, look.movement) == ((), False)


@pytest.mark.data
@pytest.mark.parametrize(
    ("picture", "hint"),
    [
        (lambda: np.full((240, 320, 3), 130, np.uint8), FramingHint.NO_FACE),
        (lambda: np.full((240, 320, 3), 6, np.uint8), FramingHint.COVERED),
        (pair, FramingHint.SEVERAL_FACES),
        (lambda: (selfie() * 0.2).astype(np.uint8), FramingHint.TOO_DARK),
        (lambda: cv2.GaussianBlur(selfie(), (0, 0), 5), FramingHint.BLURRED),
        (lambda: cv2.copyMakeBorder(selfie(), 300, 300, 400, 400, cv2.BORDER_REPLICATE), FramingHint.TOO_SMALL),
    ],
)
def test_what_is_wrong_with_the_picture_is_told(
    reader: EngineCaptureReader, picture: Callable[[], np.ndarray], hint: FramingHint
) -> None:
    assert hint in reader.look_at(step_of(*[picture()] * 3), NEUTRAL).hints


@pytest.mark.data
def test_being_close_is_no_fault_where_it_was_asked_for(reader: EngineCaptureReader) -> None:
    close = step_of(*[portrait()[62:180, 175:280]] * 3)
    assert {FramingHint.TOO_CLOSE, FramingHint.CUT_OFF} & set(reader.look_at(close, NEUTRAL).hints)
    assert not {FramingHint.TOO_CLOSE, FramingHint.CUT_OFF} & set(reader.look_at(close, CLOSER).hints)


@pytest.mark.data
def test_one_poor_frame_of_three_is_nothing(reader: EngineCaptureReader) -> None:
    dark = (selfie() * 0.1).astype(np.uint8)
    assert reader.look_at(step_of(selfie(), dark, selfie()), NEUTRAL).hints == ()


@pytest.mark.data
def test_a_turning_head_moves(reader: EngineCaptureReader, shared_data: Path) -> None:
    frames = frames_of(shared_data / "videos" / "zalo_public_0.mp4", 9)
    assert reader.look_at(CapturedStep(1, tuple(frames)), NEUTRAL).movement


@pytest.mark.data
def test_a_damaged_frame_among_those_looked_at_is_refused(reader: EngineCaptureReader) -> None:
    good = step_of(selfie(), selfie(), selfie())
    torn = CapturedFrame(good.frames[1].data[:900], 170)
    with pytest.raises(ImageRefused):
        reader.look_at(CapturedStep(0, (good.frames[0], torn, good.frames[2])), NEUTRAL)


@pytest.mark.parametrize(("count", "expected"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (9, [0, 4, 8])])
def test_the_first_frame_the_middle_one_and_the_last_are_looked_at(count: int, expected: list[int]) -> None:
    frames = [CapturedFrame(b"x", number) for number in range(count)]
    assert [frame.at_ms for frame in looked_at(frames)] == expected
