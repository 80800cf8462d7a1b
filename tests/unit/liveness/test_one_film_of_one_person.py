"""Layer CONSISTENCY on frames written down by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from auth_service.capture.challenge import Ask, Challenge, Motion, Route
from auth_service.faces.landmarks import Box
from auth_service.faces.template import EngineIdentity, Template
from auth_service.liveness.consistency import ConsistencyPolicy, examine
from auth_service.liveness.layers import LayerFinding, Sign
from auth_service.liveness.measures import FrameMeasures, SessionMeasures, StepMeasures
from tests.unit.liveness.flash_scene import frame

POLICY = ConsistencyPolicy()
CHALLENGE = Challenge(Route.NO_FLASH, (Ask(Motion.TURN_LEFT, 300), Ask(Motion.NOD, 300)))
Change = Callable[[FrameMeasures, int], FrameMeasures]


def film(
    change: Change = lambda one, _: one, *, likeness: float = 0.97, engine: str = "dlib-resnet"
) -> SessionMeasures:
    """Three steps of eight frames, 110 to 130 ms apart; each frame changed by a function of it and its number."""
    steps, at = [], 500
    for n in range(3):
        frames = []
        for _ in range(8):
            number = 8 * n + len(frames)
            frames.append(change(frame(at, number=number), number))
            at += 110 + 7 * (number % 4)
        steps.append(StepMeasures(n, tuple(frames)))
        at += 2500
    probe = Template(EngineIdentity(engine, "0" * 64), np.ones(4, np.float32), 2, mirrored=True)
    return SessionMeasures(tuple(steps), "arcface5", probe, likeness, ())


def judged(change: Change = lambda one, _: one, **other: object) -> LayerFinding:
    return examine(film(change, **other), CHALLENGE, POLICY)  # type: ignore[arg-type]


def test_an_unremarkable_film_is_one_film() -> None:
    finding = judged()
    assert (finding.sign, finding.reasons) == (Sign.LIVE, ("one_film",))
    assert finding.scores == {"frames": 24.0, "frozen_ms": 0.0, "least_cosine": 0.97}


def moved_box(one: FrameMeasures, by: float, wider: float = 0.0) -> FrameMeasures:
    assert one.box is not None
    box = one.box
    return replace(one, box=Box(box.left + by - wider, box.top, box.right + by + wider, box.bottom))


@pytest.mark.parametrize(
    ("change", "sign", "reason"),
    [
        (lambda one, n: replace(one, at_ms=one.at_ms - 9000 * (n >= 16)), Sign.ABSENT, "times_backwards"),
        (lambda one, n: replace(one, at_ms=one.at_ms + 1600 * (n >= 20)), Sign.ABSENT, "frames_missing"),
        (lambda one, n: replace(one, faces=0, box=None, points=None) if n % 3 == 0 else one, Sign.ABSENT, "face_lost"),
        (lambda one, n: replace(one, faces=2) if n % 7 == 0 else one, Sign.ABSENT, "several_faces"),
        (lambda one, n: replace(one, width=426, height=320) if n == 23 else one, Sign.ABSENT, "size_changes"),
        (lambda one, n: moved_box(one, 80.0 * (n == 4)), Sign.ABSENT, "face_jumps"),
        (lambda one, n: moved_box(one, 0.0, 35.0 * (n == 4)), Sign.ABSENT, "face_jumps"),
        (lambda one, n: replace(one, pixel_digest=bytes([n // 2]) * 32), Sign.ABSENT, "camera_stalls"),
        (lambda one, n: replace(one, pixel_digest=bytes([n % 12]) * 32), Sign.ATTACK, "frames_repeat"),
    ],
)
def test_each_fault_is_named(change: Change, sign: Sign, reason: str) -> None:
    finding = judged(change)
    assert (finding.sign, finding.reasons) == (sign, (reason,))


@pytest.mark.parametrize(
    "change",
    [
        lambda one, n: replace(one, at_ms=one.at_ms + 1300 * (n >= 20)),
        lambda one, n: replace(one, faces=0, box=None, points=None) if n % 5 == 0 else one,
        lambda one, n: replace(one, faces=2) if n in {3, 4} else one,
        lambda one, n: moved_box(one, 55.0 * (n == 4)),
        lambda one, n: moved_box(one, 0.0, 20.0 * (n == 4)),
        lambda one, n: replace(one, pixel_digest=bytes([n - (n % 4 == 1)]) * 32),
    ],
    ids=["a slow phone", "a hand before the face", "a passer-by", "a quick turn", "coming closer", "a slow camera"],
)
def test_what_life_brings_is_no_fault(change: Change) -> None:
    assert judged(change).sign is Sign.LIVE


def returning(*pairs: tuple[int, int]) -> Change:
    """Frames with the pixels of earlier ones."""
    again = dict(pairs)
    return lambda one, n: replace(one, pixel_digest=bytes([again.get(n, n)]) * 32)


def test_one_frame_that_a_busy_phone_sends_twice_is_noted_and_no_loop() -> None:
    finding = judged(returning((5, 3)))
    assert (finding.sign, finding.reasons) == (Sign.LIVE, ("one_film", "frame_returned"))


@pytest.mark.parametrize("change", [
    returning((5, 3), (13, 11)), returning((6, 0)), returning((9, 3)), returning((6, 3), (7, 4)),
], ids=["two in 24", "after 700 ms", "in another step", "a loop of three"])  # fmt: skip
def test_more_of_them_or_later_ones_are_a_loop(change: Change) -> None:
    finding = judged(change)
    assert (finding.sign, finding.reasons) == (Sign.ATTACK, ("frames_repeat",))


def test_a_face_that_is_elsewhere_after_a_hand_went_by_has_jumped() -> None:
    def change(one: FrameMeasures, n: int) -> FrameMeasures:
        if n in {3, 4}:
            return replace(one, faces=0, box=None, points=None)
        return moved_box(one, 80.0 * (4 < n < 8))

    finding = judged(change)
    assert (finding.sign, finding.reasons) == (Sign.ABSENT, ("face_jumps",))


def test_between_steps_the_face_may_be_elsewhere() -> None:
    assert judged(lambda one, n: moved_box(one, 90.0 * (n >= 8))).sign is Sign.LIVE


def frozen(one: FrameMeasures, n: int) -> FrameMeasures:
    """A still that was saved anew for each frame: other bytes, one picture."""
    still = frame(one.at_ms, number=0)
    return replace(still, pixel_digest=n.to_bytes(32, "big"), frame_hash=still.frame_hash ^ (n % 2))


def test_a_picture_that_stands_still_is_no_person() -> None:
    finding = judged(lambda one, n: frozen(one, n) if n < 8 else one)
    assert (finding.sign, finding.reasons) == (Sign.ATTACK, ("picture_stands_still",))
    assert finding.scores["frozen_ms"] > POLICY.frozen_ms


@pytest.mark.parametrize("alive", ["points", "skin", "face_hash"])
def test_what_moves_in_any_way_does_not_stand_still(alive: str) -> None:
    def change(one: FrameMeasures, n: int) -> FrameMeasures:
        still = frozen(one, n)
        assert still.points is not None
        assert still.skin is not None
        moved = {
            "points": still.points + np.float32(0.5 * (n % 2)),
            "skin": still.skin * np.float32(1 + 0.004 * (n % 2)),
            "face_hash": still.face_hash ^ (3 * (n % 2)),
        }
        return replace(still, **{alive: moved[alive]})  # type: ignore[arg-type]

    assert judged(change).sign is Sign.LIVE


def test_a_short_stillness_is_no_fault() -> None:
    assert judged(lambda one, n: frozen(one, n) if n < 4 else one).sign is Sign.LIVE


@pytest.mark.parametrize(
    ("engine", "likeness", "sign", "reason"),
    [
        ("dlib-resnet", 0.95, Sign.LIVE, "one_film"),
        ("dlib-resnet", 0.93, Sign.ABSENT, "perhaps_two_people"),
        ("dlib-resnet", 0.89, Sign.ATTACK, "two_people"),
        ("mobilefacenet", 0.5, Sign.LIVE, "one_film"),
        ("mobilefacenet", 0.4, Sign.ABSENT, "perhaps_two_people"),
        ("mobilefacenet", 0.3, Sign.ATTACK, "two_people"),
        ("sface", 0.99, Sign.UNKNOWN, "likeness_not_told"),
        ("dlib-resnet", math.nan, Sign.UNKNOWN, "likeness_not_told"),
        ("dlib-resnet", 1.0, Sign.UNKNOWN, "likeness_not_told"),
    ],
)
def test_one_person_is_told_by_the_limits_of_the_engine(engine: str, likeness: float, sign: Sign, reason: str) -> None:
    finding = judged(likeness=likeness, engine=engine)
    assert (finding.sign, finding.reasons) == (sign, (reason,))
    assert all(map(math.isfinite, finding.scores.values()))


def test_without_any_template_it_cannot_be_told() -> None:
    finding = examine(replace(film(), probe=None), CHALLENGE, POLICY)
    assert (finding.sign, finding.reasons) == (Sign.UNKNOWN, ("likeness_not_told",))


def test_a_missing_step_or_too_few_frames_tell_nothing() -> None:
    whole = film()
    for poor in (
        replace(whole, steps=whole.steps[:2]),
        replace(whole, steps=tuple(replace(step, frames=step.frames[:3]) for step in whole.steps)),
        replace(whole, steps=()),
    ):
        assert examine(poor, CHALLENGE, POLICY).reasons == ("too_few_frames",)


def test_an_attack_outweighs_what_is_missing_and_both_are_told() -> None:
    finding = judged(lambda one, n: replace(one, faces=2), likeness=0.5)
    assert finding.sign is Sign.ATTACK
    assert finding.reasons == ("two_people", "several_faces")


def test_equal_times_are_noted_and_prove_nothing() -> None:
    whole = film()
    steps = tuple(
        replace(step, frames=tuple(replace(one, at_ms=1000 * step.n + 100 * n) for n, one in enumerate(step.frames)))
        for step in whole.steps
    )
    finding = examine(replace(whole, steps=steps), CHALLENGE, POLICY)
    assert (finding.sign, finding.reasons) == (Sign.LIVE, ("one_film", "times_equal"))
