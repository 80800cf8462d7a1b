"""What a terminal's wide lens sees of somebody at a distance: films of 1280x720, made from the shared clips, in which
the face is as large as geometry says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from auth_service.accounts.devices import LensProfile, face_share
from tests.browser.films import Picture

WIDTH, HEIGHT = 1280, 720


def face_of(picture: Picture, data: Path) -> tuple[float, float, float]:
    """(middle x, middle y, breadth) of the largest face."""
    weights = data / "models" / "face_detection_yunet_2023mar.onnx"
    net = cv2.FaceDetectorYN.create(str(weights), "", (picture.shape[1], picture.shape[0]), 0.6)
    found = net.detect(picture)[1]
    assert found is not None
    x, y, w, h = max(found.tolist(), key=lambda one: one[2])[:4]
    return x + w / 2, y + h / 2, w


def seen_at(
    pictures: Sequence[Picture], distance_cm: float, data: Path, lens: LensProfile = LensProfile.WIDE
) -> list[Picture]:
    """The clip as the lens sees it with the first face in the middle; around it a wall."""
    x, y, breadth = face_of(pictures[0], data)
    scale = face_share(lens, distance_cm) * WIDTH / breadth
    move = np.asarray([[scale, 0, WIDTH / 2 - scale * x], [0, scale, HEIGHT / 2 - scale * y]], np.float32)
    return [
        np.asarray(
            cv2.warpAffine(
                one, move, (WIDTH, HEIGHT), flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_CONSTANT, borderValue=(150, 160, 150),
            ),
            np.uint8,
        )
        for one in pictures
    ]  # fmt: skip
