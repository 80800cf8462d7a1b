"""What the puppet's tests look at in its pictures, with instruments that are not the service's layers."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.capture.steps import CapturedFrame
from auth_service.engines.detectors import HogDetector
from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.quality import eye_centres, nose
from tests.puppet.cutout import to_linear
from tests.puppet.mesh import View

SMALL = View(240, 320)
"""Large enough for dlib's detector, and drawn in half the time."""
TINY = View(120, 160)
"""Where nobody looks for a face."""


def pixels(frame: CapturedFrame) -> NDArray[np.uint8]:
    """uint8 (H, W, 3) RGB."""
    decoded = cv2.imdecode(np.frombuffer(frame.data, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(decoded[:, :, ::-1])


@cache
def _finder() -> HogDetector:
    return HogDetector()


def faces(picture: NDArray[np.uint8]) -> list[DetectedFace]:
    return _finder().detect(picture)


def eyes_level(face: DetectedFace) -> float:
    """y of the eyes' middle, pixels."""
    left, right = eye_centres(face)
    return float((left[1] + right[1]) / 2)


def eyes_apart(face: DetectedFace) -> float:
    left, right = eye_centres(face)
    return float(np.hypot(*(right - left)))


def nose_aside(face: DetectedFace) -> float:
    """Of the eyes' middle, in eye distances; positive to the picture's right."""
    left, right = eye_centres(face)
    across = (right - left).astype(np.float64)
    return float(np.dot((nose(face) - (left + right) / 2).astype(np.float64), across) / np.dot(across, across))


def cheeks(picture: NDArray[np.uint8], face: DetectedFace) -> NDArray[np.float32]:
    """float32 (3,), mean linear RGB of a patch beside the nose on each side."""
    left, right = eye_centres(face)
    apart, middle = eyes_apart(face), (left + right) / 2
    patches = [middle + apart * np.array([side, 0.65]) for side in (-0.55, 0.55)]
    half = max(2, round(0.12 * apart))
    cut = [picture[round(y) - half : round(y) + half, round(x) - half : round(x) + half] for x, y in patches]
    return np.mean([to_linear(one).mean(axis=(0, 1)) for one in cut], axis=0, dtype=np.float32)


def wall(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (3,), mean linear RGB of the two upper corners."""
    high, wide = picture.shape[0] // 4, picture.shape[1] // 6
    corners = np.concatenate([picture[:high, :wide], picture[:high, -wide:]])
    return np.asarray(to_linear(corners).mean(axis=(0, 1)), np.float32)
