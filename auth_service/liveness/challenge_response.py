"""Were the motions that were asked for made: each in its step, to the asked side, from a straight look, and in time?

It says LIVE, ABSENT or UNKNOWN and never ATTACK: whoever misunderstood a prompt looks like a clumsy attack. Whether the
frames are one film of one face is consistency.py's question; frames without one face tell nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from auth_service.capture.challenge import TURNS, Ask, Challenge, Motion, StepKind
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures, StepMeasures
from auth_service.liveness.pose import TELLING_LAYOUT, Pose, pose_of, steadied, usual_pose

NODS = frozenset({Motion.NOD, Motion.LOOK_UP})


@dataclass(frozen=True, slots=True)
class ChallengePolicy:
    """When a motion counts as made.

    turned, nodded, raised, closer  how far at least, in the units of pose.py
    straight           share of it within which some frame has to lie before it is made
    most_carried       share of a nod's way that the background may go along: a phone that is moved before a still face
    fewest_behind      points of the background from which that is asked
    most_jump          share of the whole way that may lie between two frames: a second photograph has no way between
    soonest_ms, latest_ms  from a step's first frame to the first in which the motion is made
    fewest_straight, fewest_frames  of the neutral step, and of a motion, with one face in them

    source  docs/liveness.md, Challenge: measured on the shared turns and on rendered prints. Times: trust.md 1.5 L1
    """

    turned: float = 0.15
    nodded: float = 0.4
    raised: float = 0.4
    closer: float = 0.18
    straight: float = 0.5
    most_carried: float = 0.5
    fewest_behind: int = 12
    most_jump: float = 0.9
    soonest_ms: int = 300
    latest_ms: int = 8000
    fewest_straight: int = 3
    fewest_frames: int = 4

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
    scores = {
        f"{name}_{n}": value for (n, _), one in zip(asked, seen, strict=True) for name, value in one.scores.items()
    }
    reasons = tuple(sorted({reason for one in seen for reason in one.reasons}))
    return LayerFinding(Layer.CHALLENGE, _worst([one.sign for one in seen]), reasons, scores)


def _worst(signs: Sequence[Sign]) -> Sign:
    return next((sign for sign in (Sign.UNKNOWN, Sign.ABSENT) if sign in signs), Sign.LIVE)


def _step(step: StepMeasures | None, ask: Ask, neutral: Pose, policy: ChallengePolicy) -> Seen:
    if step is None:
        return Seen(Sign.UNKNOWN, ("step_missing",))
    shown = [(frame.at_ms, pose) for frame in step.frames if frame.faces == 1 and (pose := pose_of(frame.points))]
    if len(shown) < policy.fewest_frames:
        return Seen(Sign.UNKNOWN, ("too_few_frames",))
    moved = steadied([pose.since(neutral) for _, pose in shown])
    seen = _motion([at_ms - step.frames[0].at_ms for at_ms, _ in shown], moved, ask.motion, policy)
    if seen.sign is Sign.LIVE and ask.motion in NODS and _carried(step, policy):
        return Seen(Sign.ABSENT, ("phone_moved",), seen.scores)
    return seen


def _carried(step: StepMeasures, policy: ChallengePolicy) -> bool:
    """Whether the background, where it could be followed, went up or down with the eyes: the phone moved, or a screen.

    False where nothing behind could be followed, a plain wall.
    """
    paths = step.paths
    if paths is None or len(paths.background) < policy.fewest_behind:
        return False
    before, after = (pose_of(step.frames[index].points) for index in (paths.first, paths.last))
    if before is None or after is None or after.low == before.low:
        return False
    went = paths.background[:, 1, 1].astype(np.float64) - paths.background[:, 0, 1]
    return float(np.median(went)) / (after.low - before.low) > policy.most_carried


def _motion(at_ms: Sequence[int], moved: Sequence[Pose], motion: Motion, policy: ChallengePolicy) -> Seen:
    """Whether `motion`, and no other, was made in frames whose poses are known. at_ms: since the step began"""
    shares = {one: max(pose.made(one) for pose in moved) / policy.least(one) for one in Motion}
    way = [pose.made(motion) / policy.least(motion) for pose in moved]
    made_at = next((index for index, share in enumerate(way) if share >= 1.0), None)
    scores = {"made": shares[motion] * policy.least(motion), "other": max(_others(shares, motion))}
    if made_at is None:
        return Seen(Sign.ABSENT, (_too_little(shares, motion),), scores)
    line = [pose.along(motion) for pose in moved]
    jump = max(abs(then - one) for one, then in pairwise(line))
    found = (
        ("began_elsewhere", min(way[: made_at + 1]) > policy.straight),
        ("too_soon", at_ms[made_at] < policy.soonest_ms),
        ("too_late", at_ms[made_at] > policy.latest_ms),
        ("jumped", jump > policy.most_jump * (max(line) - min(line))),
        ("another_motion", scores["other"] > shares[motion]),
    )
    reasons = tuple(reason for reason, holds in found if holds)
    return Seen(Sign.ABSENT if reasons else Sign.LIVE, reasons, scores | {"took_ms": float(at_ms[made_at])})


def _others(shares: Mapping[Motion, float], motion: Motion) -> list[float]:
    """How far the motions that were not asked for were made, as shares of what would count."""
    return [share for one, share in shares.items() if one is not motion]


def _too_little(shares: Mapping[Motion, float], motion: Motion) -> str:
    """Why a motion that was not made was not: its opposite was, or nothing far enough."""
    if max(_others(shares, motion)) >= 1.0:
        return "another_motion"
    return "turned_too_little" if motion in TURNS else "moved_too_little"
