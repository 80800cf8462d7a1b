"""How far one film moves as others did, wherever in them, at whatever speed, mirrored or not.

The mean of each stretch is taken away, so that what stays the same (the person, the room, the screen it is shown on)
counts for nothing and only what moved is compared. All known films lie one after another on one line of equal time
steps; a step that is asked about is laid on every place of it, at every speed, by one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from auth_service.liveness.measures import WAVES
from auth_service.liveness.replay_print import PrintedStep, ReplayPrint

Numbers = NDArray[np.floating]
Places = NDArray[np.intp]

_EVERY_MS = 80.0
"""Places at which films are laid against each other. source: own decision; a turn takes half a second and more"""
_SPEEDS = (0.8, 0.87, 0.93, 1.0, 1.07, 1.15, 1.25)
"""At which a film may be played; beyond, a person moves unlike a person."""
_LEAST_SHARE = 0.6
"""Of a step's frames that must lie beside the other film."""
LEAST_FRAMES = 8
"""Of a step, so that chance does not fit a line through it."""
_LONGEST_MS = 8_000
"""Of a step, beyond which it is laid out no further: what is compared stays below 22 MB whatever times a client claims.
source: the page sends 3 s of a motion"""
_MIRROR = np.where((np.arange(1, WAVES + 1) % 8) % 2 == 1, -1.0, 1.0).astype(np.float32)
"""A mirror turns the sign of the odd horizontal frequencies."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Sums over equal time steps of products of what moved: of both films, of the one asked about, of the known one.

    frames  of the film asked about that lie beside the other
    """

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
    if not _is_long_enough(step):
        return 0.0
    waves = _floats(step)
    return float(((waves - waves.mean(axis=0)) ** 2).sum(axis=1).mean())


def agreements(asked: Sequence[PrintedStep], known: Sequence[ReplayPrint]) -> tuple[Agreement, ...]:
    """With each known film, of all steps together: each laid where it fits that film best; all of them mirrored or not.

    Takes as long whatever the films show.
    """
    line = _line(known)
    plain, mirrored = [Agreement()] * len(known), [Agreement()] * len(known)
    for step in asked:
        if line is None or not _is_long_enough(step):
            continue
        for number, (straight, turned) in enumerate(_laid(step, line, len(known))):
            plain[number] += straight
            mirrored[number] += turned
    return tuple(max(pair, key=lambda one: one.likeness) for pair in zip(plain, mirrored, strict=True))


@dataclass(frozen=True, slots=True)
class _Line:
    """All known steps, one after another, T places in all.

    waves   float32 (T, 63)
    sums    float32 (T + 1, 63), of all waves before a place; squares float64 (T + 1,), of their squared lengths
    firsts, lengths, films  int (S,), of each step: its first place, how many it has, which film it belongs to
    """

    waves: NDArray[np.float32]
    sums: Numbers
    squares: Numbers
    firsts: Places
    lengths: Places
    films: Places


@dataclass(frozen=True, slots=True)
class _Asked:
    """A step at one speed: float32 (L, 63), with the same sums, and how many of its frames lie before each place."""

    waves: NDArray[np.float32]
    sums: Numbers
    squares: Numbers
    frames: Places


@dataclass(frozen=True, slots=True)
class _Ways:
    """H ways to lay a step on the line: from its place `begins` to before `ends` beside what lies `away` from there.

    films  which film each lies on; frames: how many of the step's lie beside it
    """

    begins: Places
    ends: Places
    away: Places
    films: Places
    frames: Places


def _line(known: Sequence[ReplayPrint]) -> _Line | None:
    steps = [(n, _even(step, 1.0)) for n, film in enumerate(known) for step in film.steps if _is_long_enough(step)]
    if not steps:
        return None
    waves = np.concatenate([even for _, even in steps])
    lengths = np.array([len(even) for _, even in steps], np.intp)
    films = np.array([n for n, _ in steps], np.intp)
    return _Line(waves, *_sums(waves), np.cumsum(lengths) - lengths, lengths, films)


def _laid(step: PrintedStep, line: _Line, films: int) -> list[tuple[Agreement, Agreement]]:
    """On each film where it fits best, as it is and mirrored."""
    asked = [_asked(step, speed) for speed in _SPEEDS]
    straight = np.concatenate([one.waves for one in asked])
    products = np.concatenate([straight, straight * _MIRROR]) @ line.waves.T
    found, row = [(Agreement(), Agreement())] * films, 0
    for one in asked:
        length, ways = len(one.waves), _ways(one, line, len(step.times))
        if len(ways.away):
            pair = products[row : row + length], products[row + len(straight) : row + len(straight) + length]
            _keep_best(found, ways, _told(one, ways, line, pair))
        row += length
    return found


def _ways(asked: _Asked, line: _Line, frames: int) -> _Ways:
    """Those in which enough of the step lies beside one known step."""
    length = len(asked.waves)
    counts = line.lengths + length - 1
    step = np.repeat(np.arange(len(counts)), counts)
    shift = np.arange(len(step)) - np.repeat(np.cumsum(counts) - counts, counts) - (length - 1)
    begins, ends = np.maximum(0, -shift), np.minimum(length, line.lengths[step] - shift)
    inside = asked.frames[ends] - asked.frames[begins]
    kept = inside >= max(LEAST_FRAMES, _LEAST_SHARE * frames)
    away = line.firsts[step] + shift
    return _Ways(begins[kept], ends[kept], away[kept], line.films[step][kept], inside[kept])


@dataclass(frozen=True, slots=True)
class _Told:
    """For each way the sums of an Agreement; `shared` as it is and mirrored, float64 (2, H)."""

    shared: Numbers
    asked: Numbers
    known: Numbers


def _told(asked: _Asked, ways: _Ways, line: _Line, products: tuple[Numbers, Numbers]) -> _Told:
    begins, ends, away = ways.begins, ways.ends, ways.away
    count = (ends - begins).astype(np.float64)
    ours = asked.sums[ends] - asked.sums[begins]
    theirs = line.sums[away + ends] - line.sums[away + begins]
    both = ours * theirs
    means = np.stack([both.sum(axis=1), both @ _MIRROR]) / count
    together = np.stack([_along(one, begins, ends, away) for one in products])
    own = asked.squares[ends] - asked.squares[begins] - np.einsum("hw,hw->h", ours, ours) / count
    other = line.squares[away + ends] - line.squares[away + begins] - np.einsum("hw,hw->h", theirs, theirs) / count
    return _Told(together - means, own, other)


def _along(products: Numbers, begins: Places, ends: Places, away: Places) -> Numbers:
    """float32 (H,): for each way the sum of what stands where the step meets the line.

    Row i of the products moves i places to the left, so that this stands in one column.
    """
    length, places = products.shape
    wide = np.zeros((length, places + length), np.float32)
    wide[:, :places] = products[::-1]
    slanted = wide.ravel()[: length * (places + length - 1)].reshape(length, -1)[::-1]
    before = np.zeros((length + 1, places + length - 1), np.float32)
    np.cumsum(slanted, axis=0, out=before[1:])
    column = away + length - 1
    return np.asarray(before[ends, column] - before[begins, column])


def _keep_best(found: list[tuple[Agreement, Agreement]], ways: _Ways, told: _Told) -> None:
    """Of each film, as it is and mirrored."""
    likeness = 2.0 * told.shared / np.maximum(told.asked + told.known, 1e-9)
    borders = np.searchsorted(ways.films, np.arange(len(found) + 1))
    for film, (low, high) in enumerate(pairwise(borders)):
        if low < high:
            best = [low + int(np.argmax(one[low:high])) for one in likeness]
            ones = (
                Agreement(float(told.shared[way, at]), float(told.asked[at]), float(told.known[at]),
                          int(ways.frames[at]))
                for way, at in enumerate(best)
            )  # fmt: skip
            straight, turned = (
                max(before, one, key=lambda each: each.likeness) for before, one in zip(found[film], ones, strict=True)
            )
            found[film] = straight, turned


def _asked(step: PrintedStep, speed: float) -> _Asked:
    waves = _even(step, speed)
    at = np.minimum(np.rint(_since(step) * speed / _EVERY_MS).astype(np.intp), len(waves) - 1)
    frames = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=len(waves)))]).astype(np.intp)
    return _Asked(waves, *_sums(waves), frames)


def _even(step: PrintedStep, speed: float) -> NDArray[np.float32]:
    """float32 (L, 63): the step played at `speed`, every _EVERY_MS, what lies between two frames drawn straight."""
    times = _since(step) * speed
    at = np.arange(0.0, times[-1] + 1e-6, _EVERY_MS)
    low = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    up = np.clip((at - times[low]) / np.maximum(times[low + 1] - times[low], 1.0), 0.0, 1.0)[:, None]
    waves = _floats(step)
    return np.asarray((1.0 - up) * waves[low] + up * waves[low + 1], np.float32)


def _sums(waves: NDArray[np.float32]) -> tuple[Numbers, Numbers]:
    sums, squares = np.zeros((len(waves) + 1, waves.shape[1]), np.float32), np.zeros(len(waves) + 1)
    np.cumsum(waves, axis=0, out=sums[1:])
    np.cumsum((waves.astype(np.float64) ** 2).sum(axis=1), out=squares[1:])
    return sums, squares


def _is_long_enough(step: PrintedStep) -> bool:
    return len(step.times) >= LEAST_FRAMES


def _since(step: PrintedStep) -> Numbers:
    return np.asarray(np.minimum(step.times - step.times[0], _LONGEST_MS), np.float64)


def _floats(step: PrintedStep) -> Numbers:
    return step.waves.astype(np.float64) / 127.0
