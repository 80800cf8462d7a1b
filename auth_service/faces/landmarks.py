"""Where a face lies in a photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned face box in pixels of the upright photo; left and top inclusive, may pass the border."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """One face as a detector saw it.

    points  float32 (5, 2), x and y in pixels, in the order that `layout` names
    layout  `dlib5`, as dlib's 5-point file orders them: outer and inner corner of the right-in-picture eye, outer and
            inner corner of the left-in-picture eye, nose base; `arcface5`: left-in-picture eye, right-in-picture eye,
            nose tip, left-in-picture and right-in-picture mouth corner
    score   the detector's own, comparable only within one detector
    """

    box: Box
    points: NDArray[np.float32]
    layout: str
    score: float


def main_face_first(faces: Sequence[DetectedFace], width: int, height: int) -> list[DetectedFace]:
    """The faces of one photo, the one that the photo is about first, the others largest first.

    width, height  of the photo, in pixels
    source         the customary rule for portraits: box area less twice the squared distance between the box's and the
                   photo's middle. A bystander at the border may be larger than the person in the middle
    """
    if len(faces) < 2:
        return list(faces)

    def weight(face: DetectedFace) -> float:
        away_x = (face.box.left + face.box.right - width) / 2.0
        away_y = (face.box.top + face.box.bottom - height) / 2.0
        return face.box.area - 2.0 * (away_x**2 + away_y**2)

    main = max(range(len(faces)), key=lambda index: weight(faces[index]))
    others = [face for index, face in enumerate(faces) if index != main]
    return [faces[main], *sorted(others, key=lambda face: -face.box.area)]
