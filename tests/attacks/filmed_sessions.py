"""Sessions cut from the shared clips, measured as the service measures them, as far as the replay layer asks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.engines.detectors import YunetDetector
from auth_service.engines.film_waves import step_waves
from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import DetectedFace
from auth_service.liveness.measures import FrameMeasures, SessionMeasures, StepMeasures
from tests.attacks.replays import Film, decoded, jpeg

PER_SECOND = 8.0
STEP_MS = 2500
LENGTH_MS = 2 * STEP_MS
"""Two motions of two and a half seconds: the shortest session that the flash route asks for, without its colours."""
SIDE = 320
_EYE_DISTANCES = 6.0


@dataclass
class Reader:
    """Finds the main face in every other frame; a step needs the middle of its points only."""

    finder: YunetDetector

    @classmethod
    def of(cls, data: Path) -> Reader:
        return cls(YunetDetector((data / "models" / "face_detection_yunet_2023mar.onnx").read_bytes()))

    def face(self, picture: Pixels) -> DetectedFace | None:
        found = self.finder.detect(picture)
        return found[0] if found else None

    def framed(self, film: Film) -> Film:
        """As the page's oval asks for: the face in the middle, six eye distances across."""
        faces = [self.face(picture) for picture in film.pictures[:: max(1, len(film.pictures) // 8)]]
        points = np.median([face.points for face in faces if face is not None], axis=0)
        distance, middle = float(np.hypot(*(points[1] - points[0]))), points[:2].mean(axis=0)
        half = distance * _EYE_DISTANCES / 2
        height, width = film.pictures[0].shape[:2]
        rows = slice(max(0, int(middle[1] - 0.87 * half)), min(height, int(middle[1] + 1.13 * half)))
        columns = slice(max(0, int(middle[0] - half)), min(width, int(middle[0] + half)))

        def cut(picture: Pixels) -> Pixels:
            part = picture[rows, columns]
            scale = SIDE / max(part.shape[:2])
            way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            return np.ascontiguousarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=way))

        return film.changed(cut)

    def session(self, film: Film, late_ms: int = 0) -> SessionMeasures:
        """The film as a session of two steps, sent as JPEG; the second begins `late_ms` after half its time."""
        pictures = [decoded(jpeg(picture, 85)) for picture in film.pictures]
        border = STEP_MS + late_ms
        steps = []
        for n, of_step in ((1, [i for i, at in enumerate(film.times) if at < border]),
                           (2, [i for i, at in enumerate(film.times) if border <= at])):  # fmt: skip
            faces = [self.face(pictures[i]) if place % 2 == 0 else None for place, i in enumerate(of_step)]
            waves = step_waves([grey(pictures[i]) for i in of_step], faces)
            steps.append(StepMeasures(n, tuple(
                frame_of(pictures[i], film.times[i], wave) for i, wave in zip(of_step, waves, strict=True)
            )))  # fmt: skip
        return SessionMeasures(tuple(steps), "arcface5", None, 1.0, ())


def grey(picture: Pixels) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def frame_of(picture: Pixels, at_ms: int, waves: np.ndarray | None) -> FrameMeasures:
    height, width = picture.shape[:2]
    digest = hashlib.sha256(picture.tobytes()).digest()
    return FrameMeasures(
        at_ms, width, height, 1, None, None, None, np.zeros(3, np.float32), 0.0, 0.0, 1.0, None, digest, 0, 0, waves
    )  # fmt: skip
