"""How far one film moves as another did, wherever in it, at whatever speed, mirrored or not.

The mean of each stretch is taken away, so that what stays the same (the person, the room, the screen it is shown on)
counts for nothing and only what moved is compared, frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auth_service.liveness.measures import WAVES
from auth_service.liveness.replay_print import PrintedStep

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Grid:
    """speeds    at which a film may be played; beyond, a person moves unlike a person
    every_ms  places at which it is laid against the other; a turn of a second is seen apart by a sixteenth of it
    """

    speeds: tuple[float, ...]
    every_ms: float


_COARSE = _Grid((0.8, 0.93, 1.07, 1.25), 120.0)
_FINE = _Grid((0.8, 0.87, 0.93, 1.0, 1.07, 1.15, 1.25), 60.0)
_WORTH = 0.45
"""Likeness on the coarse grid from which the fine one is tried. source: own decision, for speed; what is a replay shows
at least this much a sixteenth of a second and 7 % of speed away"""
_LEAST_SHARE = 0.6
"""Of a step's frames that must lie beside the other film."""
LEAST_FRAMES = 8
"""Of a step, so that chance does not fit a line through it."""
_MIRROR = np.where((np.arange(1, WAVES + 1) % 8) % 2 == 1, -1.0, 1.0)
"""A mirror turns the sign of the odd horizontal frequencies."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Sums over frames of products of what moved: of both films, of the one asked about, of the known one."""

    shared: float = 0.0
    asked: float = 0.0
    known: float = 0.0
    frames: int = 0

    @property
    def likeness(self) -> float:
        """1.0 the same movement, 0.0 none in common; less than a correlation where one moved more than the other."""
        return 2.0 * self.shared / max(self.asked + self.known, 1e-9)

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.shared + other.shared,
            self.asked + other.asked,
            self.known + other.known,
            self.frames + other.frames,
        )


def movement(step: PrintedStep) -> float:
    """Mean square of what moves in a step, 0..1; 0.0 where there are too few frames."""
    if len(step.times) < LEAST_FRAMES:
        return 0.0
    waves = _floats(step)
    return float(((waves - waves.mean(axis=0)) ** 2).sum(axis=1).mean())


def agreement(asked: Sequence[PrintedStep], known: Sequence[PrintedStep]) -> Agreement:
    """Of all steps together, each laid where it fits the known film best; the whole film mirrored or not."""
    plain = mirrored = Agreement()
    for step in asked:
        pairs = [_laid_well(step, other) for other in known if len(other.times) >= LEAST_FRAMES]
        plain += max((pair[0] for pair in pairs), key=_likeness, default=Agreement())
        mirrored += max((pair[1] for pair in pairs), key=_likeness, default=Agreement())
    return max(plain, mirrored, key=_likeness)


def _likeness(one: Agreement) -> float:
    return one.likeness


def _laid_well(asked: PrintedStep, known: PrintedStep) -> tuple[Agreement, Agreement]:
    """As it is and mirrored."""
    coarse = _laid(asked, known, _COARSE)
    worth = max(one.likeness for one in coarse) >= _WORTH
    return _laid(asked, known, _FINE) if worth else coarse


def _laid(asked: PrintedStep, known: PrintedStep, grid: _Grid) -> tuple[Agreement, Agreement]:
    places = _places(_since(asked), _since(known), grid)
    if not len(places.count):
        return Agreement(), Agreement()
    ours, theirs = _centred(_floats(asked)), _centred(_floats(known))
    low, high, up, inside, count = places.low, places.low + 1, places.up, places.inside, places.count
    own, other = ours @ ours.T, theirs @ theirs.T
    length = (1 - up) ** 2 * other[low, low] + 2 * up * (1 - up) * other[low, high] + up**2 * other[high, high]
    asked_sum = inside @ np.diag(own) - ((inside @ own) * inside).sum(axis=1) / count
    known_sum = (inside * length).sum(axis=1) - ((places.weights @ other) * places.weights).sum(axis=1) / count
    rows = np.arange(len(ours))

    def best(across: Numbers) -> Agreement:
        beside = (1 - up) * across[rows, low] + up * across[rows, high]
        shared = (inside * beside).sum(axis=1) - ((inside @ across) * places.weights).sum(axis=1) / count
        at = int(np.argmax(2.0 * shared / np.maximum(asked_sum + known_sum, 1e-9)))
        return Agreement(float(shared[at]), float(asked_sum[at]), float(known_sum[at]), int(count[at]))

    return best(ours @ theirs.T), best((ours * _MIRROR) @ theirs.T)


@dataclass(frozen=True, slots=True)
class _Places:
    """H ways to lay N frames on a film of M.

    low, up  int (H, N) and float (H, N): each frame lies `up` of the way from frame `low` to the next
    inside   float (H, N), 1.0 where the known film has something beside
    weights  float (H, M), how much of each known frame is used
    count    float (H,), frames inside
    """

    low: NDArray[np.intp]
    up: Numbers
    inside: Numbers
    weights: Numbers
    count: Numbers


def _places(asked: Numbers, known: Numbers, grid: _Grid) -> _Places:
    starts = [(speed, np.arange(-asked[-1] * speed, known[-1] + 1.0, grid.every_ms)) for speed in grid.speeds]
    at = np.concatenate([asked * speed + start[:, None] for speed, start in starts])
    inside = ((at >= 0.0) & (at <= known[-1])).astype(np.float64)
    kept = inside.sum(axis=1) >= max(LEAST_FRAMES, _LEAST_SHARE * len(asked))
    at, inside = at[kept], inside[kept]
    low = np.asarray(np.clip(np.searchsorted(known, at, side="right") - 1, 0, len(known) - 2), np.intp)
    up = np.asarray(np.clip((at - known[low]) / np.maximum(known[low + 1] - known[low], 1.0), 0.0, 1.0), np.float64)
    shape = (len(at), len(known))
    flat = low + np.arange(shape[0])[:, None] * shape[1]
    parts = [(flat, inside * (1 - up)), (flat + 1, inside * up)]
    sums = [np.bincount(where.ravel(), weight.ravel(), shape[0] * shape[1]) for where, weight in parts]
    weights = np.asarray((sums[0] + sums[1]).reshape(shape), np.float64)
    return _Places(low, up, inside, weights, inside.sum(axis=1))


def _since(step: PrintedStep) -> Numbers:
    return np.asarray(step.times - step.times[0], np.float64)


def _floats(step: PrintedStep) -> Numbers:
    return step.waves.astype(np.float64) / 127.0


def _centred(waves: Numbers) -> Numbers:
    return np.asarray(waves - waves.mean(axis=0))
