"""The puppet sends what a phone would: the steps in order, within the limits, each motion to the side asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

from auth_service.capture.challenge import Accommodation, Challenge, Motion, Route, StepKind, draw
from auth_service.capture.steps import CapturedStep, StepPolicy, check_step
from auth_service.faces.landmarks import DetectedFace
from tests.puppet.acting import Act
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cutout import Person
from tests.puppet.seeing import SMALL, TINY, eyes_apart, eyes_level, faces, nose_aside, pixels

SHORT = StepPolicy(most_frames=20)
"""Enough to see a motion, and quick to draw."""


def _tracks(steps: Sequence[CapturedStep]) -> list[list[DetectedFace]]:
    """The face of each frame in which dlib's detector sees one; it loses strong turns."""
    return [[found[0] for frame in step.frames if (found := faces(pixels(frame)))] for step in steps]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    eileen: Person, asking: Callable[..., Challenge]
) -> None:
    challenge, few = asking(Motion.TURN_LEFT), StepPolicy(most_frames=9)
    first, again, other = (Puppet(eileen, challenge, seed, Setting(view=TINY)).session(few) for seed in (5, 5, 6))
    assert [step.digest for step in first] == [step.digest for step in again]
    assert [step.digest for step in first] != [step.digest for step in other]


@pytest.mark.parametrize("seed", range(40))
def test_every_drawn_challenge_is_answered_step_by_step_within_the_limits(seed: int) -> None:
    """Times and counts alone: no picture is drawn."""
    random = np.random.default_rng(seed)
    able = [(), (), (Accommodation.BEDRIDDEN,), (Accommodation.CANNOT_STAND_LIGHT,)][seed % 4]
    route = Route.NO_FLASH if Accommodation.CANNOT_STAND_LIGHT in able else Route.FLASH
    act = Act(draw(route, able, lambda below: int(random.integers(below))), seed)
    assert [scene.planned for scene in act.scenes] == list(act.challenge.steps)
    assert act.scenes[0].first > 0
    assert all(one.last < then.first for one, then in pairwise(act.scenes))
    assert act.scenes[-1].last < 40
    for scene in act.scenes:
        if scene.movement is not None and scene.planned.ask is not None:
            assert scene.first < scene.movement.begins < scene.movement.ends < scene.last
            assert scene.movement.hold >= 0.9 * scene.planned.ask.hold_ms / 1000


def test_a_whole_session_passes_the_step_rules(eileen: Person, asking: Callable[..., Challenge]) -> None:
    policy = StepPolicy()
    challenge = asking(Motion.TURN_RIGHT, Motion.LOOK_UP, flash=True)
    kept: list[CapturedStep] = []
    for step in Puppet(eileen, challenge, 3, Setting(view=TINY)).session():
        check_step(step.prints, kept, policy)
        kept.append(step)
    assert [step.n for step in kept] == [planned.n for planned in challenge.steps]
    counts = {planned.kind: len(kept[planned.n].frames) for planned in challenge.steps}
    assert counts[StepKind.NEUTRAL] >= 4
    assert counts[StepKind.MOTION] >= 10
    assert counts[StepKind.FLASH] >= 14
    times = [frame.at_ms for step in kept for frame in step.frames]
    assert times == sorted(times)
    gaps = np.diff([frame.at_ms for frame in kept[-1].frames])
    assert np.std(gaps) > 5, "a real camera does not tick evenly"


@pytest.mark.parametrize(("motion", "side"), [(Motion.TURN_LEFT, 1), (Motion.TURN_RIGHT, -1)], ids=str)
def test_a_turn_carries_the_nose_to_the_persons_own_side(
    eileen: Person, asking: Callable[..., Challenge], motion: Motion, side: int
) -> None:
    """A camera does not mirror: the person's left is the picture's right."""
    neutral, turned = _tracks(Puppet(eileen, asking(motion), 1, Setting(view=SMALL)).session(SHORT))
    straight = np.median([nose_aside(face) for face in neutral])
    aside = np.array([side * (nose_aside(face) - straight) for face in turned])
    assert aside.max() > 0.08
    assert aside.min() > -0.06


@pytest.mark.parametrize(("motion", "down"), [(Motion.NOD, 1), (Motion.LOOK_UP, -1)], ids=str)
def test_a_nod_lowers_the_eyes_and_a_look_up_raises_them(
    grace: Person, asking: Callable[..., Challenge], motion: Motion, down: int
) -> None:
    neutral, moved = _tracks(Puppet(grace, asking(motion), 2, Setting(view=SMALL)).session(SHORT))
    apart = eyes_apart(neutral[0])
    straight = np.median([eyes_level(face) for face in neutral])
    lowered = np.array([down * (eyes_level(face) - straight) / apart for face in moved])
    assert lowered.max() > 0.2
    assert lowered.min() > -0.1


def test_coming_closer_makes_the_face_larger_and_then_smaller_again(
    grace: Person, asking: Callable[..., Challenge]
) -> None:
    neutral, moved = _tracks(Puppet(grace, asking(Motion.COME_CLOSER), 4, Setting(view=SMALL)).session(SHORT))
    apart = np.array([eyes_apart(face) for face in moved]) / np.median([eyes_apart(face) for face in neutral])
    assert 1.2 < apart.max() < 1.8
    assert apart[0] < 1.1
    assert apart[-1] < 1.15
