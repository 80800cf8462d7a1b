"""The challenge layer on a head and on sheets as points in space: what was asked, and nothing else, counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from auth_service.capture.challenge import Challenge, Motion, Route
from auth_service.liveness.challenge_response import ChallengePolicy, examine
from auth_service.liveness.layers import LayerFinding, Sign
from auth_service.liveness.measures import FrameMeasures, SessionMeasures, StepMeasures
from auth_service.liveness.pose import pose_of
from tests.unit.liveness.bodies import Body, Show, challenge, head, session, sheet

POLICY = ChallengePolicy()
LEFT = (Motion.TURN_LEFT,)


def judged(body: Body, motions: tuple[Motion, ...], show: Show | None = None) -> LayerFinding:
    return examine(session(body, motions, show), challenge(*motions), POLICY)


def changed(n: int, change: Callable[[tuple[FrameMeasures, ...]], tuple[FrameMeasures, ...]]) -> LayerFinding:
    """A head that turns left, with the frames of step `n` changed."""
    whole = session(head(), LEFT)
    steps = tuple(replace(step, frames=change(step.frames)) if step.n == n else step for step in whole.steps)
    return examine(replace(whole, steps=steps), challenge(*LEFT), POLICY)


@pytest.mark.parametrize("other", [Motion.NOD, Motion.LOOK_UP, Motion.COME_CLOSER, Motion.TURN_RIGHT])
def test_a_head_that_does_what_was_asked_is_live(other: Motion) -> None:
    found = judged(head(), (Motion.TURN_LEFT, other))
    assert found.sign is Sign.LIVE, found
    assert found.reasons == ()
    assert all(np.isfinite(score) for score in found.scores.values())


def test_turning_to_the_own_left_carries_the_nose_to_the_right_of_an_unmirrored_picture() -> None:
    whole = session(head(), LEFT, Show(noise=0.0))
    straight, aside = (pose_of(whole.steps[n].frames[k].points) for n, k in ((0, 0), (1, 5)))
    assert straight is not None
    assert aside is not None
    assert aside.since(straight).yaw > 0.15


@pytest.mark.parametrize("motion", [Motion.TURN_LEFT, Motion.TURN_RIGHT])
def test_the_other_side_does_not_count(motion: Motion) -> None:
    found = judged(head(), (motion,), Show(backwards=True))
    assert (found.sign, found.reasons) == (Sign.ABSENT, ("another_motion",))


@pytest.mark.parametrize("motion", [Motion.NOD, Motion.LOOK_UP])
def test_up_is_not_down(motion: Motion) -> None:
    found = judged(head(), (Motion.TURN_LEFT, motion), Show(backwards=True))
    assert found.sign is Sign.ABSENT
    assert "another_motion" in found.reasons


@pytest.mark.parametrize("radius", [None, 20.0, 10.0, 8.0, 5.0])
@pytest.mark.parametrize("degrees", [-35.0, -20.0, 20.0, 35.0])
def test_no_sheet_turns_its_nose_far_enough(radius: float | None, degrees: float) -> None:
    found = judged(sheet(radius), LEFT, Show(degrees=degrees))
    assert found.sign is Sign.ABSENT
    assert "turned_too_little" in found.reasons or "another_motion" in found.reasons


def test_who_turns_a_little_is_told_to_turn_farther() -> None:
    assert judged(head(), LEFT, Show(degrees=10.0)).reasons == ("turned_too_little",)


def test_who_turns_in_the_step_of_a_nod_did_not_nod() -> None:
    shown = session(head(), (Motion.TURN_LEFT, Motion.TURN_RIGHT))
    found = examine(shown, challenge(Motion.TURN_LEFT, Motion.NOD), POLICY)
    assert (found.sign, found.reasons) == (Sign.ABSENT, ("another_motion",))


def test_dlibs_points_never_say_live() -> None:
    found = examine(replace(session(head(), LEFT), layout="dlib5"), challenge(*LEFT), POLICY)
    assert (found.sign, found.reasons) == (Sign.UNKNOWN, ("points_do_not_show_turns",))


def test_a_challenge_without_a_turn_proves_no_body() -> None:
    asked = (Motion.NOD,)
    assert judged(head(), asked).sign is Sign.UNKNOWN
    assert examine(session(head(), ()), Challenge(Route.FLASH, ()), POLICY).sign is Sign.UNKNOWN


def test_a_motion_that_was_finished_when_it_was_asked_does_not_count() -> None:
    assert "began_elsewhere" in judged(head(), LEFT, Show(progress=(0.9, 0.95, 1.0, 1.0, 0.9))).reasons
    assert "too_soon" in judged(head(), LEFT, Show(frame_ms=40)).reasons
    assert "too_late" in judged(head(), LEFT, Show(frame_ms=4100)).reasons


def test_a_second_photograph_has_no_way_between() -> None:
    found = judged(head(), LEFT, Show(progress=(0.0, 0.0, 0.0, 1.0, 1.0, 1.0)))
    assert (found.sign, found.reasons) == (Sign.ABSENT, ("jumped",))


def lost(frames: tuple[FrameMeasures, ...]) -> tuple[FrameMeasures, ...]:
    return (*frames[:2], replace(frames[2], faces=0, box=None, points=None), *frames[3:])


def two(frames: tuple[FrameMeasures, ...]) -> tuple[FrameMeasures, ...]:
    return (*frames[:-1], replace(frames[-1], faces=2))


def frozen(frames: tuple[FrameMeasures, ...]) -> tuple[FrameMeasures, ...]:
    return (*frames[:-1], replace(frames[-1], pixel_digest=frames[-2].pixel_digest))


def leapt(frames: tuple[FrameMeasures, ...]) -> tuple[FrameMeasures, ...]:
    points = frames[-1].points
    assert points is not None
    return (*frames[:-1], replace(frames[-1], points=(points + 150.0).astype(np.float32)))


def not_a_number(frames: tuple[FrameMeasures, ...]) -> tuple[FrameMeasures, ...]:
    return (*frames[:-1], replace(frames[-1], points=np.full((5, 2), np.nan, np.float32)))


def crossed(frames: tuple[FrameMeasures, ...]) -> tuple[FrameMeasures, ...]:
    points = frames[-1].points
    assert points is not None
    return (*frames[:-1], replace(frames[-1], points=points[[1, 0, 2, 3, 4]]))


@pytest.mark.parametrize(
    ("change", "sign", "reason"),
    [
        (lost, Sign.ABSENT, "face_lost"),
        (two, Sign.ABSENT, "several_faces"),
        (frozen, Sign.UNKNOWN, "frames_frozen"),
        (leapt, Sign.ABSENT, "face_leapt"),
        (not_a_number, Sign.UNKNOWN, "points_unclear"),
        (crossed, Sign.UNKNOWN, "points_unclear"),
        (lambda frames: frames[:2], Sign.UNKNOWN, "too_few_frames"),
        (lambda frames: (), Sign.UNKNOWN, "too_few_frames"),
    ],
)
def test_frames_that_do_not_tell_are_named(
    change: Callable[[tuple[FrameMeasures, ...]], tuple[FrameMeasures, ...]], sign: Sign, reason: str
) -> None:
    found = changed(1, change)
    assert (found.sign, found.reasons) == (sign, (reason,))


@pytest.mark.parametrize("change", [lost, two, frozen, leapt, lambda frames: frames[:1]])
def test_the_straight_look_is_held_to_the_same(
    change: Callable[[tuple[FrameMeasures, ...]], tuple[FrameMeasures, ...]],
) -> None:
    assert changed(0, change).sign is not Sign.LIVE


def test_a_missing_step_passes_nobody() -> None:
    whole = session(head(), LEFT)
    for kept in (whole.steps[:1], whole.steps[1:], ()):
        found = examine(replace(whole, steps=kept), challenge(*LEFT), POLICY)
        assert found.sign is Sign.UNKNOWN


def test_an_empty_session_is_unknown() -> None:
    nothing = SessionMeasures((StepMeasures(0, ()),), "arcface5", None, 1.0, ())
    assert examine(nothing, challenge(*LEFT), POLICY).reasons == ("no_straight_look",)
