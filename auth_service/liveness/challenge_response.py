"""Were the motions that were asked for made: each in its step, to the asked side, from a straight look, and in time?

It says LIVE, ABSENT or UNKNOWN and never ATTACK: whoever misunderstood a prompt looks like a clumsy attack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from auth_service.capture.challenge import TURNS, Ask, Challenge, Motion, StepKind
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import FrameMeasures, SessionMeasures, StepMeasures
from auth_service.liveness.pose import TELLING_LAYOUT, Pose, pose_of, usual_pose


@dataclass(frozen=True, slots=True)
class ChallengePolicy:
    """When a motion counts as made.

    turned, nodded, raised, closer  how far at least, in the units of pose.py
    straight           share of it within which a step has to begin
    most_jump          share of the whole way that may lie between two frames: a second photograph has no way between
    soonest_ms, latest_ms  from a step's first frame to the first in which the motion is made
    fewest_straight, fewest_frames  of the neutral step, and of a motion
    most_leap          face centre, from frame to frame, in eye distances
    most_growth        natural logarithm of the face's size, from frame to frame

    source  docs/liveness.md, Challenge: measured on the shared turns and on rendered prints. Times: trust.md 1.5 L1
    """

    turned: float = 0.15
    nodded: float = 0.1
    raised: float = 0.1
    closer: float = 0.18
    straight: float = 0.5
    most_jump: float = 0.9
    soonest_ms: int = 300
    latest_ms: int = 8000
    fewest_straight: int = 3
    fewest_frames: int = 4
    most_leap: float = 2.5
    most_growth: float = 0.35

    def least(self, motion: Motion) -> float:
        """How far a motion has to be made."""
        if motion in TURNS:
            return self.turned
        return {Motion.NOD: self.nodded, Motion.LOOK_UP: self.raised, Motion.COME_CLOSER: self.closer}[motion]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one step, or the whole session, came to."""

    sign: Sign
    reasons: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)


def examine(measures: SessionMeasures, challenge: Challenge, policy: ChallengePolicy) -> LayerFinding:
    """LIVE when every motion was made; UNKNOWN where frames or points do not tell; otherwise ABSENT."""
    if measures.layout != TELLING_LAYOUT:
        return LayerFinding(Layer.CHALLENGE, Sign.UNKNOWN, ("points_do_not_show_turns",))
    if not TURNS & {ask.motion for ask in challenge.asks}:
        return LayerFinding(Layer.CHALLENGE, Sign.UNKNOWN, ("no_turn_was_asked",))
    steps = {step.n: step for step in measures.steps}
    neutral = usual_pose(steps[0].frames, policy.fewest_straight) if 0 in steps else None
    if neutral is None:
        return LayerFinding(Layer.CHALLENGE, Sign.UNKNOWN, ("no_straight_look",))
    asked = [(plan.n, plan.ask) for plan in challenge.steps if plan.kind is StepKind.MOTION and plan.ask is not None]
    seen = [_step(steps.get(n), ask, neutral, policy) for n, ask in asked]
    seen.append(_trouble(steps[0].frames, policy) or Seen(Sign.LIVE))
    scores = {
        f"{name}_{n}": value for (n, _), one in zip(asked, seen, strict=False) for name, value in one.scores.items()
    }
    reasons = tuple(sorted({reason for one in seen for reason in one.reasons}))
    return LayerFinding(Layer.CHALLENGE, _worst([one.sign for one in seen]), reasons, scores)


def _worst(signs: Sequence[Sign]) -> Sign:
    return next((sign for sign in (Sign.UNKNOWN, Sign.ABSENT) if sign in signs), Sign.LIVE)


def _step(step: StepMeasures | None, ask: Ask, neutral: Pose, policy: ChallengePolicy) -> Seen:
    if step is None:
        return Seen(Sign.UNKNOWN, ("step_missing",))
    trouble = _trouble(step.frames, policy)
    if trouble is not None:
        return trouble
    poses = [pose_of(frame.points) for frame in step.frames]
    moved = [pose.since(neutral) for pose in poses if pose is not None]
    if len(moved) < len(poses):
        return Seen(Sign.UNKNOWN, ("points_unclear",))
    return _motion(step.frames, moved, ask.motion, policy)


def _trouble(frames: Sequence[FrameMeasures], policy: ChallengePolicy) -> Seen | None:
    """What keeps a step from telling anything: frames that are missing or frozen, a face that was lost or leapt."""
    found: tuple[tuple[Sign, str, Callable[[], bool]], ...] = (
        (Sign.UNKNOWN, "too_few_frames", lambda: len(frames) < policy.fewest_straight),
        (Sign.UNKNOWN, "frames_frozen", lambda: _frozen(frames)),
        (Sign.ABSENT, "face_lost", lambda: any(frame.faces == 0 or frame.box is None for frame in frames)),
        (Sign.ABSENT, "several_faces", lambda: any(frame.faces > 1 for frame in frames)),
        (Sign.ABSENT, "face_leapt", lambda: any(_leapt(one, then, policy) for one, then in pairwise(frames))),
    )
    return next((Seen(sign, (reason,)) for sign, reason, holds in found if holds()), None)


def _frozen(frames: Sequence[FrameMeasures]) -> bool:
    """A living face before a camera never gives the same pixels twice in a row."""
    return any(one.pixel_digest == then.pixel_digest for one, then in pairwise(frames))


def _leapt(one: FrameMeasures, then: FrameMeasures, policy: ChallengePolicy) -> bool:
    """Whether this is no longer one track. Points that no face can have are left to `points_unclear`."""
    before, after = pose_of(one.points), pose_of(then.points)
    if before is None or after is None or one.points is None or then.points is None:
        return False
    way = float(np.hypot(*(then.points.mean(axis=0, dtype=np.float64) - one.points.mean(axis=0, dtype=np.float64))))
    return way > policy.most_leap * before.eyes or abs(after.size - before.size) > policy.most_growth


def _motion(frames: Sequence[FrameMeasures], moved: Sequence[Pose], motion: Motion, policy: ChallengePolicy) -> Seen:
    """Whether `motion`, and no other, was made in frames whose poses are known."""
    if len(moved) < policy.fewest_frames:
        return Seen(Sign.UNKNOWN, ("too_few_frames",))
    shares = {one: max(pose.made(one) for pose in moved) / policy.least(one) for one in Motion}
    way = [pose.made(motion) / policy.least(motion) for pose in moved]
    made_at = next((index for index, share in enumerate(way) if share >= 1.0), None)
    scores = {"made": shares[motion] * policy.least(motion), "other": max(_others(shares, motion))}
    if made_at is None:
        return Seen(Sign.ABSENT, (_too_little(shares, motion),), scores)
    took = frames[made_at].at_ms - frames[0].at_ms
    jump = max(abs(then - one) for one, then in pairwise(way))
    found = (
        ("began_elsewhere", max(abs(moved[0].made(one)) / policy.least(one) for one in Motion) > policy.straight),
        ("too_soon", took < policy.soonest_ms),
        ("too_late", took > policy.latest_ms),
        ("jumped", jump > policy.most_jump * (max(way) - min(way))),
        ("another_motion", scores["other"] > shares[motion]),
    )
    reasons = tuple(reason for reason, holds in found if holds)
    return Seen(Sign.ABSENT if reasons else Sign.LIVE, reasons, scores | {"took_ms": float(took)})


def _others(shares: Mapping[Motion, float], motion: Motion) -> list[float]:
    """How far the motions that were not asked for were made, as shares of what would count."""
    return [share for one, share in shares.items() if one is not motion]


def _too_little(shares: Mapping[Motion, float], motion: Motion) -> str:
    """Why a motion that was not made was not: its opposite was, or nothing far enough."""
    if max(_others(shares, motion)) >= 1.0:
        return "another_motion"
    return "turned_too_little" if motion in TURNS else "moved_too_little"
