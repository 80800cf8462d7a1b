"""A face that is seen elsewhere for one frame is none of the person's; more of them are leaps."""

from __future__ import annotations

import pytest

from auth_service.faces.landmarks import Box
from auth_service.liveness.strays import LeapPolicy, leaps, strays

POLICY = LeapPolicy()


def at(left: float, width: float = 100.0) -> Box:
    return Box(left, 100.0, left + width, 100.0 + 1.3 * width)


HERE, NEAR, THERE, LARGE = at(100.0), at(130.0), at(200.0), at(90.0, 170.0)


def test_a_face_goes_a_little_between_two_frames_and_no_farther() -> None:
    assert not leaps(HERE, NEAR, POLICY)
    assert leaps(HERE, THERE, POLICY)
    assert leaps(HERE, LARGE, POLICY)


@pytest.mark.parametrize("elsewhere", [THERE, LARGE])
@pytest.mark.parametrize("place", [0, 1, 4, 7])
def test_one_face_elsewhere_is_a_stray_wherever_it_is(elsewhere: Box, place: int) -> None:
    boxes = [HERE] * 8
    boxes[place] = elsewhere
    assert strays([[HERE] * 8, boxes, [THERE] * 8], POLICY) == {(1, place)}


@pytest.mark.parametrize(
    "boxes",
    [
        [HERE, HERE, HERE, THERE, THERE, THERE, THERE, THERE],
        [HERE, HERE, THERE, THERE, HERE, HERE, HERE, HERE],
        [HERE, THERE, HERE, THERE, HERE, THERE, HERE, THERE],
        [at(60.0 * n) for n in range(8)],
        [HERE, THERE, None, None, None, None, None, None],
    ],
    ids=["it stays", "for two frames", "there and back all the time", "it goes", "too few to tell"],
)
def test_whatever_is_no_single_frame_is_no_stray(boxes: list[Box | None]) -> None:
    assert strays([[HERE] * 8, boxes], POLICY) == frozenset()


def test_frames_without_a_face_stand_between_nobody() -> None:
    assert strays([[HERE, None, THERE, None, NEAR]], POLICY) == {(0, 2)}


def test_one_frame_in_twenty_may_be_a_stray_and_with_more_all_are_leaps() -> None:
    step = [HERE, HERE, THERE, HERE, HERE, HERE, HERE, HERE, HERE, HERE]
    clean = [HERE] * 10
    assert len(strays([step, step, clean, clean], POLICY)) == 2
    assert strays([step, step, step, clean], POLICY) == frozenset()
