"""Draws a person's surface as a pinhole camera sees it: every pixel's place on the canvas and its distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.puppet import head
from tests.puppet.cutout import LEFT, MM, TOP, Person

STEP = 6
"""Canvas pixels between two vertices: 3.75 mm."""
Map = NDArray[np.float32]


@dataclass(frozen=True)
class Pose:
    """Where a head is. Degrees and millimetres, as the camera sees it.

    yaw    positive: the nose goes to the right in the picture, which is the person's own left
    pitch  positive: looks up
    roll   positive: tilts clockwise in the picture
    x, y   of the middle between the eyes, from the camera's axis
    away   of the eyes from the camera
    lids   0 open to 1 shut
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = -25.0
    away: float = 450.0
    lids: float = 0.0


@dataclass(frozen=True)
class View:
    """A phone's front camera, upright.

    wide, high  pixels
    focal       pixels; 1.05 of the width is 51 degrees across
    """

    wide: int = 360
    high: int = 480

    @property
    def focal(self) -> float:
        return 1.05 * self.wide


@dataclass(frozen=True)
class Drawn:
    """u, v   float32 (H, W), canvas pixels; -1 where nobody is
    away   float32 (H, W), mm
    """

    u: Map
    v: Map
    away: Map


def rotation(pose: Pose) -> NDArray[np.float64]:
    """3x3: roll after pitch after yaw, each as Pose says."""
    yaw, pitch, roll = (math.radians(angle) for angle in (pose.yaw, pose.pitch, pose.roll))
    about_y = [[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]]
    about_x = [[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]]
    about_z = [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    return np.array(about_z) @ np.array(about_x) @ np.array(about_y)


class Mesh:
    """The triangles of one person."""

    def __init__(self, person: Person) -> None:
        rows, columns = person.height.shape
        v, u = np.mgrid[0:rows:STEP, 0:columns:STEP]
        self._uv = np.stack([u.ravel(), v.ravel()], axis=1).astype(np.float64)
        height = person.height[::STEP, ::STEP].ravel()
        x, y = LEFT + (self._uv[:, 0] + 0.5) / MM, TOP + (self._uv[:, 1] + 0.5) / MM
        self._points = np.stack([x, y, -height], axis=1)
        self._along = person.along[::STEP, ::STEP].ravel()[:, None].astype(np.float64)
        self._faces = _triangles(person.texture[:, :, 3])

    def draw(self, pose: Pose, view: View) -> Drawn:
        """Nearest surface wins."""
        turned = (self._points - head.PIVOT) @ rotation(pose).T + head.PIVOT
        placed = self._points + self._along * (turned - self._points) + (pose.x, pose.y, pose.away)
        away = placed[:, 2]
        shown = placed[:, :2] / away[:, None] * view.focal + ((view.wide - 1) / 2, (view.high - 1) / 2)
        return _rasterise(np.column_stack([shown, away, self._uv]), self._faces, view)


def _triangles(opacity: Map) -> NDArray[np.int64]:
    """(N, 3) vertex numbers of the cells that show somebody."""
    rows, columns = (len(range(0, size, STEP)) for size in opacity.shape)
    number = np.arange(rows * columns).reshape(rows, columns)
    seen = opacity[::STEP, ::STEP] > 0
    cell = seen[:-1, :-1] | seen[1:, :-1] | seen[:-1, 1:] | seen[1:, 1:]
    a, b, c, d = number[:-1, :-1][cell], number[:-1, 1:][cell], number[1:, :-1][cell], number[1:, 1:][cell]
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)])


def _rasterise(vertices: NDArray[np.float64], faces: NDArray[np.int64], view: View) -> Drawn:
    """vertices  (V, 5): x, y, away, u, v. 1/away, u/away and v/away are straight on the screen, u and v are not."""
    x, y, away, u, v = vertices.T
    which, px, py, weights = _pixels(x[faces.T], y[faces.T], view)
    corners = faces[which].T
    near = 1.0 / away
    inverse, over, down = (
        sum(weight * values[corner] for weight, corner in zip(weights, corners, strict=True))
        for values in (near, near * u, near * v)
    )
    order = np.argsort(inverse)  # the farthest is written first
    place = (py * view.wide + px)[order]
    out = np.full((3, view.high * view.wide), -1.0, np.float32)
    for plane, values in enumerate((over / inverse, down / inverse, 1.0 / inverse)):
        out[plane, place] = values[order]
    across, below, distance = out.reshape(3, view.high, view.wide)
    return Drawn(across, below, distance)


def _pixels(
    x: NDArray[np.float64], y: NDArray[np.float64], view: View
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], tuple[NDArray[np.float64], ...]]:
    """Every pixel within a triangle: the triangle's number, the pixel, and the weights of the three corners.

    x, y  (3, T) of the corners, in pixels
    """
    left, right = (np.clip(edge, 0, view.wide) for edge in _span(x))
    top, bottom = (np.clip(edge, 0, view.high) for edge in _span(y))
    wide = np.maximum(right - left, 0)
    count = wide * np.maximum(bottom - top, 0)
    which = np.repeat(np.arange(len(wide)), count)
    inner = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    row = inner // wide[which]
    px, py = left[which] + inner - row * wide[which], top[which] + row
    (ax, bx, cx), (ay, by, cy) = x, y
    area = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy)
    area = np.where(np.abs(area) < 1e-9, np.nan, area)
    dx, dy = px - cx[which], py - cy[which]
    first = ((by - cy) / area)[which] * dx + ((cx - bx) / area)[which] * dy
    second = ((cy - ay) / area)[which] * dx + ((ax - cx) / area)[which] * dy
    third = 1.0 - first - second
    hit = (first >= -1e-9) & (second >= -1e-9) & (third >= -1e-9)
    return which[hit], px[hit], py[hit], (first[hit], second[hit], third[hit])


def _span(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First whole number within three corners, and the one after the last."""
    low = np.minimum(np.minimum(values[0], values[1]), values[2])
    high = np.maximum(np.maximum(values[0], values[1]), values[2])
    return np.ceil(low).astype(np.int64), np.floor(high).astype(np.int64) + 1
