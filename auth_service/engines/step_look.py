"""A quick look at one step while the person is still before the camera: framing, light, and whether anything moved.

Says nothing that a layer of liveness found, and looks at a few frames only: the session is measured once, at its end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

from auth_service.capture.challenge import Motion, Planned
from auth_service.capture.ports import FramingHint, StepLook
from auth_service.capture.steps import CapturedFrame
from auth_service.engines.best_frames import Seen
from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.quality import QualityPolicy, QualityReason, assess, eye_centres, nose_offset

_LOOKED_AT = 3
"""The first frame, the middle one and the last: before, during and after a movement."""
_COVERED = 20.0
"""Mean grey of a frame without a face, below which the camera is covered. source: own decision, well below the 50 at
which a face counts as too dark (QualityPolicy)"""
_MOVED = 0.08
"""Difference in stance (see _stance) that is movement. source: three times what a head that is held still seems to
move by, 0.026 (detectors.py, FRAME_SIDE)"""
_NEAR_ON_PURPOSE = frozenset({FramingHint.TOO_CLOSE, FramingHint.CUT_OFF})
_ORDER = tuple(FramingHint)
_HINTS = {
    QualityReason.SEVERAL_FACES: FramingHint.SEVERAL_FACES,
    QualityReason.TOO_SMALL: FramingHint.TOO_SMALL,
    QualityReason.TOO_CLOSE: FramingHint.TOO_CLOSE,
    QualityReason.BLURRED: FramingHint.BLURRED,
    QualityReason.TOO_DARK: FramingHint.TOO_DARK,
    QualityReason.TOO_BRIGHT: FramingHint.TOO_BRIGHT,
    QualityReason.CUT_OFF: FramingHint.CUT_OFF,
}
"""What a person can mend while looking at the screen; the rest is no matter of framing, or belongs to the motion."""


def looked_at(frames: Sequence[CapturedFrame]) -> tuple[CapturedFrame, ...]:
    """The frames of a step that are looked at, in their order."""
    last = len(frames) - 1
    places = sorted({round(last * part / (_LOOKED_AT - 1)) for part in range(_LOOKED_AT)})
    return tuple(frames[place] for place in places)


def step_look(frames: Sequence[Seen], planned: Planned, policy: QualityPolicy) -> StepLook:
    """What the frames say to the person. A hint counts where most of them give it: one poor frame is nothing."""
    told = [_hints(seen, policy) for seen in frames]
    near = planned.ask is not None and planned.ask.motion is Motion.COME_CLOSER
    hints = tuple(
        hint
        for hint in _ORDER
        if 2 * sum(hint in one for one in told) > len(told) and not (near and hint in _NEAR_ON_PURPOSE)
    )
    stances = [_stance(seen.face) for seen in frames if seen.face is not None]
    return StepLook(hints, any(math.dist(one, other) >= _MOVED for one, other in combinations(stances, 2)))


def _stance(face: DetectedFace) -> tuple[float, float, float]:
    """The nose's place in eye distances, and the natural logarithm of the eye distance; with any layout of points."""
    left, right = eye_centres(face)
    return (*nose_offset(face), math.log(max(1e-3, math.dist(left, right))))


def _hints(seen: Seen, policy: QualityPolicy) -> frozenset[FramingHint]:
    if seen.face is None:
        return frozenset({FramingHint.COVERED if seen.measures.luma < _COVERED else FramingHint.NO_FACE})
    several = {FramingHint.SEVERAL_FACES} if seen.measures.faces > 1 else set()
    reasons = assess(seen.pixels, [seen.face], policy).reasons
    return frozenset(several | {_HINTS[reason] for reason in reasons if reason in _HINTS})
