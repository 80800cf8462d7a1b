"""What recognises a movement that was filmed before: low frequencies of the face and what surrounds it, frame by frame.

The window is set once per step, from the middle of all the step's points, and stands still while the head moves in it.
Points of a single frame err by 3 to 5 % of the eye distance, which is as much as many movements; their middle does not.
What stands still before the lens as well (moire, glare, a perspective) falls out when the step's mean is taken away.

source  docs/liveness-replay.md: with a window that followed the points of each frame, two clips that were only made
        smaller agreed with themselves by 0.41 and 0.61; through a window that stands, by 0.88 and 0.94
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.faces.landmarks import DetectedFace
from auth_service.liveness.measures import WAVES

Grey = NDArray[np.uint8]

_SIDE = 32
_LOW = 8
_SPAN = 3.0
"""Sides of the window in eye distances. source: of 2.6 to 6, the one that told replays and other films apart best"""
_PLACES = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.6], [-0.42, 1.12], [0.42, 1.12]], np.float64)
"""Where the points of `arcface5` lie on a face that looks straight, in eye distances from between the eyes."""
_OVER = 1.25
"""Pixels of the picture to one of the window, at most, when the window is cut."""
_DOWN = 0.5
"""The window's middle lies this far below the eyes."""


def step_waves(
    pictures: Sequence[Grey], faces: Sequence[DetectedFace | None]
) -> tuple[NDArray[np.float32] | None, ...]:
    """For each frame of one step: float32 (63,) of unit length, the constant term left out, or None.

    pictures, faces  of the same frames, in the same order; uint8 (H, W), grey
    None             for all where no face with points of `arcface5` was found; for one of a single colour
    """
    points = [face.points for face in faces if face is not None and face.layout == "arcface5"]
    way = _window(np.median(np.stack(points), axis=0).astype(np.float64)) if points else None
    if way is None:
        return (None,) * len(pictures)
    looks = {shape: _look(way, shape) for shape in {picture.shape for picture in pictures}}
    return tuple(_waves(picture, looks[picture.shape]) for picture in pictures)


def _window(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """float64 (2, 3), from the picture into the window: the similarity that fits the points best (least squares)."""
    wanted = (_PLACES - [0.0, _DOWN]) * (_SIDE / _SPAN) + (_SIDE - 1) / 2.0
    here, there = points - points.mean(axis=0), wanted - wanted.mean(axis=0)
    size = float((here**2).sum())
    if not np.isfinite(size) or size < 1.0:
        return None
    along = float((here * there).sum()) / size
    across = float((here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]])
    return np.column_stack([turn, wanted.mean(axis=0) - turn @ points.mean(axis=0)])


@dataclass(frozen=True, slots=True)
class _Look:
    """How pictures of one size are looked at through a window.

    size  (width, height) to which they are averaged first, so that fine patterns do not fold into low frequencies
    way   float64 (2, 3), from there into the window
    """

    size: tuple[int, int]
    way: NDArray[np.float64]


def _look(way: NDArray[np.float64], shape: tuple[int, ...]) -> _Look:
    shrink = min(1.0, float(np.sqrt(abs(np.linalg.det(way[:, :2])))) / _OVER)
    size = (max(1, round(shape[1] * shrink)), max(1, round(shape[0] * shrink)))
    ratio = np.array([shape[1] / size[0], shape[0] / size[1]])
    return _Look(size, np.column_stack([way[:, :2] * ratio, way[:, 2] + way[:, :2] @ (ratio / 2 - 0.5)]))


def _waves(grey: Grey, look: _Look) -> NDArray[np.float32] | None:
    if look.size != (grey.shape[1], grey.shape[0]):
        grey = np.asarray(cv2.resize(grey, look.size, interpolation=cv2.INTER_AREA), np.uint8)
    small = cv2.warpAffine(grey, look.way, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    low = cv2.dct(np.asarray(small, np.float32))[:_LOW, :_LOW].ravel()[1:]
    length = float(np.linalg.norm(low))
    if length < 1.0:
        return None
    return np.asarray(low / length, np.float32).reshape(WAVES)
