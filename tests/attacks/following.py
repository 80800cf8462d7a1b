"""Measures of a film as the engine makes them, as far as the layers of motion ask: five points and followed points."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Challenge
from auth_service.engines.point_paths import point_paths
from auth_service.faces.landmarks import Box
from auth_service.liveness.measures import FrameMeasures, SessionMeasures, StepMeasures
from auth_service.liveness.pose import usual_pose

Picture = NDArray[np.uint8]
LONGEST_SIDE = 400
"""Between the 320 and the 480 pixels that the page sends."""


@dataclass(frozen=True)
class Shot:
    """One picture of a film, BGR, and its time."""

    at_ms: int
    picture: Picture


class Follower:
    """YuNet's points on every frame, and the engine's paths of points."""

    def __init__(self, data: Path) -> None:
        weights = str(data / "models" / "face_detection_yunet_2023mar.onnx")
        self._net = cv2.FaceDetectorYN.create(weights, "", (320, 320), 0.6, 0.3, 50)

    def session(self, steps: Sequence[Sequence[Shot]], challenge: Challenge) -> SessionMeasures:
        """Steps in order, the neutral one first; as many of the challenge's as there are."""
        frames = [tuple(self.frame(shot) for shot in step) for step in steps]
        neutral = usual_pose(frames[0], 1)
        measured = [StepMeasures(0, frames[0])]
        for planned, step, seen in zip(challenge.steps[1:], steps[1:], frames[1:], strict=False):
            paths = None
            if neutral is not None and planned.ask is not None:
                greys = [np.asarray(cv2.cvtColor(shot.picture, cv2.COLOR_BGR2GRAY), np.uint8) for shot in step]
                paths = point_paths(greys, seen, neutral, planned.ask.motion)
            measured.append(StepMeasures(planned.n, seen, paths))
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
