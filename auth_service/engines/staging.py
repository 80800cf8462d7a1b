"""A portrait as a phone camera might have seen it, for the demo, the benchmark and their tests.

No liveness and no measurement: there is one photograph behind every picture made here, so nothing learnt from them
says how well the service knows people or tells a person from a print. It serves where a *fresh picture of an enrolled
person* is needed and no real second photo may be shipped: unlike a copy of the portrait it differs from it in crop,
tilt, perspective, light, background, focus and noise, as a new photo does (faces/copies.py must not call it a copy).

source  the two portraits are in the public domain and come inside well-kept wheels (docs/design/contract.md section 1)
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from auth_service.core.errors import FileUnreadable
from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.quality import eye_centres

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Portrait:
    """A public-domain portrait inside an installed wheel.

    package, path  where it lies; the package is located, never imported
    """

    name: str
    package: str
    path: str
    credit: str


COLLINS = Portrait("Eileen Collins", "skimage", "data/astronaut.png", "NASA, public domain")
HOPPER = Portrait("Grace Hopper", "matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "US Navy, public domain")


def portrait_bytes(portrait: Portrait) -> bytes:
    """The portrait's file as it lies in its wheel. raises FileUnreadable: the wheel is not installed"""
    found = importlib.util.find_spec(portrait.package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / portrait.path
        if path.is_file():
            return path.read_bytes()
    raise FileUnreadable(f"the portrait of {portrait.name} comes with the package {portrait.package}: install [demo]")


@dataclass(frozen=True, slots=True)
class Scene:
    """How one capture is taken; every field is drawn from the seed. Lengths in output pixels, angles in degrees.

    eye_distance      between the eyes, as share of the picture's shorter side: an arm's length from the camera
    tilt              of the head
    centre            of the eyes, as shares of width and height
    turn, nod         of the head against the portrait, in degrees: to one side, and up or down
    bulge             of a wide lens held near: the middle of the face grows by this share
    light_from        direction of the light in the picture's plane, radians
    light             strength: brightness changes by this share per two eye distances
    warmth            colour temperature: red times 1 + warmth, blue times 1 - warmth
    gamma             exposure curve
    blur              standard deviation of the lens's blur
    grain             standard deviation of the sensor's noise at mid grey, of 255
    quality           JPEG quality
    """

    eye_distance: float
    tilt: float
    centre: tuple[float, float]
    turn: float
    nod: float
    bulge: float
    light_from: float
    light: float
    warmth: float
    gamma: float
    blur: float
    grain: float
    quality: int


def draw_scene(rng: Generator) -> Scene:
    """Anything that a person would hand in without being told to take it again (faces/quality.py has the limits)."""
    aside = 1.0 if rng.random() < 0.5 else -1.0
    return Scene(
        eye_distance=float(rng.uniform(0.16, 0.23)),
        tilt=float(rng.choice((-1.0, 1.0)) * rng.uniform(7.0, 12.0)),
        centre=(float(rng.uniform(0.42, 0.58)), float(rng.uniform(0.40, 0.47))),
        turn=float(rng.choice((-1.0, 1.0)) * rng.uniform(14.0, 20.0)),
        nod=float(rng.choice((-1.0, 1.0)) * rng.uniform(5.0, 10.0)),
        bulge=float(rng.uniform(0.10, 0.20)),
        light_from=float((0.0 if aside > 0 else math.pi) + rng.uniform(-0.7, 0.7)),
        light=float(rng.uniform(0.30, 0.45)),
        warmth=float(rng.uniform(-0.10, 0.14)),
        gamma=float(rng.uniform(0.85, 1.25)),
        blur=float(rng.uniform(0.7, 1.2)),
        grain=float(rng.uniform(3.0, 7.0)),
        quality=int(rng.integers(78, 91)),
    )


def plain_copy(pixels: Pixels, cut: float = 0.04, quality: int = 80) -> bytes:
    """The same photo once more, as somebody would send it on: a JPEG with this share of each edge cut off."""
    height, width = pixels.shape[:2]
    down, right = round(cut * height), round(cut * width)
    return _jpeg(np.ascontiguousarray(pixels[down : height - down, right : width - right]), quality)


def as_frame(pixels: Pixels, size: tuple[int, int] = (640, 480), quality: int = 90) -> bytes:
    """A photo as a camera's frame of `size` (width, height): its middle in that shape, scaled, as JPEG."""
    height, width = pixels.shape[:2]
    scale = min(width / size[0], height / size[1])
    across, down = round(size[0] * scale), round(size[1] * scale)
    left, top = (width - across) // 2, (height - down) // 2
    way = cv2.INTER_AREA if scale > 1.0 else cv2.INTER_CUBIC
    cut = cv2.resize(pixels[top : top + down, left : left + across], size, interpolation=way)
    return _jpeg(np.asarray(cut, np.uint8), quality)


class Stage:
    """One portrait, ready to be seen by many cameras."""

    def __init__(self, pixels: Pixels, face: DetectedFace) -> None:
        """face  where the portrait's face lies; only its eyes are used"""
        self._pixels = pixels
        self._eyes = _Eyes.of(face)
        self._person = _person(pixels, self._eyes)

    def capture(self, seed: int, size: tuple[int, int] = (640, 480)) -> bytes:
        """One JPEG of `size` (width, height) of this person in a scene of its own; same seed, same picture."""
        rng = np.random.default_rng(seed)
        scene = draw_scene(rng)
        at_x, at_y = _sources(self._eyes, scene, size)
        seen = cv2.remap(self._pixels, at_x, at_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        person = cv2.remap(self._person, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[..., None]
        lit = _lit(np.asarray(seen, np.float32), scene, size)
        picture = cv2.GaussianBlur(lit * person + _room(rng, size) * (1.0 - person), (0, 0), scene.blur)
        return _sensed(np.asarray(picture, np.float32), scene, rng)


@dataclass(frozen=True, slots=True)
class _Eyes:
    """The portrait's eyes: middle, distance in pixels and slope in radians."""

    x: float
    y: float
    distance: float
    slope: float

    @staticmethod
    def of(face: DetectedFace) -> _Eyes:
        left, right = (point.astype(np.float64) for point in eye_centres(face))
        across = right - left
        middle = (left + right) / 2.0
        slope = math.atan2(across[1], across[0])
        return _Eyes(float(middle[0]), float(middle[1]), max(1.0, float(np.hypot(*across))), slope)


def _sources(eyes: _Eyes, scene: Scene, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """For each pixel of the picture, where it lies in the portrait: float32 (height, width) x and y, in pixels."""
    x, y = _from_eyes(scene, size)
    # a lens held near: towards the middle of the face more of the picture shows less of the portrait
    nose_y = y - 0.6
    shrink = 1.0 - scene.bulge * np.exp(-(x * x + nose_y * nose_y) / 3.0)
    x, y = x * shrink, nose_y * shrink + 0.6
    # the turned head: what stands out moves against what lies back
    height = _relief(x, y) - _EYES_STAND_OUT
    x = x / math.cos(math.radians(scene.turn)) - height * math.sin(math.radians(scene.turn))
    y = y / math.cos(math.radians(scene.nod)) - height * math.sin(math.radians(scene.nod))
    roll = eyes.slope - math.radians(scene.tilt)
    cos, sin = math.cos(roll) * eyes.distance, math.sin(roll) * eyes.distance
    return (eyes.x + cos * x - sin * y).astype(np.float32), (eyes.y + sin * x + cos * y).astype(np.float32)


_EYES_STAND_OUT = 0.85
"""Eye distances by which the eyes stand out in `_relief`, so that they stay where the scene puts them."""


def _relief(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a head stands out at a place given in eye distances, in eye distances: half an ellipsoid and a nose.

    source  a rule of thumb: head 2.8 eye distances wide and 4 high, the nose half of one before the eyes
    """
    head = np.sqrt(np.clip(1.0 - (x / 1.5) ** 2 - ((y - 0.4) / 2.2) ** 2, 0.0, None))
    nose = np.exp(-((x / 0.3) ** 2) - ((y - 0.55) / 0.4) ** 2)
    return np.asarray(0.9 * head + 0.45 * nose, np.float64)


def _from_eyes(scene: Scene, size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each pixel's place from the eyes' middle, in eye distances: float64 (height, width) to the right, and down."""
    width, height = size
    unit = scene.eye_distance * min(size)
    across = (np.arange(width, dtype=np.float64) - scene.centre[0] * width) / unit
    down = (np.arange(height, dtype=np.float64) - scene.centre[1] * height) / unit
    x, y = np.meshgrid(across, down)
    return x, y


def _person(pixels: Pixels, eyes: _Eyes) -> Floats:
    """Share of the person in each pixel of the portrait, float32 (H, W) 0..1, soft at the edge.

    Head and shoulders by rule of thumb, drawn in by GrabCut, whose random start is fixed.
    source   Rother, Kolmogorov and Blake, "GrabCut", SIGGRAPH 2004
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, _MASK_EYES / eyes.distance)
    small = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    x, y = _in_eye_distances(small.shape[:2], eyes, scale)
    marks = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    for wide, mark in ((1.35, cv2.GC_PR_BGD), (1.0, cv2.GC_PR_FGD), (0.75, cv2.GC_FGD)):
        marks[_outline(x, y, wide) > 0] = mark
    cv2.setRNGSeed(1)
    cv2.grabCut(small, marks, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    inside = cv2.erode(np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32), np.ones((3, 3), np.uint8))
    soft = cv2.GaussianBlur(inside, (0, 0), 1.2)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


_MASK_EYES = 32.0
"""Eye distance in pixels at which the outline is found: fine enough for hair, and a tenth of a second."""


def _in_eye_distances(
    shape: tuple[int, int], eyes: _Eyes, scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each pixel's place from the eyes' middle along the face's own axes, float64 (H, W) right and down."""
    across, down = np.meshgrid(np.arange(shape[1]) / scale - eyes.x, np.arange(shape[0]) / scale - eyes.y)
    cos, sin = math.cos(eyes.slope) / eyes.distance, math.sin(eyes.slope) / eyes.distance
    return cos * across + sin * down, -sin * across + cos * down


def _outline(x: NDArray[np.float64], y: NDArray[np.float64], wide: float) -> NDArray[np.float64]:
    """Above zero inside a head on shoulders, `wide` times as large as usual."""
    head = 1.0 - np.hypot(x / 1.6, (y - 0.2) / 2.2) / wide
    neck = np.minimum(1.0 - np.abs(x) / (0.9 * wide), np.minimum(y - 0.5, 4.0 - y))
    body = 1.0 - np.hypot(x / 3.9, (y - 7.6) / 5.0) / wide
    return np.asarray(np.maximum(np.maximum(head, neck), body), np.float64)


def _room(rng: Generator, size: tuple[int, int]) -> Floats:
    """A plain room out of focus: a shaded wall, a few large things on it. float32 (height, width, 3) 0..255"""
    width, height = size
    wall = rng.uniform(90.0, 205.0) + rng.uniform(-14.0, 14.0, 3)
    shade = np.linspace(-1.0, 1.0, width)[None, :] * rng.uniform(-30.0, 30.0)
    shade = shade + np.linspace(-1.0, 1.0, height)[:, None] * rng.uniform(-25.0, 25.0)
    room = (wall[None, None, :] + shade[..., None]).astype(np.float32)
    for _ in range(int(rng.integers(2, 5))):
        left, top = int(rng.integers(-width // 4, width)), int(rng.integers(-height // 4, height))
        far = (left + int(rng.integers(width // 8, width // 2)), top + int(rng.integers(height // 6, height)))
        colour = tuple(float(value) for value in rng.uniform(30.0, 225.0) + rng.uniform(-30.0, 30.0, 3))
        cv2.rectangle(room, (left, top), far, colour, thickness=-1)
    return np.asarray(cv2.GaussianBlur(room, (0, 0), 0.015 * width), np.float32)


def _lit(picture: Floats, scene: Scene, size: tuple[int, int]) -> Floats:
    """Light from one side, of another colour, through another exposure curve."""
    x, y = _from_eyes(scene, size)
    toward = np.tanh((math.cos(scene.light_from) * x + math.sin(scene.light_from) * y) / 2.0)
    tint = np.array([1.0 + scene.warmth, 1.0, 1.0 - scene.warmth])
    bright = np.clip(picture / 255.0, 0.0, 1.0) ** scene.gamma
    return np.asarray(bright * (1.0 + scene.light * toward)[..., None] * tint * 255.0, np.float32)


def _sensed(picture: Floats, scene: Scene, rng: Generator) -> bytes:
    """Noise that grows with the light (photon noise over a floor), then JPEG."""
    spread = scene.grain * np.sqrt(0.3 + np.clip(picture, 0.0, 255.0) / 182.0)
    noisy = np.clip(picture + rng.standard_normal(picture.shape, dtype=np.float32) * spread, 0.0, 255.0)
    return _jpeg(np.rint(noisy).astype(np.uint8), scene.quality)


def _jpeg(pixels: Pixels, quality: int) -> bytes:
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
