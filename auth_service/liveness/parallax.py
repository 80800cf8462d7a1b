"""Did the face move against its background, or does the background go with the face?

A room stays when a head turns; hand and phone shake move all of it alike. A large print and a screen carry their own
background and rim along. A face cut out of paper before a real room is not seen here: geometry.py sees it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Challenge
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import PointPaths, SessionMeasures, StepMeasures
from auth_service.liveness.planes import homography, moved
from auth_service.liveness.pose import pose_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ParallaxPolicy:
    """Lengths are in eye distances.

    fewest       points of the background, and of the face, below which nothing is said
    carried      how far the face's plane would have to carry a background point for it to tell anything
    along        how close to there it has to come to count as carried
    sheet_share  share of the telling points that a sheet carries along
    room_share   share of them that a room may seem to lose to chance
    stayed       how close to the background's own shake a point keeps
    steady       share of the background that keeps to it
    against      how far the face moves against it, at least

    source  docs/liveness.md, Parallax: measured on the shared clips and on rendered prints
    """

    fewest: int = 12
    carried: float = 0.2
    along: float = 0.06
    sheet_share: float = 0.5
    room_share: float = 0.2
    stayed: float = 0.05
    steady: float = 0.6
    against: float = 0.06


@dataclass(frozen=True, slots=True)
class Against:
    """What one motion showed."""

    sign: Sign
    reason: str
    scores: Mapping[str, float] = field(default_factory=dict)


def examine(measures: SessionMeasures, challenge: Challenge, policy: ParallaxPolicy) -> LayerFinding:
    """ATTACK when the background went with the face in one motion; LIVE when it stayed in one and went in none."""
    steps = {step.n: step for step in measures.steps}
    asked = [plan.n for plan in challenge.steps if plan.ask is not None]
    seen = [_motion(steps.get(n), policy) for n in asked]
    if not seen:
        return LayerFinding(Layer.PARALLAX, Sign.UNKNOWN, ("no_motion_was_asked",))
    scores = {f"{name}_{n}": value for n, one in zip(asked, seen, strict=True) for name, value in one.scores.items()}
    signs = [one.sign for one in seen]
    sign = next(one for one in (Sign.ATTACK, Sign.LIVE, Sign.ABSENT, Sign.UNKNOWN) if one in signs)
    reasons = tuple(sorted({one.reason for one in seen if one.sign is sign and sign is not Sign.LIVE}))
    return LayerFinding(Layer.PARALLAX, sign, reasons, scores)


def _motion(step: StepMeasures | None, policy: ParallaxPolicy) -> Against:
    if step is None or step.paths is None or not 0 <= step.paths.first < len(step.frames):
        return Against(Sign.UNKNOWN, "points_not_followed")
    straight = pose_of(step.frames[step.paths.first].points)
    if straight is None:
        return Against(Sign.UNKNOWN, "points_unclear")
    return _judged(step.paths, straight.eyes, policy)


def _judged(paths: PointPaths, eyes: float, policy: ParallaxPolicy) -> Against:
    """Against the unit `eyes`, pixels between the eyes."""
    face, room = (_scaled(points, eyes) for points in (paths.face, paths.background))
    if min(len(face), len(room)) < policy.fewest:
        return Against(Sign.UNKNOWN, "background_too_plain" if len(room) < policy.fewest else "points_not_followed")
    sheet = homography(face[:, 0], face[:, 1])
    if sheet is None:
        return Against(Sign.UNKNOWN, "points_not_followed")
    along, telling = _carried(sheet, room, policy)
    shake = _shake(room)
    steady = float(np.mean(_off(_shaken(shake, room[:, 0]), room) <= policy.stayed))
    against = float(np.median(_off(_shaken(shake, face[:, 0]), face)))
    scores = {"along": along, "telling": float(telling), "steady": steady, "against": against}
    if telling >= policy.fewest and along >= policy.sheet_share:
        return Against(Sign.ATTACK, "background_went_with_the_face", scores)
    if steady < policy.steady or along > policy.room_share:
        return Against(Sign.UNKNOWN, "background_unsteady", scores)
    if against < policy.against:
        return Against(Sign.ABSENT, "face_stayed_with_the_background", scores)
    return Against(Sign.LIVE, "face_moved_against_the_background", scores)


def _scaled(points: NDArray[np.float32], eyes: float) -> Floats:
    """float64 (N, 2, 2), finite ones only."""
    kept = points[np.isfinite(points).all(axis=(1, 2))]
    return np.asarray(kept.astype(np.float64) / eyes)


def _off(expected: Floats, paths: Floats) -> Floats:
    """How far from where it was expected each point went."""
    return np.asarray(np.hypot(*(paths[:, 1] - expected).T))


def _carried(sheet: Floats, room: Floats, policy: ParallaxPolicy) -> tuple[float, int]:
    """Share of the telling background points that went where the face's plane carries them, and how many tell.

    Telling are those that the plane carries far, and elsewhere than the room's own shake does: a phone that pans
    carries everything alike.
    """
    there = moved(sheet, room[:, 0])
    far = np.hypot(*(there - room[:, 0]).T) >= policy.carried
    turned = _similarity(room[:, 0], there)
    bends = np.hypot(*(there - _shaken(turned, room[:, 0])).T)
    grows = abs(math.log(max(1e-6, abs(turned[0])))) >= 0.08
    telling = far & ((bends >= policy.along / 2.0) | grows)
    if not telling.any():
        return 0.0, 0
    return float(np.mean(_off(there, room)[telling] <= policy.along)), int(telling.sum())


def _shake(room: Floats) -> NDArray[np.complex128]:
    """The one shift, turn and growth that most of the background shares; points beside it count little."""
    weights = np.ones(len(room))
    found = _similarity(room[:, 0], room[:, 1], weights)
    for _ in range(6):
        off = _off(_shaken(found, room[:, 0]), room)
        weights = 1.0 / (1.0 + (off / max(0.01, 1.5 * float(np.median(off)))) ** 2)
        found = _similarity(room[:, 0], room[:, 1], weights)
    return found


def _similarity(before: Floats, after: Floats, weights: Floats | None = None) -> NDArray[np.complex128]:
    """[growth and turn, shift] as complex numbers: after = growth * before + shift, least squares."""
    here, there = before @ np.array([1.0, 1.0j]), after @ np.array([1.0, 1.0j])
    root = np.sqrt(np.ones(len(here)) if weights is None else weights)
    terms = np.stack([here, np.ones(len(here))], axis=1) * root[:, None]
    return np.asarray(np.linalg.lstsq(terms, there * root, rcond=None)[0], np.complex128)


def _shaken(shake: NDArray[np.complex128], points: Floats) -> Floats:
    there = shake[0] * (points @ np.array([1.0, 1.0j])) + shake[1]
    return np.stack([there.real, there.imag], axis=1)
