"""Measures of a film as an engine makes them, as far as the layers of motion ask: five points and followed points.

OpenCV alone, so that these layers are proved apart from the engine that will feed them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.faces.landmarks import Box
from auth_service.liveness.measures import FrameMeasures, PointPaths, SessionMeasures, StepMeasures
from auth_service.liveness.pose import Pose, pose_of, usual_pose

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]
LONGEST_SIDE = 400
"""Between the 320 and the 480 pixels that the page sends."""
FAR = 0.2
"""A pose that far away (liveness/pose.py) shows what there is to see; farther, points are lost."""


@dataclass(frozen=True)
class Shot:
    """One picture of a film, BGR, and its time."""

    at_ms: int
    picture: Picture


class Follower:
    """YuNet's points on every frame and Lucas-Kanade's between a step's most neutral and its farthest frame."""

    def __init__(self, data: Path) -> None:
        weights = str(data / "models" / "face_detection_yunet_2023mar.onnx")
        self._net = cv2.FaceDetectorYN.create(weights, "", (320, 320), 0.6, 0.3, 50)

    def session(self, steps: Sequence[Sequence[Shot]]) -> SessionMeasures:
        """Steps in order, the neutral one first."""
        frames = [tuple(self.frame(shot) for shot in step) for step in steps]
        neutral = usual_pose(frames[0], 1)
        measured = [StepMeasures(0, frames[0])]
        for n, (step, seen) in enumerate(zip(steps[1:], frames[1:], strict=True), start=1):
            measured.append(StepMeasures(n, seen, paths_between(step, seen, neutral)))
        return SessionMeasures(tuple(measured), "arcface5", None, 1.0, ())

    def frame(self, shot: Shot) -> FrameMeasures:
        picture = shot.picture
        height, width = picture.shape[:2]
        box, points, faces = None, None, 0
        self._net.setInputSize((width, height))
        _, rows = self._net.detect(picture)
        if rows is not None and len(rows):
            row = max(rows, key=lambda found: float(found[2] * found[3]))
            faces = sum(float(other[2]) >= 0.6 * float(row[2]) for other in rows)
            left, top, across, down = (float(value) for value in row[:4])
            box, points = Box(left, top, left + across, top + down), row[4:14].reshape(5, 2).astype(np.float32)
        digest = hashlib.sha256(picture.tobytes()).digest()
        surround = np.zeros(3, np.float32)
        return FrameMeasures(
            shot.at_ms, width, height, faces, box, points, None, surround, 120.0, 100.0, 1.0, None, digest, 0, 0
        )


def fitted(picture: Picture) -> Picture:
    """No side longer than LONGEST_SIDE."""
    scale = LONGEST_SIDE / max(picture.shape[:2])
    if scale >= 1.0:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def paths_between(shots: Sequence[Shot], frames: Sequence[FrameMeasures], neutral: Pose | None) -> PointPaths | None:
    """From the most neutral frame on to the first that is FAR from it, else to the farthest.

    None where fewer than two frames show a face.
    """
    ends = _ends(frames, neutral)
    if ends is None:
        return None
    first, last = ends
    order = range(first, last + 1) if first < last else range(first, last - 1, -1)
    greys = [np.asarray(cv2.cvtColor(shots[index].picture, cv2.COLOR_BGR2GRAY), np.uint8) for index in order]
    points = [frames[index].points for index in order]
    box = frames[first].box
    if box is None or any(one is None for one in points):
        return None
    inside, outside = _masks(greys[0].shape, box)
    guesses = [_map_between(one, then) for one, then in pairwise(points) if one is not None and then is not None]
    still = [np.eye(2, 3)] * len(guesses)
    return PointPaths(_followed(greys, inside, guesses), _followed(greys, outside, still), first, last)


def _ends(frames: Sequence[FrameMeasures], neutral: Pose | None) -> tuple[int, int] | None:
    poses = {index: pose for index, frame in enumerate(frames) if (pose := pose_of(frame.points)) is not None}
    if len(poses) < 2 or neutral is None:
        return None
    away = {index: _away(pose.since(neutral)) for index, pose in poses.items()}
    first = min(away, key=lambda index: away[index])
    gone = {index: _away(pose.since(poses[first])) for index, pose in poses.items()}
    after = [index for index in gone if index > first and gone[index] >= FAR]
    return first, (after[0] if after else max((one for one in gone if one != first), key=lambda one: gone[one]))


def _away(moved: Pose) -> float:
    return float(np.sqrt(moved.yaw**2 + moved.pitch**2 + moved.size**2))


def _masks(shape: tuple[int, ...], box: Box) -> tuple[Picture, Picture]:
    """What is face and what is background for certain; hair and body are neither."""
    inside, outside = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
    middle = (round((box.left + box.right) / 2), round((box.top + box.bottom) / 2))
    cv2.ellipse(inside, middle, (round(box.width * 0.44), round(box.height * 0.44)), 0, 0, 360, 255, -1)
    top, bottom = max(0, round(box.top - 0.5 * box.height)), max(0, round(box.bottom))
    for beyond, begin, end in ((0.35, top, bottom), (1.0, bottom, shape[0])):
        left, right = max(0, round(box.left - beyond * box.width)), max(0, round(box.right + beyond * box.width))
        outside[begin:end, left:right] = 0
    return inside, outside


def _map_between(before: NDArray[np.float32], after: NDArray[np.float32]) -> Floats:
    """float64 (2, 3): the affine map of the five points, where flow begins."""
    known = np.column_stack([before.astype(np.float64), np.ones(len(before))])
    return np.asarray(np.linalg.lstsq(known, after.astype(np.float64), rcond=None)[0].T)


def _followed(greys: Sequence[Picture], mask: Picture, guesses: Sequence[Floats]) -> NDArray[np.float32]:
    """float32 (N, 2, 2): corners of the first frame and where they lie in the last, followed frame by frame."""
    corners = cv2.goodFeaturesToTrack(greys[0], 120, 0.003, 4, mask=mask)
    if corners is None:
        return np.zeros((0, 2, 2), np.float32)
    start = at = corners.reshape(-1, 2)
    kept = np.ones(len(at), bool)
    for (one, then), guess in zip(pairwise(greys), guesses, strict=True):
        turn = np.linalg.pinv(guess[:, :2])
        there, seen = _flow(one, then, at, guess)
        back, found = _flow(then, one, there, np.column_stack([turn, -turn @ guess[:, 2]]))
        kept &= seen & found & (np.hypot(*(back - at).T) <= 1.0)
        at = there
    return np.stack([start, at], axis=1)[kept].astype(np.float32)


def _flow(one: Picture, then: Picture, points: NDArray[np.float32], guess: Floats) -> tuple[NDArray[np.float32], Any]:
    begin = np.asarray(points @ guess[:, :2].T + guess[:, 2], np.float32)
    there, status, _ = cv2.calcOpticalFlowPyrLK(
        one,
        then,
        points[:, None].copy(),
        begin[:, None].copy(),
        winSize=(15, 15),
        maxLevel=3,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return there.reshape(-1, 2), status.ravel() == 1
