"""A face before a phone whose screen changes colour, as numbers: light, skin, camera, compression.

What stands here is physics and the habits of a camera: exposure and white balance that follow the picture, shot noise,
a head that sways, 8-bit YCbCr. liveness/flash.py assumes nothing but a ratio and a straight drift, so neither is made
after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import FLASH_MS, SHOWN_RGB, Ask, Challenge, Colour, Motion, Route
from auth_service.faces.landmarks import Box
from auth_service.liveness.measures import FrameMeasures, SessionMeasures, StepMeasures

Array = NDArray[np.float64]

TONES = {
    "light": (0.58, 0.40, 0.31),
    "medium": (0.42, 0.28, 0.20),
    "brown": (0.25, 0.155, 0.105),
    "dark": (0.11, 0.068, 0.050),
}
"""Diffuse reflectance of skin in linear R, G, B, roughly over the ten-point scale."""
LIGHTS = {"daylight": (0.95, 1.0, 1.05), "warm": (1.35, 1.0, 0.55), "office": (1.0, 1.0, 0.9)}
_FACING = np.array([0.9, 1.0, 0.95, 1.1, 0.75])
"""How squarely each patch faces the screen."""
_SHADE = np.array([1.0, 0.85, 1.1, 1.05, 0.7])
"""How much of the room's light reaches each patch."""


@dataclass(frozen=True)
class Scene:
    """lux       of the room on the face
    nits       of the screen's white
    fps        of the frames that are sent
    lag_ms     from the page's clock to the light in the picture
    sway       how much a head and a hand move, relative
    wall       light of the screen on what is not face, relative to the face
    film       the row that a recording shows instead of what the screen shows; None for a person who is there
    mirror     share of the screen's light that a glass before the film throws back over the whole picture
    tint       share by which the whole picture is tinted in the colours asked for
    """

    tone: str = "medium"
    light: str = "office"
    lux: float = 150.0
    nits: float = 350.0
    distance_m: float = 0.38
    fps: float = 8.0
    lag_ms: float = 120.0
    sway: float = 0.008
    wall: float = 0.25
    exposure_follows: float = 0.8
    film: tuple[Colour, ...] | None = None
    mirror: float = 0.0
    tint: float = 0.0


_LINEAR = {colour: (np.array(rgb) / 255.0) ** 2.2 for colour, rgb in SHOWN_RGB.items()}


def _screen(row: Sequence[Colour], at_ms: Array) -> Array:
    """(len(at_ms), 3): what the panel emits, which takes its 15 ms to change; white before and after the row."""
    fine = np.arange(-200.0, FLASH_MS * len(row) + 1500.0, 5.0)
    slot = np.floor(fine / FLASH_MS).astype(int)
    wanted = np.array([_LINEAR[row[s]] if 0 <= s < len(row) else _LINEAR[Colour.WHITE] for s in slot])
    shown = np.empty_like(wanted)
    state = wanted[0]
    for index, value in enumerate(wanted):
        state = state + (value - state) * (1.0 - np.exp(-5.0 / 15.0))
        shown[index] = state
    exposed = np.stack([np.convolve(shown[:, c], np.full(7, 1 / 7), mode="same") for c in range(3)], axis=1)
    return np.stack([np.interp(at_ms, fine, exposed[:, c]) for c in range(3)], axis=1)


def _wander(chance: np.random.Generator, shape: tuple[int, ...], dt: float) -> Array:
    """Unit noise that forgets within half a second, along the first axis."""
    keep = np.exp(-dt / 0.5)
    out = np.empty(shape)
    out[0] = chance.normal(size=shape[1:])
    for index in range(1, shape[0]):
        out[index] = keep * out[index - 1] + np.sqrt(1 - keep**2) * chance.normal(size=shape[1:])
    return out


def _seen(scene: Scene, row: Sequence[Colour], at_ms: Array, chance: np.random.Generator) -> tuple[Array, Array]:
    """Light from the patches (F, 5, 3) and from the surround (F, 3), before the camera; a white sheet in 1 lux is 1."""
    room = scene.lux * np.array(LIGHTS[scene.light])
    white = scene.nits * 0.0105 / scene.distance_m**2
    light = white * _screen(row, at_ms - scene.lag_ms)
    dt = 1.0 / scene.fps
    near = 1.0 + 2.0 * scene.sway * _wander(chance, (len(at_ms), 1, 1), dt)
    own = 1.0 + scene.sway * _wander(chance, (len(at_ms), 5, 1), dt)
    tilt = 1.0 + scene.sway * _wander(chance, (len(at_ms), 1, 1), dt)
    skin = np.array(TONES[scene.tone]) * (1.0 + 0.1 * chance.normal(size=(1, 5, 1)))
    patches = skin * own * (room * _SHADE[:, None] * tilt + light[:, None, :] * _FACING[:, None] * near**2)
    cloth = chance.uniform(0.08, 0.6, 3)
    around = cloth * (room * chance.uniform(0.5, 1.3) + light * scene.wall)
    return patches, around * (1.0 + 0.5 * scene.sway * _wander(chance, (len(at_ms), 1), dt))


def _camera(scene: Scene, patches: Array, around: Array, chance: np.random.Generator) -> tuple[Array, Array]:
    """Exposure and white balance that follow the picture, clipping, noise, and the 8 bits of a JPEG."""
    dt = 1.0 / scene.fps
    picture = 0.4 * patches.mean(axis=1) + 0.6 * around
    gain, balance = 0.2 / picture[0].mean(), picture[0].mean() / picture[0]
    out_p, out_a = np.empty_like(patches), np.empty_like(around)
    for index in range(len(patches)):
        target = 0.2 / picture[index].mean()
        gain *= (target / gain) ** (scene.exposure_follows * (1 - np.exp(-dt / 0.4)))
        stepped = 2.0 ** (np.round(np.log2(gain) * 12) / 12)
        balance = balance * ((picture[index].mean() / picture[index]) / balance) ** (0.3 * (1 - np.exp(-dt / 1.5)))
        out_p[index], out_a[index] = patches[index] * stepped * balance, around[index] * stepped * balance
    return _jpeg(out_p, chance, 8), _jpeg(out_a, chance, 60)


def _jpeg(linear: Array, chance: np.random.Generator, blocks: int) -> Array:
    """Mean of `blocks` blocks: shot noise, sRGB in 8 bits, chroma coarser than luma, and back to linear."""
    noisy = np.clip(linear + np.sqrt(np.maximum(linear, 0) * 4e-4 / blocks) * chance.normal(size=linear.shape), 0, 1)
    code = 255.0 * noisy ** (1 / 2.2)
    luma = code @ np.array([0.299, 0.587, 0.114])
    chroma = code - luma[..., None]
    step_luma, step_chroma = 1.5 / np.sqrt(blocks), 4.0 / np.sqrt(blocks)
    luma = np.round(luma / step_luma) * step_luma
    chroma = np.round(chroma / step_chroma) * step_chroma
    return np.clip((luma[..., None] + chroma) / 255.0, 0.0, 1.0) ** 2.2


def flash_session(row: Sequence[Colour], scene: Scene, seed: int) -> tuple[SessionMeasures, Challenge]:
    """What the engine would measure when `row` is asked for in this scene."""
    chance = np.random.default_rng(seed)
    count = round(scene.fps * (FLASH_MS * len(row) / 1000.0 + 0.3))
    at = np.cumsum(1000.0 / scene.fps + chance.uniform(-15, 15, count))
    at = np.round(at - at[0])
    skin, around = _camera(scene, *_seen(scene, scene.film or row, at, chance), chance)
    asked = _screen(row, at - scene.lag_ms)
    if scene.mirror:
        skin, around = skin + scene.mirror * asked[:, None, :], around + scene.mirror * asked
    if scene.tint:
        skin, around = skin * (1 + scene.tint * asked[:, None, :]), around * (1 + scene.tint * asked)
    frames = tuple(
        frame(int(t) + 9000, skin=one.astype(np.float32), surround=rest.astype(np.float32), number=index)
        for index, (t, one, rest) in enumerate(zip(at, skin, around, strict=True))
    )
    challenge = Challenge(Route.FLASH, (Ask(Motion.TURN_LEFT, 300), Ask(Motion.NOD, 300)), tuple(row))
    return session(StepMeasures(3, frames)), challenge


def session(*steps: StepMeasures, least_cosine: float = 1.0) -> SessionMeasures:
    return SessionMeasures(steps, "arcface5", None, least_cosine, ())


def frame(
    at_ms: int,
    *,
    skin: NDArray[np.float32] | None = None,
    surround: NDArray[np.float32] | None = None,
    number: int | None = None,
    **other: object,
) -> FrameMeasures:
    """An unremarkable frame; `number` makes its digest and hashes its own."""
    n = at_ms if number is None else number
    values: dict[str, object] = {
        "at_ms": at_ms,
        "width": 320,
        "height": 426,
        "faces": 1,
        "box": Box(100, 120, 220, 280),
        "points": np.array([(130, 180), (190, 180), (160, 215), (138, 248), (182, 248)], np.float32) + (n % 5) * 0.7,
        "skin": skin if skin is not None else np.full((5, 3), 0.3, np.float32) + np.float32(0.003 * (n % 7)),
        "surround": surround if surround is not None else np.full(3, 0.2, np.float32),
        "luma": 120.0,
        "sharpness": 180.0,
        "moire": 1.0,
        "model": None,
        "pixel_digest": n.to_bytes(32, "big"),
        "face_hash": 0x0123456789ABCDEF ^ (1 << (n % 64)) ^ (1 << ((3 * n) % 64)),
        "frame_hash": 0xFEDCBA9876543210 ^ (1 << (n % 64)),
    }
    return FrameMeasures(**{**values, **other})  # type: ignore[arg-type]
