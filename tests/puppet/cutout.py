"""A person cut out of one photograph and put over the generic head: texture, outline, shape."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.puppet import head

MM = 1.6
"""Canvas pixels per millimetre."""
LEFT, TOP, WIDE, HIGH = -320.0, -190.0, 640.0, 670.0
"""What the canvas covers, in the head's millimetres."""
SHAPE = (round(HIGH * MM), round(WIDE * MM))
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Photograph:
    """A photo of one person who looks straight.

    pixels      uint8 (H, W, 3) RGB
    points      float32 (5, 2): left-in-picture eye, the other, nose tip, left-in-picture mouth corner, the other
    face_width  of the face, in pixels
    """

    name: str
    pixels: Pixels
    points: NDArray[np.float32]
    face_width: float


@dataclass(frozen=True)
class Person:
    """What the puppet camera draws.

    texture   float32 (H, W, 4): linear RGB 0..1 as the photo's light showed it, and the outline's opacity 0..1
    height    float32 (H, W), mm (head.py)
    normals   float32 (H, W, 3)
    along     float32 (H, W), share of the head's turn
    skin      float32 (3,), mean linear RGB of the cheeks
    """

    name: str
    texture: NDArray[np.float32]
    height: NDArray[np.float32]
    normals: NDArray[np.float32]
    along: NDArray[np.float32]
    skin: NDArray[np.float32]


def to_linear(picture: Pixels) -> NDArray[np.float32]:
    """sRGB 0..255 to linear 0..1. source: IEC 61966-2-1"""
    share = picture.astype(np.float32) / 255.0
    low, high = share / 12.92, ((share + 0.055) / 1.055) ** 2.4
    return np.asarray(np.where(share <= 0.04045, low, high), np.float32)


def grid() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """x and y in mm of each canvas pixel."""
    x = LEFT + (np.arange(SHAPE[1], dtype=np.float32) + 0.5) / MM
    y = TOP + (np.arange(SHAPE[0], dtype=np.float32) + 0.5) / MM
    across, down = np.meshgrid(x, y)
    return across, down


def cut_out(photo: Photograph) -> Person:
    """The person of a photograph. Takes about a second."""
    canvas, inside = _canvas(photo)
    x, y = grid()
    mask = _outline(canvas, inside)
    canvas, mask = _dressed(canvas, mask, x, y)
    edge = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / MM
    eyes = photo.points[:2]
    width = float(np.clip(photo.face_width / float(np.hypot(*(eyes[1] - eyes[0]))) / 2.05, 0.92, 1.12))
    height = head.heights(x, y, edge, head.Likeness(width, *_nose(photo)))
    height = cv2.GaussianBlur(height, (0, 0), 1.5 * MM)
    linear = to_linear(_spread(canvas, mask))
    cheeks = (np.abs(np.abs(x) - 35) < 10) & (np.abs(y - 38) < 8)
    return Person(
        photo.name,
        np.dstack([linear, mask]).astype(np.float32),
        height,
        head.normals(height, 1.0 / MM),
        head.goes_along(x, y),
        np.asarray(linear[cheeks].mean(axis=0), np.float32),
    )


def _nose(photo: Photograph) -> tuple[float, float]:
    """x and y of the nose tip in the head's millimetres, along the lines of the eyes and from eyes to mouth."""
    left, right, tip, *mouth = photo.points.astype(np.float64)
    eyes = (left + right) / 2
    axes = np.stack([(right - left) / head.EYE_DISTANCE, ((mouth[0] + mouth[1]) / 2 - eyes) / head.MOUTH_Y], axis=1)
    x, y = np.linalg.solve(axes, tip - eyes)
    return float(np.clip(x, -8, 8)), float(np.clip(y, 30, 46))


def _canvas(photo: Photograph) -> tuple[Pixels, tuple[int, int, int, int]]:
    """The photo upright in the head's millimetres, and the rectangle (left, top, right, bottom) that it fills."""
    eye_a, eye_b, _, mouth_a, mouth_b = photo.points.astype(np.float32)
    mouth = (mouth_a + mouth_b) / 2
    here = np.array([eye_a, eye_b, mouth], np.float32)
    half = head.EYE_DISTANCE / 2
    wanted = np.array([(-half, 0), (half, 0), (0, head.MOUTH_Y)], np.float32)
    to_canvas = cv2.getAffineTransform(here, ((wanted - (LEFT, TOP)) * MM).astype(np.float32))
    size = (SHAPE[1], SHAPE[0])
    picture = cv2.warpAffine(
        photo.pixels, to_canvas, size, flags=cv2.INTER_AREA if _shrinks(to_canvas) else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    filled = cv2.warpAffine(np.full(photo.pixels.shape[:2], 255, np.uint8), to_canvas, size)
    return np.asarray(picture, np.uint8), _inner_rectangle(filled > 254)


def _shrinks(way: NDArray[np.float64]) -> bool:
    return bool(abs(np.linalg.det(way[:, :2])) < 1.0)


def _inner_rectangle(filled: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Rows and columns that the photo fills, read along the lines through the face."""
    row, column = round((20 - TOP) * MM), round(-LEFT * MM)
    across, down = np.flatnonzero(filled[row]), np.flatnonzero(filled[:, column])
    return int(across[0]) + 3, int(down[0]) + 3, int(across[-1]) - 3, int(down[-1]) - 3


def _outline(canvas: Pixels, inside: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Opacity of the person, float32 (H, W): GrabCut from where a head and shoulders lie."""
    x, y = (part[::2, ::2] for part in grid())
    guess = _guess(x, y)
    left, top, right, bottom = (edge // 2 for edge in inside)
    guess[:top], guess[:, :left], guess[:, right:] = cv2.GC_BGD, cv2.GC_BGD, cv2.GC_BGD
    small = cv2.resize(canvas, (guess.shape[1], guess.shape[0]), interpolation=cv2.INTER_AREA)
    part, labels = np.ascontiguousarray(small[:bottom]), np.ascontiguousarray(guess[:bottom])
    cv2.setRNGSeed(1)
    cv2.grabCut(part, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    mask = np.zeros(guess.shape, np.uint8)
    mask[:bottom] = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    shoulders = y[:, 0] > head.CHIN_Y + 25
    mask[shoulders, :left], mask[shoulders, right:] = mask[shoulders, left, None], mask[shoulders, right - 1, None]
    mask[bottom:] = mask[bottom - 1]
    return _soft(_one_piece(mask))


def _guess(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.uint8]:
    """GrabCut's labels before it looks."""
    labels = np.full(x.shape, cv2.GC_BGD, np.uint8)
    slope = 60 + (y - 120) * 3.0
    labels[((x / 135) ** 2 + ((y - 5) / 165) ** 2 < 1) | ((y > 95) & (np.abs(x) < np.maximum(slope, 120)))] = (
        cv2.GC_PR_BGD
    )
    labels[((x / 88) ** 2 + ((y + 2) / 128) ** 2 < 1) | ((y > 120) & (np.abs(x) < slope - 10))] = cv2.GC_PR_FGD
    labels[((x / 60) ** 2 + ((y - 25) / 85) ** 2 < 1) | ((y > 60) & (np.abs(x) < 32))] = cv2.GC_FGD
    return labels


def _one_piece(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The piece that holds the face, without holes and whiskers."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), cv2.MORPH_OPEN, kernel)
    _, pieces = cv2.connectedComponents(mask)
    mask = (pieces == pieces[round((20 - TOP) * MM / 2), round(-LEFT * MM / 2)]).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, cv2.FILLED), np.uint8)


def _soft(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Drawn in by a millimetre and soft over two, so that no rim of the photo's own background is left."""
    large = cv2.resize(mask.astype(np.float32), (SHAPE[1], SHAPE[0]), interpolation=cv2.INTER_LINEAR)
    blurred = cv2.GaussianBlur(large, (0, 0), 2.5 * MM)
    return head.smooth((blurred - 0.5) / 0.35)


def _dressed(
    canvas: Pixels, mask: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]
) -> tuple[Pixels, NDArray[np.float32]]:
    """Shoulders and chest where the photo ends or shows none, in the colour of what the person wears."""
    across = np.abs(x)
    half = np.interp(y, [128, 150, 175, 215, 260, 500], [0, 62, 130, 185, 205, 225])
    body = head.smooth((half - across) / 4.0)
    worn = (y > 165) & (y < 260) & (across < 90) & (mask > 0.97)
    colour = np.median(canvas[worn], axis=0) if worn.sum() > 500 else np.array([70, 74, 82])
    draw = np.random.default_rng(round(float(colour.sum())))
    folds = cv2.resize(
        draw.normal(0, 1, (40, 28)).astype(np.float32), (x.shape[1], x.shape[0]), interpolation=cv2.INTER_CUBIC
    )
    weave = cv2.GaussianBlur(draw.normal(0, 1, x.shape).astype(np.float32), (0, 0), 0.8)
    shade = (1 + 0.10 * folds + 0.10 * weave) * (1 - 0.25 * (across / 220) ** 2)
    cloth = np.clip(np.maximum(colour, 12) * shade[..., None], 0, 255)
    keeps = mask[..., None]
    dressed = np.where(body[..., None] > 0, canvas * keeps + cloth * (1 - keeps), canvas)
    return np.asarray(dressed, np.uint8), np.maximum(mask, body)


def _spread(canvas: Pixels, mask: NDArray[np.float32]) -> Pixels:
    """The person's own colours carried outwards over the outline, so that its soft edge shows no strange colour."""
    sure = (mask > 0.97).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(1 - sure, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    rows, columns = np.nonzero(sure)
    of_label = np.zeros((nearest.max() + 1, 3), np.uint8)
    of_label[nearest[rows, columns]] = canvas[rows, columns]
    spread = np.where(sure[..., None] > 0, canvas, of_label[nearest])
    softened = cv2.GaussianBlur(spread, (0, 0), 2.0)
    return np.asarray(np.where(sure[..., None] > 0, canvas, softened), np.uint8)
