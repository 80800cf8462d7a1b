"""The surface of one frame's face: how bright, how sharp, and whether a regular pattern lies over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.faces.landmarks import Box

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

ACROSS = 128
"""Pixels to which a face's width is brought before its sharpness is measured, whatever its size in the frame."""
_SIDE = 128
"""Side in pixels of the square whose spectrum is looked at, cut at the frame's own scale: scaling would move or remove
a fine pattern."""
_FROM = 0.08
"""Cycles per pixel, below which a face has coarse features of its own."""
_NEAR, _AROUND = 5, 15
"""Sides in bins of what a peak covers, and of the neighbourhood that it is held against."""
_JPEG_BLOCK = 8
_CHANCE = {32: 1.90, 64: 2.11, 128: 2.36}
"""What the strongest of so many bins reaches in a square of this side that holds nothing but noise.

source  medians of 60 squares of white noise each. Over this the shared clips have medians of 1.0 to 1.4 (a close-up:
        1.7), 29 live webcam portraits at most 1.2, 31 of prints at most 2.0, and three faces behind a rendered
        screen's stripes, 1.15 to 5 pixels apart, 2.3 to 25
"""


@dataclass(frozen=True, slots=True)
class Texture:
    """Fields as in FrameMeasures. Where there is no face: luma of the whole frame, sharpness 0.0, moire 1.0."""

    luma: float
    sharpness: float
    moire: float


def texture(grey: Grey, box: Box | None) -> Texture:
    """grey  uint8 (H, W), the whole frame"""
    inside = None if box is None else _cut(grey, box)
    if box is None or inside is None:
        return Texture(float(grey.mean()), 0.0, 1.0)
    return Texture(float(inside.mean()), _sharpness(inside, box), moire(grey, box))


def _cut(grey: Grey, box: Box) -> Grey | None:
    height, width = grey.shape
    left, top = max(0, round(box.left)), max(0, round(box.top))
    right, bottom = min(width, round(box.right)), min(height, round(box.bottom))
    return grey[top:bottom, left:right] if right - left >= 4 and bottom - top >= 4 else None


def _sharpness(inside: Grey, box: Box) -> float:
    scale = ACROSS / max(1.0, box.width)
    size = (max(4, round(inside.shape[1] * scale)), max(4, round(inside.shape[0] * scale)))
    face = cv2.resize(inside, size, interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR)
    return float(cv2.Laplacian(face, cv2.CV_32F).var())


def moire(grey: Grey, box: Box) -> float:
    """Height of the strongest regular pattern in the spectrum around the face's middle over its surroundings.

    A screen's pixels seen by a camera's give waves of one direction and one length: a narrow peak. Skin, hair and
    cloth give a slope, edges give ridges; both are high in a peak's neighbourhood as well.

    returns  ratio of amplitudes over what chance gives, 1.0 where nothing stands out; 1.0 where the frame is too small
    """
    side = min(_SIDE, *(1 << (length.bit_length() - 1) for length in grey.shape))
    if side not in _CHANCE:
        return 1.0
    patch = _square(grey, box, side)
    window, counted = _shapes(side)
    spectrum = cv2.dft((patch - patch.mean()) * window, flags=cv2.DFT_COMPLEX_OUTPUT)
    power = np.log(cv2.boxFilter(spectrum[..., 0] ** 2 + spectrum[..., 1] ** 2, -1, (3, 3)) + 1e-3)
    power = np.fft.fftshift(power)
    near, around = (cv2.boxFilter(power, -1, (k, k), normalize=False) for k in (_NEAR, _AROUND))
    above = power - (around - near) / float(_AROUND**2 - _NEAR**2)
    return max(1.0, float(np.exp(float(above[counted].max()) / 2.0)) / _CHANCE[side])


def _square(grey: Grey, box: Box, side: int) -> Floats:
    height, width = grey.shape
    left = min(max(0, round((box.left + box.right - side) / 2.0)), width - side)
    top = min(max(0, round((box.top + box.bottom - side) / 2.0)), height - side)
    return grey[top : top + side, left : left + side].astype(np.float32)


@cache
def _shapes(side: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Window, and the bins that count: neither coarse, nor the grid of JPEG's blocks, nor seen twice."""
    line = np.hanning(side).astype(np.float32)
    away = np.abs(np.arange(side) - side // 2)
    radius = np.hypot(away[:, None], away[None, :]) / side
    grid = np.minimum(away % (side // _JPEG_BLOCK), -away % (side // _JPEG_BLOCK)) <= 1
    on_grid = grid[:, None] & grid[None, :]
    counted = (radius >= _FROM) & (radius <= 0.5) & ~on_grid
    counted[side // 2 + 1 :] = False
    return np.outer(line, line), counted
