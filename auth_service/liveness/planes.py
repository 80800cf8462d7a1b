"""How well one flat sheet, or one bent sheet, explains where points of a face went, and whether the nose stood out.

source  Hartley and Zisserman, Multiple View Geometry, 2nd edition, 4.4 (direct linear transform, normalised) and 13
        (what a plane does between two views); Huber, Robust Statistics, for the weights
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST = 20
"""Points, below which nothing is fitted: a bent sheet has 14 free numbers, and each point gives two."""
SHARE = 80.0
"""Percentile of the residuals that speaks: a nose is about a fifth of a face, and few points are followed wrongly."""
FEWEST_OF_NOSE = 5
_NOSE_ASIDE, _NOSE_DOWN = 0.25, (0.25, 0.85)
"""Where a nose lies: from the middle line in eye distances, and between the eyes' line (0) and the mouth's (1)."""
_NOSE_SHARE = 75.0
"""Percentile of its points that speaks: some lie at its foot."""
_ROUNDS = 5
_ANGLES = np.radians(np.arange(0.0, 180.0, 15.0))
"""Directions across which a sheet may be bent."""


@dataclass(frozen=True, slots=True)
class Sheets:
    """What is left over when points are explained by sheets, in the unit of `fit`.

    flat, bent  residual that four of five points keep below
    squeeze     by how much more one direction shrank than the other, 1.0 and more: what tilting a sheet does
    """

    flat: float
    bent: float
    squeeze: float


def fit(paths: NDArray[np.float32], unit: float) -> Sheets | None:
    """None with fewer than FEWEST points, or points on a line.

    paths  float32 (N, 2, 2), [before, after], x and y in pixels
    unit   pixels between the eyes
    """
    if len(paths) < FEWEST or not np.isfinite(paths).all() or not unit > 0.0:
        return None
    centre = paths[:, 0].mean(axis=0, dtype=np.float64)
    before = (paths[:, 0].astype(np.float64) - centre) / unit
    after = (paths[:, 1].astype(np.float64) - centre) / unit
    if np.linalg.svd(before, compute_uv=False)[1] < 0.05 * np.sqrt(len(before)):
        return None
    plane = homography(before, after)
    if plane is None:
        return None
    left = after - moved(plane, before)
    flat = _speaks(left)
    told = np.ones(len(before), bool)
    bent = min(_speaks(_left_by_bent(before, left, angle, told)) for angle in _ANGLES)
    return Sheets(flat, min(flat, bent), _squeeze(plane))


def homography(before: Floats, after: Floats) -> Floats | None:
    """float64 (3, 3), weighted so that points which were followed wrongly count little; None: no plane does it.

    before, after  float64 (N, 2)
    """
    weights = np.ones(len(before))
    plane = None
    for _ in range(_ROUNDS):
        plane = _direct(before, after, weights)
        if plane is None:
            return None
        weights = _huber(after - moved(plane, before))
    return plane


def moved(plane: Floats, points: Floats) -> Floats:
    """Where a plane carries points. float64 (N, 2)"""
    there = np.column_stack([points, np.ones(len(points))]) @ plane.T
    return np.asarray(there[:, :2] / there[:, 2:])


def _direct(before: Floats, after: Floats, weights: Floats) -> Floats | None:
    (b, shape_b), (a, shape_a) = _normalised(before), _normalised(after)
    one, none = np.ones(len(b)), np.zeros((len(b), 3))
    here = np.column_stack([b, one])
    rows = np.concatenate(
        [np.hstack([here, none, -a[:, :1] * here]), np.hstack([none, here, -a[:, 1:] * here])],
    )
    *_, turned = np.linalg.svd(rows * np.sqrt(np.tile(weights, 2))[:, None], full_matrices=False)
    plane = np.linalg.inv(shape_a) @ turned[-1].reshape(3, 3) @ shape_b
    depth = np.column_stack([before, one]) @ plane[2]
    if not np.isfinite(plane).all() or abs(plane[2, 2]) < 1e-9 or depth.min() * depth.max() <= 0.0:
        return None
    return np.asarray(plane / plane[2, 2])


def _normalised(points: Floats) -> tuple[Floats, Floats]:
    """Points about their middle at a distance of about 1, and the map (3, 3) that made them so."""
    middle = points.mean(axis=0)
    scale = 1.0 / max(1e-9, float(np.sqrt(((points - middle) ** 2).sum(axis=1).mean())))
    shape = np.array([[scale, 0.0, -scale * middle[0]], [0.0, scale, -scale * middle[1]], [0.0, 0.0, 1.0]])
    return (points - middle) * scale, shape


def _huber(left: Floats) -> Floats:
    size = np.hypot(*left.T)
    bound = max(1e-4, 2.5 * float(np.median(size)))
    return np.asarray(np.minimum(1.0, bound / np.maximum(size, 1e-12)))


def nose_outline(five: NDArray[np.float32]) -> Floats:
    """float64 (4, 2), pixels: the corners of where a nose lies, of a face's five points (`arcface5`)."""
    eyes, axes = _face_frame(five.astype(np.float64))
    high, low = _NOSE_DOWN
    corners = np.array([(-_NOSE_ASIDE, high), (_NOSE_ASIDE, high), (_NOSE_ASIDE, low), (-_NOSE_ASIDE, low)])
    return np.asarray(eyes + corners @ axes.T)


def _face_frame(five: Floats) -> tuple[Floats, Floats]:
    """The eyes' middle, and the line between the eyes and that from there to the mouth as columns of (2, 2)."""
    eyes = (five[0] + five[1]) / 2.0
    return eyes, np.stack([five[1] - five[0], (five[3] + five[4]) / 2.0 - eyes], axis=1)


def standing_out(paths: NDArray[np.float32], before: NDArray[np.float32], after: NDArray[np.float32]) -> float | None:
    """How far the nose ran ahead of a bent sheet through all the rest of the face, in eye distances.

    Most of its points at once, towards where it turned: errors of single points cancel, and no bending makes up for it,
    for brow, mouth and chin lie on the same sheet. None where too few points lie on the nose, or beside it.

    paths          as `fit`
    before, after  float32 (5, 2), the face's five points (`arcface5`) where the paths begin and end
    """
    start, end = before.astype(np.float64), after.astype(np.float64)
    eyes, axes = _face_frame(start)
    if len(paths) < FEWEST or not np.isfinite(paths).all() or abs(np.linalg.det(axes)) < 1.0:
        return None
    aside, down = np.linalg.solve(axes, (paths[:, 0] - eyes).astype(np.float64).T)
    nose = (np.abs(aside) <= _NOSE_ASIDE) & (down >= _NOSE_DOWN[0]) & (down <= _NOSE_DOWN[1])
    if nose.sum() < FEWEST_OF_NOSE or (~nose).sum() < FEWEST:
        return None
    unit = float(np.hypot(*axes[:, 0]))
    here, gone = ((paths[:, k].astype(np.float64) - eyes) / unit for k in (0, 1))
    left = min(
        (_left_by_bent(here, gone - here, angle, ~nose) for angle in _ANGLES), key=lambda one: _speaks(one[~nose])
    )
    to = (end[1] - end[0]) / max(1e-9, float(np.hypot(*(end[1] - end[0]))))
    turned = _nose_aside(end) - _nose_aside(start)
    return float(np.percentile(left[nose] @ to * np.sign(turned), _NOSE_SHARE))


def _nose_aside(points: Floats) -> float:
    eyes, axes = _face_frame(points)
    return float((np.linalg.pinv(axes) @ (points[2] - eyes))[0])


def _speaks(left: Floats) -> float:
    return float(np.percentile(np.hypot(*left.T), SHARE))


def _left_by_bent(before: Floats, way: Floats, angle: float, told: NDArray[np.bool_]) -> Floats:
    """What stays of `way` when a sheet bent across one direction explains what it can. float64 (N, 2)

    Any bending across one direction moves points by a function of their place along it, here a polynomial of degree 4.
    The plane's own eight numbers are free again, linearised. Fitted to the points that are `told`.
    """
    x, y = before.T
    along = x * np.cos(angle) + y * np.sin(angle)
    own = np.column_stack([np.ones(len(x)), x, y, along**2, along**3, along**4])
    none = np.zeros_like(own)
    tilt = np.concatenate([np.column_stack([x * x, x * y]), np.column_stack([x * y, y * y])])
    terms = np.hstack([np.concatenate([own, none]), np.concatenate([none, own]), tilt])
    weights, given, still = np.ones(len(x)), np.tile(told, 2), way
    for _ in range(3):
        both = np.sqrt(np.tile(weights, 2))
        found = _least_squares((terms * both[:, None])[given], (way.T.ravel() * both)[given])
        still = (way.T.ravel() - terms @ found).reshape(2, -1).T
        weights = _huber(still)
    return still


def _least_squares(terms: Floats, values: Floats) -> Floats:
    """By normal equations, a tenth of a singular value decomposition's time; the terms are of the size of one."""
    own = terms.T @ terms
    return np.asarray(np.linalg.solve(own + 1e-9 * np.eye(len(own)), terms.T @ values))


def _squeeze(plane: Floats) -> float:
    """Of the plane's map about the points' middle, the origin."""
    local = plane[:2, :2] - np.outer(plane[:2, 2], plane[2, :2])
    long, short = np.linalg.svd(local, compute_uv=False)
    return float(long / max(short, 1e-6))
