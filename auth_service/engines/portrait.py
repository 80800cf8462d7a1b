"""A face as a person compares it with another picture: eyes level, in the same place and of the same size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import DetectedFace

WIDTH, HEIGHT = 480, 600
_EYES = np.array([[165.0, 255.0], [315.0, 255.0]])
"""Where the eyes come to lie, the left in the picture first: a face then fills some two thirds of the width."""
_AROUND = (0xDF, 0xE5, 0xE9)
"""Where the picture ends; the same as the page shows behind a picture."""
_LEFT_RIGHT = {"dlib5": ((2, 3), (0, 1)), "arcface5": ((0,), (1,))}
"""Layout of the points (faces/landmarks.py) -> those of the left and of the right eye in the picture."""


def portrait(pixels: Pixels, face: DetectedFace) -> Pixels:
    """uint8 (HEIGHT, WIDTH, 3), RGB. Turned, scaled and moved, never bent: what differs between two faces stays.

    raises   KeyError: points in a layout that is not known
    """
    left, right = (np.mean(face.points[list(which)], axis=0) for which in _LEFT_RIGHT[face.layout])
    warp = _similarity(np.stack([left, right]).astype(np.float64))
    around = cv2.BORDER_CONSTANT
    size = (WIDTH, HEIGHT)
    shown = cv2.warpAffine(pixels, warp, size, flags=cv2.INTER_AREA, borderMode=around, borderValue=_AROUND)
    return np.asarray(shown, np.uint8)


def _similarity(eyes: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (2, 3): the turn, scale and shift that bring these two points onto _EYES."""
    (x, y), (u, v) = eyes[1] - eyes[0], _EYES[1] - _EYES[0]
    length = max(x * x + y * y, 1e-9)
    along, across = (x * u + y * v) / length, (x * v - y * u) / length
    turn = np.array([[along, -across], [across, along]])
    return np.column_stack([turn, _EYES[0] - turn @ eyes[0]])
