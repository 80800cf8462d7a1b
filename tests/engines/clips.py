"""Shared clips as a phone would send them: 320 pixels on the longest side, JPEG quality 80, 6 frames a second."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from auth_service.capture.challenge import Ask, Challenge, Motion, Route
from auth_service.capture.steps import CapturedFrame, CapturedStep

LONGEST, QUALITY, A_SECOND = 320, 80, 6.0
THREE_MOTIONS = Challenge(
    Route.NO_FLASH, (Ask(Motion.TURN_LEFT, 300), Ask(Motion.NOD, 300), Ask(Motion.TURN_RIGHT, 300))
)


def sent(pixels: np.ndarray) -> bytes:
    """BGR pixels as the page sends them."""
    scale = LONGEST / max(pixels.shape[:2])
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    small = pixels if scale == 1.0 else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])


def frames_of(path: Path, count: int, from_s: float = 0.0) -> list[CapturedFrame]:
    """The first `count` frames from an instant on."""
    video = cv2.VideoCapture(str(path))
    rate = video.get(cv2.CAP_PROP_FPS)
    found: list[CapturedFrame] = []
    number, due = 0, from_s
    while len(found) < count:
        there, pixels = video.read()
        if not there:
            break
        if number / rate + 1e-9 >= due:
            found.append(CapturedFrame(sent(pixels), round(number / rate * 1000)))
            due += 1 / A_SECOND
        number += 1
    return found


def in_steps(frames: list[CapturedFrame], steps: int) -> list[CapturedStep]:
    """The frames shared out evenly."""
    each = len(frames) // steps
    return [CapturedStep(n, tuple(frames[n * each : (n + 1) * each])) for n in range(steps)]
