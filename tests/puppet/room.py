"""What stands behind the person: a room drawn from a number, the same room for the same number."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.puppet.mesh import View

AWAY = 1900.0
"""Millimetres from the camera to the wall."""
MARGIN = 1.5
"""The wall is wider than the view by this factor, so that a shaking hand does not see its end."""


def room(seed: int, view: View) -> NDArray[np.float32]:
    """float32 (H, W, 3), linear RGB 0..1: wall, door or window, shelf, pictures; slightly out of focus."""
    draw = np.random.default_rng([seed, 7])
    high, wide = round(view.high * MARGIN), round(view.wide * MARGIN)
    tone = draw.uniform(0.25, 0.55) * np.array([1.0, draw.uniform(0.9, 1.0), draw.uniform(0.75, 0.95)])
    wall = np.ones((high, wide, 3), np.float32) * tone.astype(np.float32)
    slope = np.linspace(draw.uniform(0.75, 1.0), draw.uniform(0.95, 1.25), wide, dtype=np.float32)
    wall *= slope[None, :, None] * (1 + 0.05 * _clouds(draw, high, wide, 24))[..., None]
    wall *= (1 + 0.03 * _clouds(draw, high, wide, 2))[..., None]
    _opening(draw, wall)
    for _ in range(int(draw.integers(2, 5))):
        _framed(draw, wall)
    _shelf(draw, wall)
    return np.asarray(cv2.GaussianBlur(np.clip(wall, 0.005, 1.0), (0, 0), draw.uniform(0.6, 1.1)), np.float32)


def _clouds(draw: np.random.Generator, high: int, wide: int, size: int) -> NDArray[np.float32]:
    coarse = draw.normal(0, 1, (high // size + 2, wide // size + 2)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32)


def _colour(draw: np.random.Generator, low: float = 0.03, high: float = 0.6) -> NDArray[np.float32]:
    """A household colour: seldom a strong one."""
    grey = draw.uniform(low, high)
    return np.asarray(np.clip(grey * (1 + draw.normal(0, 0.12, 3)), 0.01, 1.0), np.float32)


def _rectangle(wall: NDArray[np.float32], left: float, top: float, size: tuple[float, float], colour: object) -> None:
    high, wide = wall.shape[:2]
    rows = slice(round(top * high), round((top + size[1]) * high))
    wall[rows, round(left * wide) : round((left + size[0]) * wide)] = colour


def _opening(draw: np.random.Generator, wall: NDArray[np.float32]) -> None:
    """A door or a window at one side."""
    left, wide = draw.choice([0.02, 0.72]) + draw.uniform(0, 0.06), draw.uniform(0.18, 0.26)
    _rectangle(wall, left - 0.012, 0.1, (wide + 0.024, 0.9), _colour(draw, 0.3, 0.7))
    _rectangle(wall, left, 0.115, (wide, 0.88), _colour(draw, 0.15, 0.5))
    for row in range(3):
        _rectangle(wall, left + 0.03, 0.16 + 0.27 * row, (wide - 0.06, 0.2), _colour(draw, 0.1, 0.8))


def _framed(draw: np.random.Generator, wall: NDArray[np.float32]) -> None:
    """A picture on the wall, with something in it."""
    left, top = draw.uniform(0.05, 0.8), draw.uniform(0.05, 0.5)
    size = (draw.uniform(0.08, 0.2), draw.uniform(0.07, 0.16))
    _rectangle(wall, left - 0.01, top - 0.008, (size[0] + 0.02, size[1] + 0.016), _colour(draw, 0.02, 0.2))
    _rectangle(wall, left, top, size, _colour(draw, 0.3, 0.8))
    for _ in range(8):
        at = (left + draw.uniform(0, 0.8) * size[0], top + draw.uniform(0, 0.8) * size[1])
        _rectangle(wall, *at, (0.2 * size[0], 0.2 * size[1]), _colour(draw))


def _shelf(draw: np.random.Generator, wall: NDArray[np.float32]) -> None:
    """A board with books of different widths and heights."""
    bottom, left = draw.uniform(0.55, 0.75), draw.choice([0.0, 0.55])
    end = left + draw.uniform(0.35, 0.45)
    _rectangle(wall, left, bottom, (end - left, 0.02), _colour(draw, 0.08, 0.3))
    while left < end - 0.03:
        wide, high = draw.uniform(0.012, 0.035), draw.uniform(0.07, 0.13)
        _rectangle(wall, left, bottom - high, (wide, high), _colour(draw, 0.02, 0.5))
        _rectangle(wall, left + 0.2 * wide, bottom - 0.8 * high, (0.6 * wide, 0.15 * high), _colour(draw, 0.3, 0.8))
        left += wide + 0.003


def seen(wall: NDArray[np.float32], shift: tuple[float, float], turn_degrees: float, view: View) -> NDArray[np.float32]:
    """The wall as a shaking camera sees it. shift  in pixels"""
    high, wide = wall.shape[:2]
    way = cv2.getRotationMatrix2D((wide / 2, high / 2), turn_degrees, 1.0)
    way[:, 2] += (shift[0] - (wide - view.wide) / 2, shift[1] - (high - view.high) / 2)
    size = (view.wide, view.high)
    return np.asarray(
        cv2.warpAffine(wall, way, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
