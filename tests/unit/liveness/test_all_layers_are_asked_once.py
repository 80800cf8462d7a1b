"""The composition: every layer speaks once, an unknown one stops a pass, and a picture of the past is an attack."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template
from auth_service.liveness.assess import AssessSession, LivenessPolicy
from auth_service.liveness.decision import PadReason, PadVerdict
from auth_service.liveness.fusion import PadPolicy
from auth_service.liveness.layers import Layer, Mode, Sign
from auth_service.liveness.measures import SessionMeasures, StepMeasures
from auth_service.liveness.ports import NOTHING_KNOWN, Past, SeenPhoto
from auth_service.liveness.replay import ReplayPolicy, examine
from tests.unit.liveness import bodies
from tests.unit.liveness.flash_scene import Scene, flash_session

ROW = (Colour.WHITE, Colour.BLUE, Colour.GREEN, Colour.DARK) * 2
MOTIONS = (Motion.TURN_LEFT, Motion.TURN_RIGHT)
CHALLENGE = Challenge(Route.FLASH, tuple(Ask(motion, 300) for motion in MOTIONS), ROW)
ASSESS = AssessSession(LivenessPolicy(), {"engine": "dlib-resnet"})


def whole(body: bodies.Body) -> SessionMeasures:
    """A session of motions by this body, and of skin that follows the colours; each frame with hashes of its own."""
    moved, (lit, _) = bodies.session(body, MOTIONS), flash_session(ROW, Scene(), 3)
    chance = np.random.default_rng(5)
    steps = []
    for step in (*moved.steps, StepMeasures(3, lit.steps[0].frames)):
        frames = tuple(
            replace(
                one,
                width=360,
                height=480,
                at_ms=one.at_ms + (15_000 if step.n == 3 else 0),
                face_hash=int(chance.integers(1 << 62)),
                frame_hash=int(chance.integers(1 << 62)),
                pixel_digest=bytes(chance.integers(0, 256, 32, np.uint8)),
            )
            for one in step.frames
        )
        steps.append(replace(step, frames=frames))
    probe = Template(EngineIdentity("dlib-resnet", "0" * 64), np.ones(4, np.float32), 2, mirrored=True)
    return SessionMeasures(tuple(steps), "arcface5", probe, 0.97, ())


def test_a_head_that_answers_and_reflects_passes_and_every_layer_spoke_once() -> None:
    found = ASSESS(whole(bodies.head()), CHALLENGE, NOTHING_KNOWN)
    assert found.decision.verdict is PadVerdict.BONA_FIDE, found
    assert [one.layer for one in found.findings] == list(Layer)
    assert found.versions["engine"] == "dlib-resnet"
    assert all(found.versions.values())


def test_a_flat_photograph_that_makes_the_motions_is_an_attack() -> None:
    found = ASSESS(whole(bodies.sheet()), CHALLENGE, NOTHING_KNOWN)
    assert found.decision.verdict is PadVerdict.ATTACK_SUSPECTED
    assert PadReason.GEOMETRY_ATTACK in found.decision.reasons


def test_one_frame_of_the_past_makes_an_attack_of_a_session_that_would_pass() -> None:
    measures = whole(bodies.head())
    seen = SeenPhoto(PhotoHash(measures.frames[7].pixel_digest, 0, 0), passed=True)
    found = ASSESS(measures, CHALLENGE, Past((seen,)))
    assert found.decision.verdict is PadVerdict.ATTACK_SUSPECTED
    assert found.decision.reasons[0] is PadReason.REPLAY_ATTACK


def test_points_that_do_not_show_turns_never_pass() -> None:
    found = ASSESS(replace(whole(bodies.head()), layout="dlib5"), CHALLENGE, NOTHING_KNOWN)
    assert found.decision.verdict is PadVerdict.INCONCLUSIVE
    assert {PadReason.CHALLENGE_UNKNOWN, PadReason.GEOMETRY_UNKNOWN} <= set(found.decision.reasons)


def test_without_colours_that_count_a_person_is_asked() -> None:
    policy = LivenessPolicy(pad=PadPolicy(flash_needs_measuring=True))
    found = AssessSession(policy, {"engine": "dlib-resnet"})(whole(bodies.head()), CHALLENGE, NOTHING_KNOWN)
    assert found.decision.needs_a_person
    assert PadReason.FLASH_NOT_MEASURED in found.decision.reasons


@pytest.mark.parametrize("versions", [{"engine": ""}, {"engine": "dlib-resnet", "weights": ""}])
def test_a_part_of_unknown_version_never_passes(versions: dict[str, str]) -> None:
    found = AssessSession(LivenessPolicy(), versions)(whole(bodies.head()), CHALLENGE, NOTHING_KNOWN)
    assert found.decision.verdict is PadVerdict.INCONCLUSIVE


def test_an_empty_session_passes_nowhere() -> None:
    empty = SessionMeasures((), "arcface5", None, 1.0, ())
    found = ASSESS(empty, CHALLENGE, NOTHING_KNOWN)
    assert found.decision.verdict is PadVerdict.INCONCLUSIVE
    assert {one.sign for one in found.findings} <= {Sign.UNKNOWN, Sign.ABSENT}


def test_the_operators_modes_reach_the_verdict() -> None:
    policy = LivenessPolicy(pad=PadPolicy(geometry=Mode.OFF))
    found = AssessSession(policy, {"engine": "dlib-resnet"})(whole(bodies.sheet()), CHALLENGE, NOTHING_KNOWN)
    assert PadReason.GEOMETRY_ATTACK not in found.decision.reasons
    assert found.modes[Layer.GEOMETRY] is Mode.OFF


def test_what_there_was_to_compare_with_is_said() -> None:
    measures = whole(bodies.head())
    other = SeenPhoto(PhotoHash(b"x" * 32, 0, 0), passed=True)
    assert examine(measures, NOTHING_KNOWN, ReplayPolicy()).scores["compared"] == 0.0
    assert examine(measures, Past((other,)), ReplayPolicy()).scores["compared"] == 1.0
    assert examine(measures, Past((other,)), ReplayPolicy()).scores["same_pixels"] == 0.0
