"""The colours of one frame: patches of skin and what is not face, as light and not as the camera's numbers.

Light adds up only in linear RGB: what the screen throws upon a face is a sum there, whatever the exposure curve.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import Box, DetectedFace
from auth_service.faces.quality import eye_centres, nose
from auth_service.liveness.measures import PATCHES

Floats = NDArray[np.float32]

_HALF = 0.11
"""Half a patch's side, in eye distances: 15 pixels at 70 between the eyes, and within the cheek when the head turns."""
_LEAST_INSIDE = 0.5
"""Share of a patch that must lie within the frame."""
_MOUTH_DOWN = 1.155
"""Eyes' middle to mouth's middle, in eye distances. source: ArcFace points (encoders.py), (92.3 - 51.6) / 35.2"""
_SURROUND_SAMPLES = 80
"""Samples of the surround along the frame's longest side."""
_LEAST_SAMPLES = 16
_HEAD = 0.15
"""The box is enlarged by this share on each side before what is left counts as surround."""


def _linear_table() -> Floats:
    """Linear light 0..1 of 0..255. source: IEC 61966-2-1 (sRGB)"""
    value = np.arange(256, dtype=np.float64) / 255.0
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


LINEAR = _linear_table()


def skin_colours(pixels: Pixels, face: DetectedFace) -> Floats:
    """float32 (5, 3): mean linear RGB of each of PATCHES; NaN where less than half of a patch lies in the frame."""
    middles, distance = patch_middles(face)
    half = max(2.0, _HALF * distance)
    return np.stack([_patch(pixels, float(x), float(y), half) for x, y in middles])


def patch_middles(face: DetectedFace) -> tuple[Floats, float]:
    """float32 (5, 2) in pixels, in the order of PATCHES, and the eye distance in pixels.

    The patches follow the points, so that they stay on the same skin when the head turns.
    """
    left, right = eye_centres(face)
    across = right - left
    distance = max(1e-3, float(np.hypot(across[0], across[1])))
    down = np.array([-across[1], across[0]], np.float32)
    if face.layout == "arcface5":
        mouth_left, mouth_right = face.points[3], face.points[4]
    else:
        mouth_left, mouth_right = left + _MOUTH_DOWN * down, right + _MOUTH_DOWN * down
    eyes, mouth = (left + right) / 2.0, (mouth_left + mouth_right) / 2.0
    places = {
        "forehead": eyes - 0.55 * (mouth - eyes) / _MOUTH_DOWN,
        "left_cheek": left + 0.55 * (mouth_left - left),
        "right_cheek": right + 0.55 * (mouth_right - right),
        "nose": eyes + 0.6 * (nose(face) - eyes),
        "chin": mouth + 0.36 * (mouth - eyes),
    }
    return np.stack([places[name] for name in PATCHES]).astype(np.float32), distance


def _patch(pixels: Pixels, x: float, y: float, half: float) -> Floats:
    height, width = pixels.shape[:2]
    left, top, right, bottom = round(x - half), round(y - half), round(x + half), round(y + half)
    inside = pixels[max(0, top) : max(0, min(height, bottom)), max(0, left) : max(0, min(width, right))]
    if inside.shape[0] * inside.shape[1] < _LEAST_INSIDE * (right - left) * (bottom - top):
        return np.full(3, np.nan, np.float32)
    return np.asarray(LINEAR[inside].mean(axis=(0, 1)), np.float32)


def surround_colour(pixels: Pixels, box: Box | None) -> Floats:
    """float32 (3,): mean linear RGB of what is not face; NaN where the face leaves nothing to see."""
    height, width = pixels.shape[:2]
    step = max(1, max(height, width) // _SURROUND_SAMPLES)
    sampled = pixels[step // 2 :: step, step // 2 :: step]
    kept = np.ones(sampled.shape[:2], bool)
    if box is not None:
        aside, above = _HEAD * box.width, _HEAD * box.height
        rows = slice(max(0, int((box.top - above) // step)), max(0, int((box.bottom + above) // step) + 1))
        columns = slice(max(0, int((box.left - aside) // step)), max(0, int((box.right + aside) // step) + 1))
        kept[rows, columns] = False
    if int(kept.sum()) < _LEAST_SAMPLES:
        return np.full(3, np.nan, np.float32)
    return np.asarray(LINEAR[sampled[kept]].mean(axis=0), np.float32)
