"""The camera behind the lens: exposure and white balance that lag, noise, tone and JPEG. For the puppet alone."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.puppet.mesh import View

MIDDLE_GREY = 0.19
"""Linear level to which the exposure brings the middle of the picture."""
MOST_GAIN = 12.0
"""Beyond it a picture stays dark."""
Linear = NDArray[np.float32]


class Sensor:
    """One phone. Pictures must be taken in the order of time, for exposure and white balance remember.

    Noise: about 240 electrons reach a pixel of a small sensor at middle grey indoors, and 4 to 70 pixels make one of
    the picture, so that shot noise is 30 to 42 dB below the signal; a phone that needs more gain has more of it.
    """

    def __init__(self, seed: int, view: View) -> None:
        draw = np.random.default_rng([seed, 3])
        self._noise = np.random.default_rng([seed, 4])
        self._gain: float | None = None
        self._balance = np.ones(3)
        self._then = 0.0
        self._slow, self._slow_white = draw.uniform(0.4, 1.0), draw.uniform(1.0, 2.5)
        self._yielding = draw.uniform(0.4, 0.9)
        self._shot, self._read = draw.uniform(2e-5, 2e-4), draw.uniform(2e-4, 8e-4)
        self._pixels = (1 + 0.006 * draw.normal(size=(view.high, view.wide, 1))).astype(np.float32)
        self._rows = (4e-4 * draw.normal(size=(view.high, 1, 1))).astype(np.float32)
        self._blur, self._smoothing = draw.uniform(0.3, 0.55), draw.uniform(0.3, 0.6)
        self._tone, self._cast = _tone_curve(draw.uniform(0.05, 0.25)), draw.normal(0, 0.03, 3)
        self._quality = int(draw.integers(60, 86))
        y, x = np.mgrid[-1 : 1 : view.high * 1j, -1 : 1 : view.wide * 1j]
        self._fall = (1 - draw.uniform(0.05, 0.14) * (x**2 + y**2) / 2).astype(np.float32)[..., None]

    def picture(self, light: Linear, at: float) -> NDArray[np.uint8]:
        """uint8 (H, W, 3) RGB of what reaches the lens, linear RGB where 1.0 is a white wall in the room's light."""
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), self._blur) * self._fall, np.float32)
        self._adapt(light, at)
        exposed = light * np.float32(self._gain) * self._balance.astype(np.float32)
        return self._toned(self._noisy(exposed))

    def jpeg(self, picture: NDArray[np.uint8]) -> bytes:
        _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        return data.tobytes()

    def _adapt(self, light: Linear, at: float) -> None:
        """Moves exposure and white balance towards what the middle of the picture asks for."""
        high, wide = light.shape[:2]
        middle = light[high // 5 : -high // 5, wide // 5 : -wide // 5].reshape(-1, 3).mean(axis=0).astype(np.float64)
        wanted = float(np.clip(MIDDLE_GREY / max(float(middle @ (0.21, 0.72, 0.07)), 1e-6), 0.2, MOST_GAIN))
        grey = (middle.mean() / np.maximum(middle, 1e-6)) ** 0.15
        if self._gain is None:
            self._gain, self._balance = wanted, grey * (1 + self._cast)
            self._anchor = wanted
        passed = max(0.0, at - self._then)
        goal = math.exp(self._yielding * math.log(wanted) + (1 - self._yielding) * math.log(self._anchor))
        self._gain += (goal - self._gain) * (1 - math.exp(-passed / self._slow))
        self._balance += (grey * (1 + self._cast) - self._balance) * (1 - math.exp(-passed / self._slow_white))
        self._balance *= 1 + self._noise.normal(0, 0.002, 3)
        self._then = at

    def _noisy(self, exposed: Linear) -> Linear:
        """Shot and read noise grow with the gain; the pixels' own unevenness stays; smoothing correlates it."""
        assert self._gain is not None
        spread = np.sqrt(self._shot * self._gain * np.maximum(exposed, 0) + (self._read * self._gain) ** 2)
        noise = (spread * self._noise.standard_normal(exposed.shape, np.float32)).astype(np.float32)
        noise = self._smoothing * cv2.GaussianBlur(noise, (5, 5), 0.8) + (1 - self._smoothing) * noise
        return np.asarray(exposed * self._pixels + self._rows * np.float32(self._gain) + noise, np.float32)

    def _toned(self, exposed: Linear) -> NDArray[np.uint8]:
        """sRGB with a shoulder that keeps highlights and a little contrast."""
        return self._tone[np.clip(exposed * _LEVELS, 0, _LEVELS * _BRIGHTEST).astype(np.int32)]


_LEVELS, _BRIGHTEST = 8192, 2


def _tone_curve(contrast: float) -> NDArray[np.uint8]:
    """0..255 of linear light 0 to 2 in steps of 1/8192."""
    held = np.arange(_LEVELS * _BRIGHTEST + 1) / _LEVELS
    held = np.where(held > 0.7, 0.7 + 0.3 * (1 - np.exp(-(held - 0.7) / 0.3)), held)
    tone = np.where(held <= 0.0031308, held * 12.92, 1.055 * np.maximum(held, 1e-9) ** (1 / 2.4) - 0.055)
    tone = (1 - contrast) * tone + contrast * tone * tone * (3 - 2 * tone)
    return np.asarray(np.clip(tone * 255 + 0.5, 0, 255), np.uint8)
