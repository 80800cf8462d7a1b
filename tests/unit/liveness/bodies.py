"""A head, a flat and a bent sheet as points in space, seen by a camera while they move. No picture is made.

Centimetres; x to the picture's right, y down, z away from the camera; the nose's tip comes towards it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route
from auth_service.faces.landmarks import Box
from auth_service.liveness.measures import FrameMeasures, PointPaths, SessionMeasures, StepMeasures

EYES, FOCAL, FAR = 6.3, 420.0, 40.0
MIDDLE = np.array([180.0, 240.0])
"""Of the picture, in pixels."""
Floats = NDArray[np.float64]
PROGRESS = (0.0, 0.15, 0.4, 0.65, 0.9, 1.0, 0.7)
"""Of a motion, frame by frame."""


@dataclass(frozen=True)
class Body:
    """marks  float64 (5, 3): eyes, nose, corners of the mouth; skin: float64 (N, 3), points that can be followed"""

    marks: Floats
    skin: Floats


def _flat_marks() -> Floats:
    mouth = 1.12 * EYES
    places = [(-EYES / 2, 0), (EYES / 2, 0), (0, 0.62 * EYES), (-0.4 * EYES, mouth), (0.4 * EYES, mouth)]
    return np.array([(x, y - 0.5 * EYES, 0.0) for x, y in places])


def _spread(count: int) -> Floats:
    chance = np.random.default_rng(5)
    angle, reach = chance.uniform(0, 2 * np.pi, count), np.sqrt(chance.uniform(0, 1, count))
    return np.stack([6.0 * reach * np.cos(angle), 7.5 * reach * np.sin(angle), np.zeros(count)], axis=1)


def _relief(at: Floats) -> Floats:
    """Depth of a face: round, with a nose, sockets and a mouth."""
    x, y = at[:, 0], at[:, 1]
    round_head = 9.0 * (1.0 - np.sqrt(np.maximum(0.05, 1.0 - (x / 8.5) ** 2))) + 0.02 * y**2
    nose = 2.4 * np.exp(-((x / 1.2) ** 2) - ((y - 0.8) / 1.6) ** 2)
    sockets = 0.8 * np.exp(-(((np.abs(x) - 3.1) / 1.2) ** 2) - ((y + 3.1) / 1.0) ** 2)
    mouth = 0.7 * np.exp(-((x / 2.2) ** 2) - ((y - 3.8) / 1.2) ** 2)
    return np.asarray(round_head - nose + sockets - mouth)


def head() -> Body:
    marks, skin = _flat_marks(), _spread(150)
    for part in (marks, skin):
        part[:, 2] = _relief(part)
    return Body(marks, skin)


def sheet(radius: float | None = None) -> Body:
    """A life-size photograph: flat, or bent about an upright axis with this radius."""

    def bent(part: Floats) -> Floats:
        if radius is None:
            return part
        angle = part[:, 0] / radius
        return np.stack([radius * np.sin(angle), part[:, 1], radius * (1.0 - np.cos(angle))], axis=1)

    return Body(bent(_flat_marks()), bent(_spread(150)))


@dataclass(frozen=True)
class Show:
    """How a body answers.

    degrees    of a full turn; to the asked side
    backwards  makes the opposite motion
    frame_ms   between two frames
    noise      pixels, of every point
    room       points of the background in pixels, and whether the body's plane carries them along
    """

    degrees: float = 25.0
    backwards: bool = False
    frame_ms: int = 180
    noise: float = 0.2
    room: int = 40
    carried: bool = False
    pan: tuple[float, float] = (0.0, 0.0)
    progress: Sequence[float] = field(default=PROGRESS)


def challenge(*motions: Motion) -> Challenge:
    return Challenge(Route.FLASH, tuple(Ask(motion, 300) for motion in motions), (Colour.WHITE, Colour.DARK) * 4)


def session(body: Body, motions: Sequence[Motion], show: Show | None = None) -> SessionMeasures:
    """Measures of a session in which `body` answers."""
    show, chance = show or Show(), np.random.default_rng(11)
    straight = tuple(_frame(body, None, 0.0, show, chance, k * show.frame_ms) for k in range(4))
    steps = [StepMeasures(0, straight)]
    for n, motion in enumerate(motions, start=1):
        begin = n * 5000
        frames = tuple(
            _frame(body, motion, share, show, chance, begin + k * show.frame_ms)
            for k, share in enumerate(show.progress)
        )
        steps.append(StepMeasures(n, frames, _paths(body, motion, show, chance)))
    return SessionMeasures(tuple(steps), "arcface5", None, 1.0, ())


def _turned(degrees: float, axis: int) -> Floats:
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    if axis == 1:
        return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])


def _seen(points: Floats, motion: Motion | None, share: float, show: Show) -> Floats:
    """float64 (N, 2), pixels of the picture. A head turns about its neck, 9 cm behind the face."""
    amount = share * (-1.0 if show.backwards else 1.0)
    axis, sign = {
        Motion.TURN_LEFT: (1, -1.0),
        Motion.TURN_RIGHT: (1, 1.0),
        Motion.NOD: (0, 1.0),
        Motion.LOOK_UP: (0, -1.0),
    }.get(motion or Motion.COME_CLOSER, (1, 0.0))
    neck = np.array([0.0, 0.0, 9.0])
    at = (points - neck) @ _turned(sign * amount * show.degrees, axis).T + neck + [0.0, 0.0, FAR]
    if motion is Motion.COME_CLOSER:
        at[:, 2] -= 10.0 * amount
    return np.asarray(FOCAL * at[:, :2] / at[:, 2:] + MIDDLE)


def _frame(
    body: Body, motion: Motion | None, share: float, show: Show, chance: np.random.Generator, at_ms: int
) -> FrameMeasures:
    marks = _seen(body.marks, motion, share, show) + share * np.array(show.pan)
    marks = (marks + chance.normal(0.0, show.noise, (5, 2))).astype(np.float32)
    (left, top), (right, bottom) = marks.min(axis=0), marks.max(axis=0)
    box = Box(left - 40, top - 40, right + 40, bottom + 40)
    digest, surround = at_ms.to_bytes(32, "big"), np.zeros(3, np.float32)
    return FrameMeasures(at_ms, 360, 480, 1, box, marks, None, surround, 120.0, 90.0, 1.0, None, digest, 0, 0)


def _paths(body: Body, motion: Motion, show: Show, chance: np.random.Generator) -> PointPaths:
    farthest = int(np.argmax(show.progress))
    pan = np.array(show.pan) * show.progress[farthest]
    before = _seen(body.skin, motion, show.progress[0], show)
    after = _seen(body.skin, motion, show.progress[farthest], show) + pan
    wall = np.column_stack(
        [chance.uniform(-15, 15, show.room), chance.uniform(-20, -11, show.room), np.zeros(show.room)]
    )
    there = _seen(wall, None, 0.0, show)
    gone = _seen(wall, motion, show.progress[farthest], show) + pan if show.carried else there + pan
    noisy = [
        (np.stack(pair, axis=1) + chance.normal(0.0, show.noise, (len(pair[0]), 2, 2))).astype(np.float32)
        for pair in ((before, after), (there, gone))
    ]
    return PointPaths(noisy[0], noisy[1], 0, farthest)
