"""Sessions that should end in "try again": each fault shows in the pictures as its name says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auth_service.capture.challenge import Challenge, Motion
from auth_service.capture.steps import StepPolicy
from tests.puppet.acting import Act, Fault
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cutout import Person
from tests.puppet.seeing import SMALL, TINY, faces, nose_aside, pixels

FEW = StepPolicy(most_frames=15)
FEWER = StepPolicy(most_frames=9)


def _shape(picture: np.ndarray) -> float:
    """How much blocks of 16 pixels differ, 0..127: noise averages out, a face or a room does not."""
    return float(picture[:320, :240].reshape(20, 16, 15, 16, 3).mean(axis=(1, 3, 4)).std())


def _noses(person: Person, challenge: Challenge, fault: Fault | None) -> tuple[float, float]:
    """Farthest left and right that the nose goes against the straight look."""
    neutral, turned = Puppet(person, challenge, 1, Setting(fault, view=SMALL)).session(StepPolicy(most_frames=16))
    found = [
        [nose_aside(seen[0]) for frame in step.frames if (seen := faces(pixels(frame)))] for step in (neutral, turned)
    ]
    straight = np.median(found[0])
    return min(found[1]) - straight, max(found[1]) - straight


def test_who_did_not_turn_looks_straight_on(eileen: Person, asking: Callable[..., Challenge]) -> None:
    left, right = _noses(eileen, asking(Motion.TURN_LEFT), Fault.DID_NOT_TURN)
    assert -0.05 < left < right < 0.05


def test_who_turned_the_wrong_way_went_to_the_other_side(eileen: Person, asking: Callable[..., Challenge]) -> None:
    left, right = _noses(eileen, asking(Motion.TURN_LEFT), Fault.WRONG_WAY)
    assert left < -0.08
    assert right < 0.06


def test_the_wrong_way_turns_every_motion_round(asking: Callable[..., Challenge]) -> None:
    challenge = asking(*Motion)
    right, wrong = (Act(challenge, 8, fault).scenes[1:] for fault in (None, Fault.WRONG_WAY))
    for one, other in zip(right, wrong, strict=True):
        assert one.movement is not None
        assert other.movement is not None
        for name in ("yaw", "pitch", "nearer"):
            asked, made = getattr(one.movement, name), getattr(other.movement, name)
            assert made * asked < 0 or abs(asked) < 10


def test_two_faces_are_in_every_picture(eileen: Person, grace: Person, asking: Callable[..., Challenge]) -> None:
    setting = Setting(Fault.TWO_FACES, another=grace, view=SMALL)
    neutral, _ = Puppet(eileen, asking(Motion.TURN_LEFT), 3, setting).session(FEWER)
    assert all(len(faces(pixels(frame))) == 2 for frame in neutral.frames)


def test_a_dark_room_is_dark_and_a_covered_camera_shows_nothing(
    eileen: Person, asking: Callable[..., Challenge]
) -> None:
    challenge = asking(Motion.TURN_LEFT)
    usual, dark, covered = (
        [
            pixels(frame).astype(np.float64)
            for frame in Puppet(eileen, challenge, 3, Setting(fault, view=SMALL)).session(FEWER)[0].frames
        ]
        for fault in (None, Fault.DARK, Fault.COVERED)
    )
    assert np.mean(dark) < 50
    assert np.mean(usual) > 70
    assert np.mean(covered) < 50
    assert all(not faces(picture.astype(np.uint8)) for picture in covered)
    assert np.mean([_shape(picture) for picture in covered]) < 10 < _shape(usual[0])


def test_frozen_frames_are_one_picture_with_times_that_go_on(eileen: Person, asking: Callable[..., Challenge]) -> None:
    for step in Puppet(eileen, asking(Motion.TURN_LEFT), 3, Setting(Fault.FROZEN, view=TINY)).session(FEW):
        assert len({frame.data for frame in step.frames}) == 1
        assert len({frame.at_ms for frame in step.frames}) == len(step.frames)
    for step in Puppet(eileen, asking(Motion.TURN_LEFT), 3, Setting(view=TINY)).session(FEWER):
        assert len({frame.data for frame in step.frames}) == len(step.frames)


def test_another_person_sits_there_from_the_middle_on(
    eileen: Person, grace: Person, asking: Callable[..., Challenge]
) -> None:
    """Until then every picture is the same as without the fault, and none after."""
    challenge = asking(Motion.TURN_LEFT, Motion.NOD)
    plain = Puppet(eileen, challenge, 3, Setting(view=TINY)).session(FEWER)
    swapped = Puppet(eileen, challenge, 3, Setting(Fault.OTHER_PERSON, another=grace, view=TINY)).session(FEWER)
    same = [
        one.data == other.data
        for a, b in zip(plain, swapped, strict=True)
        for one, other in zip(a.frames, b.frames, strict=True)
    ]
    assert same[:3] == [True] * 3
    assert same[-6:] == [False] * 6
