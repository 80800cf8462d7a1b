"""Planar attacks made from photographs: a sheet or a screen before a camera, moved as well as its holder can.

A pinhole camera looks at one sheet, flat or bent like a can, with a room behind it. The sheet carries a photograph, or
the frames of a film on a screen with bezel, glare and moire. Nothing is kept: pictures come from the shared data.

Lengths are centimetres; x to the right, y down, z away from the camera. The face on the sheet is of life size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Ask, Challenge, Motion
from auth_service.capture.steps import CapturedFrame, CapturedStep
from tests.attacks.following import Picture, Shot

EYES = 6.3
"""Between the eyes of a grown person."""
WIDTH, HEIGHT, FOCAL = 300, 400, 350.0
"""Pixels: an upright phone of 60 degrees."""
FRAME_MS = 160
_COARSE = 4
"""Where a ray meets the sheet is worked out for every fourth pixel and drawn out between: the maps are smooth."""
_NOWHERE = 1e4
_PROGRESS = (0.0, 0.12, 0.35, 0.62, 0.88, 1.0, 1.0, 0.6)
"""Of a motion, frame by frame."""
_NEUTRAL_FRAMES = 4

Floats = NDArray[np.float64]


class Species(StrEnum):
    """What is held before the camera."""

    FLAT = "flat"
    BENT = "bent"
    SCREEN_STILL = "screen_still"
    SCREEN_FILM = "screen_film"


@dataclass(frozen=True)
class Sheet:
    """faces   pictures that it shows one after another: one for a print, a film's for a screen
    scale   pixels of a picture for a centimetre
    middle  x and y in a picture that lie at the sheet's middle
    width, height  in centimetres
    radius  of a bent sheet, 0.0 for a flat one; `upright`: bent about an upright axis
    screen  with bezel, glare and moire
    """

    faces: tuple[Picture, ...]
    scale: float
    middle: tuple[float, float]
    width: float
    height: float
    radius: float = 0.0
    upright: bool = True
    screen: bool = False


@dataclass(frozen=True)
class Hand:
    """How a holder moves it: degrees of a full turn, slant of the axis, way aside for each full turn."""

    degrees: float
    slant: float
    aside: float
    distance: float
    closer: float
    shake: float


def sheet_of(picture: Picture, points: NDArray[np.float32], species: Species, chance: np.random.Generator) -> Sheet:
    """A photograph, with the five points of its face, as a sheet of some size and shape."""
    scale = float(np.linalg.norm(points[1] - points[0])) / EYES
    middle = (float(points[:, 0].mean()), float(points[:, 1].mean()))
    width, height = ((21.0, 29.7), (29.7, 42.0))[int(chance.integers(2))]
    flat = Sheet((picture,), scale, middle, width, height)
    if species is Species.BENT:
        return replace(flat, radius=float(chance.uniform(5.0, 20.0)), upright=bool(chance.random() < 0.75))
    if species is Species.FLAT:
        return flat
    return replace(flat, width=24.0, height=18.0 + 12.0 * float(chance.random()), screen=True)


def film_on(screen: Sequence[Picture], points: NDArray[np.float32]) -> Sheet:
    """Frames of a film on a screen: those of the neutral step first, then those of its one motion.

    points  the five of the face in the first frame
    """
    first = sheet_of(screen[0], points, Species.SCREEN_FILM, np.random.default_rng(0))
    return replace(first, faces=tuple(screen), width=26.0, height=26.0)


STILL_HAND = Hand(degrees=0.0, slant=0.0, aside=0.0, distance=38.0, closer=1.0, shake=0.02)
"""A screen that leans against something."""
FRAMES = (_NEUTRAL_FRAMES, len(_PROGRESS))
"""Of the neutral step, and of a motion."""


def hand_of(chance: np.random.Generator) -> Hand:
    """A holder who turns by 20 to 35 degrees, two of three times about a nearly upright axis."""
    slanted = chance.random() < 1 / 3
    return Hand(
        degrees=float(chance.uniform(20.0, 35.0)),
        slant=float(chance.uniform(-45.0, 45.0) if slanted else chance.normal(0.0, 5.0)),
        aside=float(chance.normal(0.0, 2.0)),
        distance=float(chance.uniform(34.0, 44.0)),
        closer=float(chance.uniform(0.68, 0.8)),
        shake=float(chance.uniform(0.05, 0.25)),
    )


def answer(sheet: Sheet, hand: Hand, challenge: Challenge, chance: np.random.Generator) -> list[CapturedStep]:
    """The steps of a challenge, answered with a sheet: neutral, then each motion. Colours are left out."""
    room, steps, at_ms, shown = room_of(chance), [], 0, 0
    for plan in challenge.steps:
        if plan.n and plan.ask is None:
            continue
        frames = []
        for share in (0.0,) * _NEUTRAL_FRAMES if plan.ask is None else _PROGRESS:
            turn, place = _placed(hand, plan.ask, share, chance)
            picture = shot(sheet, shown, turn, place, room, chance)
            done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
            assert done
            frames.append(CapturedFrame(data.tobytes(), at_ms))
            at_ms, shown = at_ms + FRAME_MS, shown + 1
        steps.append(CapturedStep(plan.n, tuple(frames)))
        at_ms += 800
    return steps


def shots_of(steps: Sequence[CapturedStep]) -> list[list[Shot]]:
    """The pictures of captured steps."""
    decoded = []
    for step in steps:
        pictures = [cv2.imdecode(np.frombuffer(frame.data, np.uint8), cv2.IMREAD_COLOR) for frame in step.frames]
        times = [frame.at_ms for frame in step.frames]
        decoded.append([Shot(at, np.asarray(one, np.uint8)) for at, one in zip(times, pictures, strict=True)])
    return decoded


def _placed(hand: Hand, ask: Ask | None, share: float, chance: np.random.Generator) -> tuple[Floats, Floats]:
    """Turn (3, 3) and place (3,) of the sheet at a share of a motion, with the hand's shake."""
    place = np.array([0.0, 0.0, hand.distance]) + chance.normal(0.0, hand.shake, 3)
    shaken = rotation(chance.normal(0.0, 1.0, 3) + 1e-9, float(chance.normal(0.0, 0.6)))
    motion = None if ask is None else ask.motion
    if motion is None:
        return shaken, place
    if motion is Motion.COME_CLOSER:
        place[2] *= 1.0 - share * (1.0 - hand.closer)
        return shaken, place
    place[0] += share * hand.aside
    slant = np.radians(hand.slant)
    upright = np.array([np.sin(slant), np.cos(slant), 0.0])
    level = np.array([np.cos(slant), -np.sin(slant), 0.0])
    axis, sign = {
        Motion.TURN_LEFT: (upright, -1.0),
        Motion.TURN_RIGHT: (upright, 1.0),
        Motion.NOD: (level, 1.0),
        Motion.LOOK_UP: (level, -1.0),
    }[motion]
    return shaken @ rotation(axis, sign * share * hand.degrees), place


def rotation(axis: Floats, degrees: float) -> Floats:
    """About an axis through the origin. float64 (3, 3)"""
    found, _ = cv2.Rodrigues(axis / np.linalg.norm(axis) * np.radians(degrees))
    return np.asarray(found, np.float64)


def room_of(chance: np.random.Generator) -> Picture:
    """A wall with things on it, BGR, larger than the frame."""
    wall = np.full((HEIGHT + 80, WIDTH + 80, 3), chance.integers(90, 200, 3), np.uint8)
    for _ in range(int(chance.integers(15, 40))):
        x, y = int(chance.integers(0, WIDTH)), int(chance.integers(0, HEIGHT))
        across, down = (int(side) for side in chance.integers(10, 110, 2))
        colour = tuple(int(part) for part in chance.integers(20, 235, 3))
        cv2.rectangle(wall, (x, y), (x + across, y + down), colour, -1 if chance.random() < 0.6 else 2)
    return np.asarray(cv2.GaussianBlur(wall, (0, 0), 1.2), np.uint8)


def shot(sheet: Sheet, shown: int, turn: Floats, place: Floats, room: Picture, chance: np.random.Generator) -> Picture:
    """One frame, BGR: the room, the sheet before it, the light on it, and the camera's noise."""
    across, down, facing = met(sheet, turn, place)
    away = chance.normal(0.0, 0.6, 2)
    shifted = np.array([[1.0, 0.0, away[0] - 40.0], [0.0, 1.0, away[1] - 40.0]])
    behind = cv2.warpAffine(room, shifted, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    face = sheet.faces[min(shown, len(sheet.faces) - 1)]
    x = (across * sheet.scale + sheet.middle[0]).astype(np.float32)
    y = (down * sheet.scale + sheet.middle[1]).astype(np.float32)
    there = cv2.remap(face, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    if sheet.screen:
        there = _as_screen(there, across, down, sheet, turn)
    there *= (0.7 + 0.3 * facing)[..., None]
    inside = ((np.abs(across) <= sheet.width / 2) & (np.abs(down) <= sheet.height / 2)).astype(np.float32)
    cover = cv2.GaussianBlur(inside, (0, 0), 0.7)[..., None]
    picture = cv2.GaussianBlur(there * cover + behind * (1.0 - cover), (0, 0), 0.6)
    noise = cv2.randn(np.zeros(picture.shape, np.float32), 0.0, 2.5)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def _as_screen(there: NDArray[np.float32], across: Floats, down: Floats, sheet: Sheet, turn: Floats) -> Floats:
    """Bezel, glare that wanders as it is tilted, and the beat of two grids of pixels."""
    bezel = (np.abs(across) > sheet.width / 2 - 1.0) | (np.abs(down) > sheet.height / 2 - 1.0)
    beat = 1.0 + 0.06 * np.sin(9.0 * across + 2.0 * down) + 0.04 * np.sin(7.0 * down - 1.5 * across)
    spot_x, spot_y = 6.0 + 30.0 * float(turn[0, 2]), -8.0 + 30.0 * float(turn[1, 2])
    glare = 90.0 * np.exp(-((across - spot_x) ** 2 + (down - spot_y) ** 2) / 12.0)
    lit = there * beat[..., None] + glare[..., None]
    return np.where(bezel[..., None], 12.0, lit)


def met(sheet: Sheet, turn: Floats, place: Floats) -> tuple[Floats, Floats, Floats]:
    """Where on the sheet each pixel looks, across and down from its middle, and how squarely it faces the camera."""
    y, x = np.mgrid[0 : HEIGHT + _COARSE : _COARSE, 0 : WIDTH + _COARSE : _COARSE].astype(np.float64)
    rays = np.stack([(x - WIDTH / 2) / FOCAL, (y - HEIGHT / 2) / FOCAL, np.ones_like(x)], axis=-1) @ turn
    eye = -place @ turn
    if sheet.radius and not sheet.upright:
        across_down = _bent(rays[..., [1, 0, 2]], eye[[1, 0, 2]], sheet.radius)
        across, down, facing = across_down[1], across_down[0], across_down[2]
    elif sheet.radius:
        across, down, facing = _bent(rays, eye, sheet.radius)
    else:
        way = -eye[2] / np.where(np.abs(rays[..., 2]) < 1e-6, 1e-6, rays[..., 2])
        across, down = eye[0] + way * rays[..., 0], eye[1] + way * rays[..., 1]
        facing = np.abs(rays[..., 2]) / np.linalg.norm(rays, axis=-1)
    return _drawn_out(across), _drawn_out(down), _drawn_out(facing)


def _bent(rays: Floats, eye: Floats, radius: float) -> tuple[Floats, Floats, Floats]:
    """The same for a can that bulges towards the camera and touches z = 0; lengths along its skin."""
    depth = eye[2] - radius
    a = rays[..., 0] ** 2 + rays[..., 2] ** 2
    b = eye[0] * rays[..., 0] + depth * rays[..., 2]
    inner = b**2 - a * (eye[0] ** 2 + depth**2 - radius**2)
    way = (-b - np.sqrt(np.maximum(inner, 0.0))) / a
    hit_x, hit_z = eye[0] + way * rays[..., 0], depth + way * rays[..., 2]
    across = np.where(inner > 0.0, radius * np.arctan2(hit_x, -hit_z), _NOWHERE)
    normal = np.abs(hit_x * rays[..., 0] + hit_z * rays[..., 2]) / (radius * np.linalg.norm(rays, axis=-1))
    return across, eye[1] + way * rays[..., 1], normal


def _drawn_out(coarse: Floats) -> Floats:
    """A map of every fourth pixel as one of every pixel."""
    matrix = np.array([[1.0 / _COARSE, 0.0, 0.0], [0.0, 1.0 / _COARSE, 0.0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(coarse, matrix, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE))
