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


def unseen(frame: FrameMeasures) -> FrameMeasures:
    return replace(frame, faces=0, box=None, points=None)


def with_another(frame: FrameMeasures) -> FrameMeasures:
    return replace(frame, faces=2)


def not_a_number(frame: FrameMeasures) -> FrameMeasures:
    return replace(frame, points=np.full((5, 2), np.nan, np.float32))


def crossed(frame: FrameMeasures) -> FrameMeasures:
    assert frame.points is not None
    return replace(frame, points=frame.points[[1, 0, 2, 3, 4]])


UNTELLING = [unseen, with_another, not_a_number, crossed]


@pytest.mark.parametrize("spoilt", UNTELLING)
def test_a_frame_that_tells_nothing_undoes_no_motion(spoilt: Callable[[FrameMeasures], FrameMeasures]) -> None:
    """How many of them a film may have is the question of consistency."""
    for n in (0, 1):
        found = changed(n, lambda frames: (*frames[:2], spoilt(frames[2]), *frames[3:]))
        assert found.sign is Sign.LIVE, found


@pytest.mark.parametrize("spoilt", UNTELLING)
@pytest.mark.parametrize(("n", "reason"), [(0, "no_straight_look"), (1, "too_few_frames")])
def test_frames_that_tell_nothing_show_no_motion_and_no_straight_look(
    spoilt: Callable[[FrameMeasures], FrameMeasures], n: int, reason: str
) -> None:
    found = changed(n, lambda frames: (*map(spoilt, frames[:-2]), *frames[-2:]))
    assert (found.sign, found.reasons) == (Sign.UNKNOWN, (reason,))


def test_a_second_photograph_behind_a_hand_has_no_way_between_either() -> None:
    shown = session(head(), LEFT, Show(progress=(0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0)))
    step = shown.steps[1]
    hidden = replace(step, frames=tuple(unseen(one) if n == 3 else one for n, one in enumerate(step.frames)))
    found = examine(replace(shown, steps=(shown.steps[0], hidden)), challenge(*LEFT), POLICY)
    assert (found.sign, found.reasons) == (Sign.ABSENT, ("jumped",))


def moved_points(whole: SessionMeasures, by: Callable[[int], tuple[float, float]]) -> SessionMeasures:
    """The last step's points moved by pixels that depend on the frame's number."""
    step = whole.steps[-1]
    frames = tuple(
        replace(one, points=None if one.points is None else (one.points + np.array(by(n))).astype(np.float32))
        for n, one in enumerate(step.frames)
    )
    return replace(whole, steps=(*whole.steps[:-1], replace(step, frames=frames)))


def shaken(motion: Motion, *, wall: bool, along: bool) -> LayerFinding:
    """A turn, and then a still face before a phone that is moved as if it nodded: half an eye distance.

    wall   with a background that can be followed
    along  which moves along
    """
    turned, way = session(head(), LEFT), 40.0 if motion is Motion.NOD else -40.0
    still = replace(session(head(), LEFT, Show(degrees=0.0)).steps[1], n=2)
    moved = moved_points(replace(turned, steps=(*turned.steps, still)), lambda n: (0.0, way * min(1.0, n / 4)))
    step = moved.steps[-1]
    assert step.paths is not None
    behind = step.paths.background[: 40 if wall else 0].copy()
    behind[:, 1, 1] += way if along else 0.0
    step = replace(step, paths=replace(step.paths, background=behind, last=4))
    return examine(replace(moved, steps=(*moved.steps[:-1], step)), challenge(Motion.TURN_LEFT, motion), POLICY)


@pytest.mark.parametrize("motion", [Motion.NOD, Motion.LOOK_UP])
def test_a_phone_that_is_moved_before_a_still_face_makes_no_nod(motion: Motion) -> None:
    found = shaken(motion, wall=True, along=True)
    assert (found.sign, found.reasons) == (Sign.ABSENT, ("phone_moved",))
    assert shaken(motion, wall=True, along=False).sign is Sign.LIVE


def test_before_a_plain_wall_a_moved_phone_cannot_be_told_from_a_nod() -> None:
    """docs/liveness.md, What it cannot do."""
    assert shaken(Motion.NOD, wall=False, along=False).sign is Sign.LIVE


def test_a_grin_or_a_nose_that_errs_makes_no_nod() -> None:
    turned, still = session(head(), LEFT), session(head(), LEFT, Show(degrees=0.0)).steps[1]

    def grinning(frame: FrameMeasures) -> FrameMeasures:
        assert frame.points is not None
        points = frame.points.copy()
        points[3:, 1] -= 12.0
        return replace(frame, points=points)

    step = replace(still, n=2, frames=(*still.frames[:2], *map(grinning, still.frames[2:])))
    found = examine(replace(turned, steps=(*turned.steps, step)), challenge(Motion.TURN_LEFT, Motion.NOD), POLICY)
    assert (found.sign, found.reasons) == (Sign.ABSENT, ("moved_too_little",))


def test_a_missing_step_passes_nobody() -> None:
    whole = session(head(), LEFT)
    for kept in (whole.steps[:1], whole.steps[1:], ()):
        found = examine(replace(whole, steps=kept), challenge(*LEFT), POLICY)
        assert found.sign is Sign.UNKNOWN


def test_an_empty_session_is_unknown() -> None:
    nothing = SessionMeasures((StepMeasures(0, ()),), "arcface5", None, 1.0, ())
    assert examine(nothing, challenge(*LEFT), POLICY).reasons == ("no_straight_look",)
