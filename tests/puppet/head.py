"""The shape of a head: how far each point of a face stands before the eyes, and how much it goes along with a turn.

One generic grown-up head in millimetres, drawn from round numbers of anatomy and not from anybody's scan. x goes to
the right in the picture, y down, both from the middle between the eyes; height towards the camera from the plane of the
corneas.

source  eye distance 63 mm (ISO 15535 style tables, adults); a nose tip stands half an eye distance before the eyes
        (measured on real turns: the nose moves by 0.2 to 0.3 eye distances at 20 to 25 degrees)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EYE_DISTANCE = 63.0
NOSE_Y, MOUTH_Y, CHIN_Y = 40.0, 66.0, 112.0
MOUTH_HALF = 25.0
NOSE_HEIGHT = 0.5 * EYE_DISTANCE
PIVOT = (0.0, 60.0, 95.0)
"""About which a head turns and nods: the neck, below and behind the eyes (x, y, away from the camera)."""

Map = NDArray[np.float32]

_MIDLINE = np.array([
    (-135, -90), (-118, -52), (-100, -26), (-80, -8), (-60, 4), (-40, 9), (-20, 12), (-8, 11), (2, 7), (20, 8),
    (45, 11), (56, 13), (66, 15), (74, 13), (82, 9), (98, 12), (107, 6), (112, -4), (118, -20), (160, -30),
])  # fmt: skip
"""y and height of the middle of a face without its nose."""
_ASIDE = np.array(
    [(0, 0), (20, -4), (35, -10), (45, -18), (55, -30), (62, -43), (68, -60), (74, -84), (85, -98), (120, -112)]
)
"""Distance from the middle and how much lower the face lies there."""


@dataclass(frozen=True)
class Likeness:
    """What the photo says about this head.

    width    of the face over the generic one's
    nose_x   of the nose tip, millimetres from the middle: a photo is seldom taken from exactly before
    nose_y   of the nose tip, millimetres below the eyes
    """

    width: float = 1.0
    nose_x: float = 0.0
    nose_y: float = NOSE_Y


def smooth(share: Map) -> Map:
    """0 below 0, 1 above 1, without a kink between."""
    held = np.clip(share, 0.0, 1.0)
    return np.asarray(held * held * (3.0 - 2.0 * held), np.float32)


def jaw_line(x: Map) -> Map:
    """y of the lower edge of the face."""
    return np.asarray(CHIN_Y - 45.0 * (np.minimum(np.abs(x), 75.0) / 75.0) ** 2.2, np.float32)


def goes_along(x: Map, y: Map) -> Map:
    """Share 0..1 of the head's turn that a point makes: all of the head, none of the shoulders, the neck between."""
    return np.asarray(1.0 - smooth((y - jaw_line(x) - 2.0) / 70.0), np.float32)


def heights(x: Map, y: Map, edge: Map, likeness: Likeness) -> Map:
    """Millimetres before the corneas.

    edge  distance to the outline of the person, millimetres: towards it a head curves away, hair and ears with it
    """
    across = x / likeness.width
    face = np.interp(y, *_MIDLINE.T) + np.interp(np.abs(across), *_ASIDE.T) + _features(across, y, likeness)
    rim = np.clip(edge / 45.0, 0.0, 1.0)
    curved = -98.0 + 110.0 * np.sqrt(1.0 - (1.0 - rim) ** 2)
    head = np.minimum(face, np.where(rim >= 1.0, np.inf, curved))
    neck = np.maximum(-60.0 - 0.012 * x**2, -105.0)
    body = neck + (-68.0 - 0.0006 * x**2 - neck) * smooth((y - 145.0) / 45.0)
    below = smooth((y - jaw_line(x)) / 14.0)
    return np.asarray(head + (body - head) * below, np.float32)


def _features(x: Map, y: Map, likeness: Likeness) -> Map:
    """Nose and sockets."""
    down = y * NOSE_Y / likeness.nose_y
    middle = likeness.nose_x * np.clip(down / NOSE_Y, 0.0, 1.6)
    tip = NOSE_HEIGHT - float(np.interp(likeness.nose_y, *_MIDLINE.T))
    ends = [-4, 4, NOSE_Y - 4, NOSE_Y + 2, NOSE_Y + 8, NOSE_Y + 14]
    ridge = np.interp(down, ends, [0, 2, 0.97 * tip, tip, 0.6 * tip, 0])
    half = np.interp(down, [0, NOSE_Y], [6.0, 10.5])
    nose = ridge * np.exp(-(((x - middle) / half) ** 2) / 1.2)
    sockets = sum(np.exp(-(((x - side) / 9.0) ** 2) - ((y - 1.0) / 8.0) ** 2) for side in (-18.0, 18.0))
    return np.asarray(nose - 5.0 * np.asarray(sockets), np.float32)


def normals(height: Map, step: float) -> Map:
    """float32 (H, W, 3) outward unit normals in the photo's frame (z away from the camera). step  mm per pixel"""
    down, right = np.gradient(height, step)
    raw = np.dstack([-right, -down, -np.ones_like(height)])
    return np.asarray(raw / np.linalg.norm(raw, axis=2, keepdims=True), np.float32)
