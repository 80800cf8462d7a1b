"""Where points of the face and of the background went while the head moved: optical flow forth and back.

source  Lucas and Kanade with pyramids: Bouguet, "Pyramidal implementation of the affine Lucas Kanade feature tracker",
        2001; Kalal et al., "Forward-backward error", ICPR 2010, for leaving out what does not come back
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import TURNS, Motion
from auth_service.faces.landmarks import Box, DetectedFace
from auth_service.faces.quality import eye_centres, nose
from auth_service.liveness.measures import PointPaths

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

MOST_POINTS = 60
"""Of the face, and again of the background."""
_RETURN_PIXELS = 1.0
"""A point that does not come back to within this is left out. source: liveness/measures.py"""
_CORNER, _APART = 0.01, 4
"""Least corner strength over the strongest one's, and pixels between corners."""
_WINDOW, _LEVELS = (17, 17), 3
_HOP, _MOST_HOPS = 0.15, 3
"""Pose (see Pose.away) by which two frames may differ in one go. source: real turns of shared clips, points of 60 that
came back: offset 0.38 with one, two and three goes 3, 16 and 19; 0.15: 9, 18, 25; 0.05: 56, 45, 46"""
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 15, 0.03)
_INNER = 0.44
"""Half axes of the ellipse within the box that is face for certain, as shares of its width and height: outside, the
contour's points slide along the head."""
_HEAD_ASIDE, _HEAD_ABOVE, _BODY_ASIDE = 0.35, 0.5, 1.0
"""Head with hair, and the body below the chin, as shares of the box's width or height beyond it: not background."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head stands, from its five points.

    yaw, pitch  of the nose from the eyes' middle, along and across the line between the eyes, over the eye distance
    size        natural logarithm of the eye distance in pixels
    """

    yaw: float
    pitch: float
    size: float

    def away(self, other: Pose) -> float:
        """How different two poses are; an order, no angle."""
        return float(np.hypot(np.hypot(self.yaw - other.yaw, self.pitch - other.pitch), self.size - other.size))

    def away_by(self, motion: Motion, other: Pose) -> float:
        """How far a motion was made."""
        if motion in TURNS:
            return abs(self.yaw - other.yaw)
        return abs(self.size - other.size) if motion is Motion.COME_CLOSER else abs(self.pitch - other.pitch)


def pose_of(face: DetectedFace) -> Pose:
    left, right = (point.astype(np.float64) for point in eye_centres(face))
    across = right - left
    distance = max(1e-3, float(np.hypot(across[0], across[1])))
    off = (nose(face).astype(np.float64) - (left + right) / 2.0) / distance**2
    return Pose(float(off @ across), float(off @ np.array([-across[1], across[0]])), float(np.log(distance)))


def neutral_pose(faces: Sequence[DetectedFace | None]) -> Pose | None:
    """The middle pose of frames in which the person looks straight; None where no face was seen."""
    poses = [pose_of(face) for face in faces if face is not None]
    if not poses:
        return None
    middle = np.median([(pose.yaw, pose.pitch, pose.size) for pose in poses], axis=0)
    return Pose(*(float(value) for value in middle))


def ends(faces: Sequence[DetectedFace | None], neutral: Pose, motion: Motion) -> tuple[int, int] | None:
    """Indexes of the most neutral frame and of the one in which the motion went farthest; None: there are no two."""
    poses = {index: pose_of(face) for index, face in enumerate(faces) if face is not None}
    if len(poses) < 2:
        return None
    first = min(poses, key=lambda index: poses[index].away(neutral))
    last = max((index for index in poses if index != first), key=lambda index: poses[index].away_by(motion, neutral))
    return first, last


def point_paths(
    greys: Sequence[Grey], faces: Sequence[DetectedFace | None], neutral: Pose, motion: Motion
) -> PointPaths | None:
    """Paths of one step; None where there are no two frames with a face, or nothing could be followed."""
    found = ends(faces, neutral, motion)
    if found is None:
        return None
    first, last = found
    before = faces[first]
    if before is None or len({grey.shape for grey in greys}) > 1:
        return None
    face, background = (_corners(greys[first], mask) for mask in _regions(greys[first].shape, before.box))
    way = [(greys[index], seen) for index in stations(faces, first, last) if (seen := faces[index]) is not None]
    moved, still = _followed(way, (face, background))
    return PointPaths(moved, still, first, last) if len(moved) or len(still) else None


def stations(faces: Sequence[DetectedFace | None], first: int, last: int) -> list[int]:
    """The frames along which points are followed from the first to the last: so many that the head turns little from
    one to the next, as far as there are frames in between."""
    poses = {index: pose_of(face) for index, face in enumerate(faces) if face is not None}
    total = poses[last].away(poses[first])
    hops = min(_MOST_HOPS, math.ceil(total / _HOP)) if total > 0 else 1
    between = [index for index in poses if min(first, last) < index < max(first, last)]
    chosen = [
        min(between, key=lambda index: abs(poses[index].away(poses[first]) - total * hop / hops))
        for hop in range(1, hops)
        if between
    ]
    onward = sorted(set(chosen), reverse=last < first)
    return [first, *onward, last]


def _regions(shape: tuple[int, ...], box: Box) -> tuple[Grey, Grey]:
    """Masks of what is face and what is background for certain, uint8 (H, W) 0 or 255."""
    middle = (round((box.left + box.right) / 2), round((box.top + box.bottom) / 2))
    face = np.zeros(shape, np.uint8)
    cv2.ellipse(face, middle, (round(_INNER * box.width), round(_INNER * box.height)), 0, 0, 360, 255, -1)
    background = np.full(shape, 255, np.uint8)
    aside, body = _HEAD_ASIDE * box.width, _BODY_ASIDE * box.width
    top, bottom = max(0, round(box.top - _HEAD_ABOVE * box.height)), max(0, round(box.bottom))
    background[top:bottom, max(0, round(box.left - aside)) : max(0, round(box.right + aside))] = 0
    background[bottom:, max(0, round(box.left - body)) : max(0, round(box.right + body))] = 0
    return face, background


def _map_between(before: Floats, after: Floats) -> NDArray[np.float64]:
    """float64 (2, 3): the affine map that brings the five points closest to where they went; where flow begins."""
    known = np.column_stack([before.astype(np.float64), np.ones(len(before))])
    return np.linalg.lstsq(known, after.astype(np.float64), rcond=None)[0].T


def _corners(grey: Grey, mask: Grey) -> Floats:
    """float32 (N, 2): what is worth following within the mask, looked for in the mask's own rectangle."""
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return np.zeros((0, 2), np.float32)
    rows, columns = slice(top, top + height), slice(left, left + width)
    found = cv2.goodFeaturesToTrack(grey[rows, columns], MOST_POINTS, _CORNER, _APART, mask=mask[rows, columns])
    corners = cast("Floats | None", found)
    shift = np.array([left, top], np.float32)
    return np.zeros((0, 2), np.float32) if corners is None else corners.reshape(-1, 2) + shift


def _followed(way: Sequence[tuple[Grey, DetectedFace]], groups: tuple[Floats, Floats]) -> list[Floats]:
    """float32 (N, 2, 2) of each group of points, the face's and the background's: where those that came back had been
    and where they went."""
    start, of_face = np.concatenate(groups), len(groups[0])
    if not len(start):
        return [np.zeros((0, 2, 2), np.float32) for _ in groups]
    there, seen = _along(way, start, of_face)
    back, found = _along(way[::-1], there, of_face)
    kept = seen & found & (np.hypot(*(back - start).T) <= _RETURN_PIXELS)
    paths = np.stack([start, there], axis=1)
    return [paths[:of_face][kept[:of_face]], paths[of_face:][kept[of_face:]]]


def _along(way: Sequence[tuple[Grey, DetectedFace]], points: Floats, of_face: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Where points went, frame after frame; the search begins where the five points went, or where nothing moved."""
    whole = np.ones(len(points), bool)
    for (before, from_face), (after, to_face) in pairwise(way):
        turn = _map_between(from_face.points, to_face.points)
        guess = np.concatenate([_moved(points[:of_face], turn), points[of_face:]])
        points, seen = _flow(before, after, points, guess)
        whole &= seen
    return points, whole


def _flow(before: Grey, after: Grey, points: Floats, guess: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    flags = cv2.OPTFLOW_USE_INITIAL_FLOW
    there, status, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points[:, None], guess[:, None].copy(), winSize=_WINDOW, maxLevel=_LEVELS, criteria=_STOP,
        flags=flags,
    )  # fmt: skip
    there, height, width = there.reshape(-1, 2), *after.shape
    inside = (there >= 0).all(axis=1) & (there[:, 0] < width) & (there[:, 1] < height)
    return np.asarray(there, np.float32), (status.ravel() == 1) & inside


def _moved(points: Floats, by: NDArray[np.float64]) -> Floats:
    return np.asarray(points @ by[:, :2].T + by[:, 2], np.float32)
