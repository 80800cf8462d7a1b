"""How well each row of colours that could have been drawn explains what the skin showed.

All rows are tried, so that the row asked for is accepted by its rank: of one film, however it was made, no more rows
are accepted than the rank allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import FLASH_MS, FLASHES, SHOWN_RGB, Colour

Numbers = NDArray[np.float64]

BLEND_MS = 40.0
"""A frame this near a change shows both colours. source: exposures of 1/30 s, panels that take 5 to 20 ms to change"""
GREY_WEIGHT = 0.3
"""Weight of changes that all channels share against changes of colour. A head that sways changes all channels alike.
source  simulated (tests/unit/liveness/flash_scene.py), 30 sessions each: at 150 lux the row asked for fits best in 30
        with 0.3 and in 26 with 1.0; at 30 lux in all with either, at 400 lux in 16 and in 17
"""
_FEWEST_SLOTS = 7
_NOTHING = 1e-12
_RIDGE = 0.05
"""Added to a row's own size, so that a channel that hardly changes in it explains nothing. Real sizes are near 5."""


@cache
def all_rows() -> NDArray[np.int8]:
    """int8 (8748, 8), every row that can be drawn: indexes into `Colour`, no colour twice in a row."""
    rows = np.array(list(product(range(len(Colour)), repeat=FLASHES)), np.int8)
    return rows[np.all(rows[:, 1:] != rows[:, :-1], axis=1)]


def index_of(row: Sequence[Colour]) -> int | None:
    """Where a row stands in `all_rows`; None for one that cannot be drawn."""
    if len(row) != FLASHES:
        return None
    order = list(Colour)
    found = np.flatnonzero((all_rows() == np.array([order.index(one) for one in row], np.int8)).all(axis=1))
    return int(found[0]) if found.size else None


@cache
def light() -> Numbers:
    """float64 (4, 3), linear RGB 0..1 of each `Colour` on the screen. source: IEC 61966-2-1 (sRGB)"""
    code = np.array([SHOWN_RGB[colour] for colour in Colour], np.float64) / 255.0
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as light, with the products that a fit needs.

    light     float64 (3, R, 8), linear light of each colour channel
    products  float64 (6, R, 36), of each pair of channels (_PAIRS) at each pair of places (upper triangle, both ways)
    """

    light: Numbers
    products: Numbers

    def only(self, row: int) -> Rows:
        """One of them."""
        return Rows(self.light[:, row : row + 1], self.products[:, row : row + 1])


_PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
_ONE, _OTHER = np.triu_indices(FLASHES)


@cache
def every_row() -> Rows:
    """All of `all_rows`, worked out once: 15 MB."""
    shown = np.ascontiguousarray(np.moveaxis(light()[all_rows()], 2, 0))
    once = np.where(_ONE == _OTHER, 0.5, 1.0)
    products = [
        (shown[a][:, _ONE] * shown[b][:, _OTHER] + shown[a][:, _OTHER] * shown[b][:, _ONE]) * once for a, b in _PAIRS
    ]
    return Rows(shown, np.stack(products))


@dataclass(frozen=True, slots=True)
class Aligned:
    """A series laid over the eight colours at one lag, without its mean and straight drift.

    shown   float64 (frames, 8), share of each colour's time in each frame
    series  float64 (frames, 3)
    """

    shown: Numbers
    series: Numbers


def align(series: Numbers, at_ms: Numbers, lag_ms: float, fewest: int = _FEWEST_SLOTS) -> Aligned | None:
    """None where fewer than `fewest` colours have a frame.

    series  float64 (frames, 3), logarithms, all finite
    at_ms   float64 (frames,), since the first colour was put on the screen
    lag_ms  how much later its light is in a picture
    """
    begin = (at_ms - lag_ms - BLEND_MS / 2.0) / FLASH_MS
    end = begin + BLEND_MS / FLASH_MS
    slot = np.arange(FLASHES)
    overlap = np.minimum(end[:, None], slot + 1.0) - np.maximum(begin[:, None], slot)
    shown = np.clip(overlap, 0.0, None) * FLASH_MS / BLEND_MS
    within = shown.sum(axis=1) > 0.999
    if np.count_nonzero(shown[within].sum(axis=0) > 0.5) < fewest:
        return None
    drift = np.stack([np.ones_like(at_ms[within]), (at_ms[within] - at_ms[within].mean()) / 1000.0], axis=1)
    basis = np.linalg.qr(drift)[0]
    return Aligned(
        shown[within] - basis @ (basis.T @ shown[within]), series[within] - basis @ (basis.T @ series[within])
    )


def best_lag(series: Numbers, at_ms: Numbers, lags_ms: Iterable[float]) -> float | None:
    """The lag at which some row fits best, whichever it is: it does not depend on the row that was asked for."""
    laid = [(lag, aligned) for lag in lags_ms if (aligned := align(series, at_ms, lag)) is not None]
    if not laid:
        return None
    best = np.max(_quick_fits([aligned for _, aligned in laid]), axis=0)
    return laid[int(best.argmax())][0]


def _quick_fits(laid: Sequence[Aligned]) -> Numbers:
    """float64 (8748, lags), as `fits` with all changes weighing the same: channels apart, so no equations to solve."""
    rows = every_row()
    gram = np.stack([(one.shown.T @ one.shown)[_ONE, _OTHER] for one in laid], axis=1)
    along = np.stack([one.shown.T @ one.series for one in laid], axis=2)
    explained = np.zeros((rows.light.shape[1], len(laid)))
    for channel in range(3):
        toward = np.maximum(rows.light[channel] @ along[:, channel], 0.0)
        explained += toward**2 / (rows.products[channel] @ gram + _RIDGE)
    explained /= np.array([max(float((one.series**2).sum()), _NOTHING) for one in laid])
    return explained


def fits(aligned: Aligned, rows: Rows) -> tuple[Numbers, Numbers]:
    """Share of the series' changes that each row explains, 0..1, and how strongly each channel follows it, from 0.

    returns  float64 (R,) and (R, 3); strengths in the series' units for full light
    """
    grey = (1.0 - GREY_WEIGHT) / 3.0
    weigh = np.eye(3) - grey
    weighed = aligned.series @ weigh
    total = float((aligned.series * weighed).sum())
    gram = (aligned.shown.T @ aligned.shown)[_ONE, _OTHER]
    size = (rows.products @ gram) * np.array([[weigh[a, b]] for a, b in _PAIRS])
    along = aligned.shown.T @ weighed
    toward = np.stack([rows.light[channel] @ along[:, channel] for channel in range(3)])
    strength = np.maximum(_solved(size, toward), 0.0)
    squares = (strength**2 * size[:3]).sum(axis=0)
    mixed = sum(strength[a] * strength[b] * size[3 + place] for place, (a, b) in enumerate(_PAIRS[3:]))
    explained = 2.0 * (strength * toward).sum(axis=0) - squares - 2.0 * mixed
    return np.clip(explained / max(total, _NOTHING), 0.0, 1.0), strength.T


def _solved(size: Numbers, toward: Numbers) -> Numbers:
    """float64 (3, R): strengths from the symmetric 3x3 equations of each row, by cofactors.

    size    float64 (6, R), in the order of _PAIRS
    toward  float64 (3, R)
    """
    a, b, c = size[0] + _RIDGE, size[1] + _RIDGE, size[2] + _RIDGE
    d, e, f = size[3], size[4], size[5]
    ca, cb, cc = b * c - f * f, a * c - e * e, a * b - d * d
    cd, ce, cf = e * f - d * c, d * f - b * e, d * e - a * f
    x, y, z = toward
    solved: Numbers = np.stack([ca * x + cd * y + ce * z, cd * x + cb * y + cf * z, ce * x + cf * y + cc * z])
    solved /= a * ca + d * cd + e * ce
    return solved
