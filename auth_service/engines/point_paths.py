"""Where points of the face and of the background went while the head moved: optical flow forth and back.

source  Lucas and Kanade with pyramids: Bouguet, "Pyramidal implementation of the affine Lucas Kanade feature tracker",
        2001; Kalal et al., "Forward-backward error", ICPR 2010, for leaving out what does not come back
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import TURNS, Motion
from auth_service.faces.landmarks import Box
from auth_service.liveness.measures import FrameMeasures, PointPaths
from auth_service.liveness.planes import nose_outline
from auth_service.liveness.pose import Pose, pose_of

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]
Way = Sequence[tuple[Grey, Floats | None]]
"""Pictures along which points are followed, with the face's five points."""

MOST_POINTS, MOST_UNTURNED = 120, 80
"""Of the face, and again of the background; and of a face that does not turn, of which parallax alone asks.
source: docs/liveness.md, Geometry and Parallax"""
_OF_NOSE = 0.25
"""Share of the face's points that is looked for on the nose alone: cheeks and brows have stronger corners, and without
the nose a head is told from no sheet (liveness/geometry.py)."""
FAR = 0.2
"""How far a motion is followed, in the units of liveness/pose.py: it shows what there is to see; farther, points are
lost. source: docs/liveness.md, Geometry"""
MOST_BETWEEN, FEW_BETWEEN = 8, 2
"""Frames between the first and the last along which points are followed: of a face that turns, and of anything else, of
which parallax alone asks. What points cost: docs/bench.md."""
_RETURN_PIXELS = 1.0
"""A point that does not come back to within this is left out. source: liveness/measures.py"""
_CORNER, _APART = 0.003, 4
"""Least corner strength over the strongest one's, and pixels between corners."""
_WINDOW, _LEVELS = (15, 15), 3
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 15, 0.03)
_NONE = np.zeros((0, 2), np.float32)
_INNER = 0.44
"""Half axes of the ellipse within the box that is face for certain, as shares of its width and height: outside, the
contour's points slide along the head."""
_HEAD_ASIDE, _HEAD_ABOVE, _BODY_ASIDE = 0.35, 0.5, 1.0
"""Head with hair, and the body below the chin, as shares of the box's width or height beyond it: not background."""


def point_paths(
    greys: Sequence[Grey], frames: Sequence[FrameMeasures], neutral: Pose, motion: Motion
) -> PointPaths | None:
    """Paths of one step; None where there are no two frames with a face, or nothing could be followed.

    frames  of the step, with points of layout `arcface5`, one for each of `greys`
    """
    poses = {index: pose for index, frame in enumerate(frames) if (pose := pose_of(frame.points)) is not None}
    found = ends(poses, neutral, motion)
    if found is None or len({grey.shape for grey in greys}) > 1:
        return None
    first, last = found
    box, five = frames[first].box, frames[first].points
    if box is None or five is None:
        return None
    face, background = _regions(greys[first].shape, box)
    few = _way(greys, frames, stations(poses, first, last, FEW_BETWEEN))
    behind = _corners(greys[first], background, MOST_POINTS)
    if motion in TURNS:
        way = _way(greys, frames, stations(poses, first, last, MOST_BETWEEN))
        moved, _ = _followed(way, _of_face(greys[first], face, five, MOST_POINTS), _NONE)
        _, still = _followed(few, _NONE, behind)
    else:
        moved, still = _followed(few, _of_face(greys[first], face, five, MOST_UNTURNED), behind)
    return PointPaths(moved, still, first, last) if len(moved) or len(still) else None


def _way(greys: Sequence[Grey], frames: Sequence[FrameMeasures], chosen: Sequence[int]) -> Way:
    return [(greys[index], frames[index].points) for index in chosen]


def ends(poses: Mapping[int, Pose], neutral: Pose, motion: Motion) -> tuple[int, int] | None:
    """Indexes of the most neutral frame and of the nearest one in which the motion was made by FAR, or where there is
    none, of that in which it went farthest; None: there are no two.

    poses  by the frames' indexes, of those that have one
    """
    if len(poses) < 2:
        return None
    first = min(poses, key=lambda index: _away(poses[index].since(neutral)))
    gone = {index: abs(pose.since(poses[first]).along(motion)) for index, pose in poses.items() if index != first}
    far = [index for index, way in gone.items() if way >= FAR]
    return first, min(far, key=lambda index: abs(index - first)) if far else max(gone, key=lambda index: gone[index])


def stations(poses: Mapping[int, Pose], first: int, last: int, most: int) -> list[int]:
    """The frames along which points are followed: all between the two, or at most so many, evenly."""
    low, high = sorted((first, last))
    between = sorted((index for index in poses if low < index < high), reverse=last < first)
    kept = np.unique(np.linspace(0, len(between) - 1, min(most, len(between))).round().astype(int))
    return [first, *(between[place] for place in kept), last]


def _away(moved: Pose) -> float:
    """How different two poses are; an order, no angle."""
    return float(np.sqrt(moved.yaw**2 + moved.pitch**2 + moved.size**2))


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


def _of_face(grey: Grey, face: Grey, five: Floats, most: int) -> Floats:
    """float32 (N, 2): corners of the nose, and of the rest of the face."""
    nose, rest = np.zeros_like(face), face.copy()
    outline = nose_outline(five).round().astype(np.int32)
    cv2.fillConvexPoly(nose, outline, 255)
    cv2.fillConvexPoly(rest, outline, 0)
    on_nose = _corners(grey, nose, round(_OF_NOSE * most))
    return np.concatenate([on_nose, _corners(grey, rest, most - len(on_nose))])


def _corners(grey: Grey, mask: Grey, most: int) -> Floats:
    """float32 (N, 2): what is worth following within the mask, looked for in the mask's own rectangle."""
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return np.zeros((0, 2), np.float32)
    rows, columns = slice(top, top + height), slice(left, left + width)
    found = cv2.goodFeaturesToTrack(grey[rows, columns], most, _CORNER, _APART, mask=mask[rows, columns])
    corners = cast("Floats | None", found)
    shift = np.array([left, top], np.float32)
    return np.zeros((0, 2), np.float32) if corners is None else corners.reshape(-1, 2) + shift


def _followed(way: Way, face: Floats, behind: Floats) -> tuple[Floats, Floats]:
    """float32 (N, 2, 2) of the face and (M, 2, 2) of what is behind: where those points that came back had been and
    where they went. Both at once where both go the same way: each call makes the pictures' pyramids anew."""
    start, of_face = np.concatenate([face, behind]), np.arange(len(face) + len(behind)) < len(face)
    there, seen = _along(way, start, of_face)
    start, there, of_face = start[seen], there[seen], of_face[seen]
    back, found = _along(way[::-1], there, of_face)
    kept = found & (np.hypot(*(back - start).T) <= _RETURN_PIXELS)
    paths = np.asarray(np.stack([start, there], axis=1), np.float32)
    return paths[kept & of_face], paths[kept & ~of_face]


def _along(way: Way, points: Floats, of_face: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Where points went, frame after frame, and which were seen in each; the search begins where the five points of the
    face went, or where nothing moved. A point once lost is not looked for again."""
    points, whole = points.copy(), np.ones(len(points), bool)
    for (before, from_five), (after, to_five) in pairwise(way):
        if not whole.any():
            break
        guess = points.copy()
        if from_five is not None and to_five is not None:
            guess[of_face] = _moved(points[of_face], _map_between(from_five, to_five))
        points[whole], whole[whole] = _flow(before, after, points[whole], guess[whole])
    return points, whole


def _map_between(before: Floats, after: Floats) -> NDArray[np.float64]:
    """float64 (2, 3): the affine map that brings the five points closest to where they went; where flow begins."""
    known = np.column_stack([before.astype(np.float64), np.ones(len(before))])
    return np.linalg.lstsq(known, after.astype(np.float64), rcond=None)[0].T


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
