"""How a head stands in a picture, from five points: turned, bowed, near, against the person's own straight look.

The nose's tip is written in the face's own frame: how far along the line between the eyes, and how far down the line
from the eyes' middle to the mouth's. A picture that is tilted, turned or stretched as a whole keeps both numbers but
for perspective; a head does not, for its nose stands out of the plane of eyes and mouth.

Left and right are the person's own. In a camera's picture that nobody mirrored, the person's left side lies at the
picture's right, so a head that turns to its own left carries its nose towards larger x: yaw grows. Nodding carries it
down: pitch grows; and as a head nods about its neck, the eyes sink in the picture: low grows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Motion
from auth_service.liveness.measures import FrameMeasures

TELLING_LAYOUT = "arcface5"
"""Eyes, tip of the nose, corners of the mouth: YuNet's. dlib's five (`dlib5`) have no mouth and the nose's base only,
which moves half as far. source: measured.md, Liveness"""
_NOSE_SHARE, _NOSE_MOST = 4.0, 0.15
"""How much of the nose's way in the face is added to the eyes' way in the picture for a nod or a look up, and at most.
source: docs/liveness.md, Challenge: YuNet's nose shows a third of a real pitch, sometimes none; a grin moves it"""
_LEAST_SIDE = 8.0
"""Pixels between the eyes, and between eyes and mouth, below which points are noise. source: a point lies about half a
pixel off, measured on stills; a quarter of the least turn that counts would be lost in it"""


@dataclass(frozen=True, slots=True)
class Pose:
    """yaw    of the nose along the line of the eyes, in eye distances; grows to the person's own left
    pitch  of the nose down the line from eyes to mouth, in lengths of that line; grows downwards
    size   natural logarithm of the face's size in pixels
    slim   natural logarithm of eye distance over eyes-to-mouth: falls when the face is turned aside
    low    of the eyes' middle in the picture, pixels from its top; of a change: how far they sank, in the face's size
    """

    yaw: float
    pitch: float
    size: float
    slim: float
    low: float = 0.0

    @property
    def eyes(self) -> float:
        """Pixels between the eyes."""
        return math.exp(self.size + self.slim / 2.0)

    def since(self, other: Pose) -> Pose:
        """What changed."""
        sank = (self.low - other.low) / math.exp(other.size)
        return Pose(
            self.yaw - other.yaw, self.pitch - other.pitch, self.size - other.size, self.slim - other.slim, sank
        )

    def along(self, motion: Motion) -> float:
        """How far along the line of a motion, of a pose that says what changed: where points of a picture went."""
        return {
            Motion.TURN_LEFT: self.yaw,
            Motion.TURN_RIGHT: -self.yaw,
            Motion.NOD: self.low,
            Motion.LOOK_UP: -self.low,
            Motion.COME_CLOSER: self.size,
        }[motion]

    def made(self, motion: Motion) -> float:
        """How far a motion was made, of a pose that says what changed; negative where its opposite was made."""
        nose = max(-_NOSE_MOST, min(_NOSE_MOST, _NOSE_SHARE * self.pitch))
        bowed = {Motion.NOD: nose, Motion.LOOK_UP: -nose}
        return self.along(motion) + bowed.get(motion, 0.0)


def pose_of(points: NDArray[np.float32] | None) -> Pose | None:
    """None where there are no points, they are not finite, or no face can have them.

    points  float32 (5, 2), layout `arcface5`
    """
    if points is None or points.shape != (5, 2) or not np.isfinite(points).all():
        return None
    left, right, nose, *mouth = points.astype(np.float64)
    eyes = (left + right) / 2.0
    across, down = right - left, (mouth[0] + mouth[1]) / 2.0 - eyes
    wide, tall = math.hypot(*across), math.hypot(*down)
    area = float(across[0] * down[1] - across[1] * down[0])
    if min(wide, tall) < _LEAST_SIDE or area < 0.3 * wide * tall:
        return None
    yaw, pitch = np.linalg.solve(np.stack([across, down], axis=1), nose - eyes)
    return Pose(float(yaw), float(pitch), 0.5 * math.log(area), math.log(wide / tall), float(eyes[1]))


def usual_pose(frames: Iterable[FrameMeasures], fewest: int) -> Pose | None:
    """The middle pose of frames in which the person looks straight; None with fewer than `fewest` poses."""
    poses = [pose for frame in frames if frame.faces == 1 and (pose := pose_of(frame.points)) is not None]
    if len(poses) < fewest:
        return None
    middle = np.median([(pose.yaw, pose.pitch, pose.size, pose.slim, pose.low) for pose in poses], axis=0)
    return Pose(*(float(value) for value in middle))


def steadied(poses: Sequence[Pose]) -> list[Pose]:
    """Each with the middle pitch of itself and its neighbours: YuNet's errs by half of a nod's from frame to frame."""
    pitches = [pose.pitch for pose in poses]
    around = [pitches[max(0, n - 1) : n + 2] for n in range(len(pitches))]
    return [replace(pose, pitch=median(three)) for pose, three in zip(poses, around, strict=True)]
