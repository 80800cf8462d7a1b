"""One face, several identities (1:N): which pairs of people a monitor should lay side by side, and which first.

Among a hundred thousand people there are five thousand million pairs, so that at the threshold of a pass (FMR 1e-4)
half a million pairs of strangers look alike. No similarity tells a duplicate from chance there: the output is a queue,
ranked and capped, and never a decision. The rank of a pair is how many pairs at least as alike, and agreeing in what
the two share besides the face (the second signal), chance alone would give: the fewer, the earlier.

source  design/measured.md, "Scale": a full sweep can use only a ranked, capped review queue with a second signal
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from auth_service.matching.calibration import MOST_IMAGES, Calibration, Metric

STEP = 1e-4
"""Width of a bin of margins. Within a bin the order is by the margin itself; only the count behind it is coarse."""
BINS = 4096
"""Bins of margins; what lies beyond the last counts in the last."""
SLACK = 1e-4
"""By how much the scan looks deeper than the threshold: float32 sums over 128 to 512 numbers are off by less, and each
pair that is put before people is compared again in full precision. source: tests/engines, exact scan beside numpy"""


class Signal(StrEnum):
    """What two people share besides their faces: common or rare in a population; the rarer, the more it says."""

    FLAG = "flag"
    """Another flag names both: one account (P01), one telephone that passes for many (V01), two numbers (I04) ..."""
    PHONE = "phone"
    """The same telephone in the ledger."""
    NAME = "name"
    """The same full name and year of birth."""
    PLACE = "place"
    """The same region code, to the village where the ledger has it."""


@dataclass(frozen=True, slots=True)
class DuplicatePolicy:
    """ground  the law or approval on which faces on file are held against each other, as the record of processing
        has it; nothing is scanned while it is empty, and people are to be told first (notice of 2026-12-02)
    queue  most pairs that wait for a monitor's first look; a scan adds none beyond
    days  from the start of one scan by the worker to the next; 0: the worker makes none

    source  trust.md, scope creep: only with an approved purpose; own decision: two hundred pairs are a week's work of
        one monitor at ten minutes a pair
    """

    ground: str = ""
    queue: int = 200
    days: int = 7

    def __post_init__(self) -> None:
        if self.queue < 1 or self.days < 0:
            raise ValueError("a queue holds a pair at least, and days are not negative")


class Near(NamedTuple):
    """Pairs of places whose similarity reaches a floor, first < second. int64 (P,), int64 (P,), float32 (P,)"""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float32]


class FaceScanner(Protocol):
    """Templates in memory, all of one engine, each against each. Nothing is ever asked of it from outside: there is no
    way to hand in a face. `engines/face_scan.py`; in tests a plain product of matrices."""

    def put(self, place: int, vectors: NDArray[np.float32]) -> None:
        """vectors: float32 (n, D), for the places from `place` on. raises ScoreInvalid: zero or not finite"""

    def drop(self, places: Sequence[int]) -> None:
        """These are alike to nobody from now on, and their numbers are gone."""

    def near(self, begin: int, end: int, floor: float) -> Near:
        """Those of places begin <= first < end against every later place."""


class Thresholds:
    """Where a pair begins to be worth a look: `match` of the calibration in force, by the images behind each side."""

    def __init__(self, calibration: Calibration) -> None:
        """raises CalibrationMissing: it lacks a cell"""
        self.label = calibration.label
        self.metric: Metric = calibration.metric
        count = MOST_IMAGES + 1
        self._accept = np.full((count, count), math.inf)
        self._fmr_high = 0.0
        for one in range(1, count):
            for other in range(1, count):
                cell = calibration.cell(one, other)
                self._accept[one, other] = cell.accept_at
                self._fmr_high = max(self._fmr_high, cell.accept.fmr.high)

    @property
    def floor(self) -> float:
        """No pair below this can reach its own threshold."""
        return float(self._accept.min()) - SLACK

    def margins(
        self, one: NDArray[np.uint8], other: NDArray[np.uint8], similarity: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """By how much pairs pass their own thresholds; negative: they do not. one, other: images behind each side"""
        accept = self._accept[np.minimum(one, MOST_IMAGES), np.minimum(other, MOST_IMAGES)]
        return np.asarray(similarity.astype(np.float64) - accept)

    def by_chance(self, people: int) -> float:
        """How many pairs of strangers may reach the threshold: the upper end of the FMR's interval times all pairs.

        Only as good as the calibration is for these people (docs/faces-across-people.md).
        """
        return self._fmr_high * pairs_of(people)


class Tail:
    """How many pairs have a margin of at least so much, counted over the whole scan."""

    def __init__(self, counts: Iterable[int] = ()) -> None:
        given = list(counts)
        self._counts = np.zeros(BINS, dtype=np.int64)
        self._counts[: len(given)] = given

    def add(self, margins: NDArray[np.float64]) -> None:
        """margins: none negative"""
        places = np.minimum((margins / STEP).astype(np.int64), BINS - 1)
        self._counts += np.bincount(places, minlength=BINS)

    def at_least(self, margin: float) -> int:
        """Pairs in the bin of this margin or beyond it, at least 1."""
        place = min(int(max(margin, 0.0) / STEP), BINS - 1)
        return max(1, int(self._counts[place:].sum()))

    @property
    def total(self) -> int:
        return int(self._counts.sum())

    def counts(self) -> list[int]:
        """As the constructor takes them, without the empty end."""
        filled = np.flatnonzero(self._counts)
        return [int(count) for count in self._counts[: int(filled[-1]) + 1 if filled.size else 0]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two people whose templates reach the threshold.

    margin   by how much they pass it
    signals  what else they share
    """

    first: str
    second: str
    similarity: float
    margin: float
    signals: frozenset[Signal]


@dataclass(frozen=True, slots=True)
class Ranked:
    """by_chance: how many pairs as alike and sharing as much chance alone gives, if likeness and the rest had nothing
    to do with each other. Kin share both, so that it is a rank and no probability."""

    candidate: Candidate
    by_chance: float


class Pool:
    """The best candidates so far, so many for each second signal: nothing behind them can reach the queue."""

    def __init__(self, shares: Mapping[Signal, float], most: int) -> None:
        """shares: part of all pairs that share a signal"""
        self._shares = shares
        self.most = most
        self._kept: dict[Signal | None, list[Candidate]] = {}

    def rarest(self, signals: Iterable[Signal]) -> Signal | None:
        """The one that says most; signals go together, so that only one counts."""
        return min(signals, key=lambda signal: (self._shares.get(signal, 1.0), signal.value), default=None)

    def room(self, signal: Signal | None) -> float:
        """The margin that the next candidate of this kind must exceed."""
        kept = self._kept.get(signal, [])
        return kept[-1].margin if len(kept) >= self.most else -math.inf

    def offer(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Takes in those that are among the best of their kind; returns them."""
        news = list(candidates)
        for candidate in news:
            self._kept.setdefault(self.rarest(candidate.signals), []).append(candidate)
        for kind, kept in self._kept.items():
            self._kept[kind] = sorted(kept, key=_order)[: self.most]
        held = {(one.first, one.second) for kept in self._kept.values() for one in kept}
        return [one for one in news if (one.first, one.second) in held]

    def ranked(self, tail: Tail) -> list[Ranked]:
        """Everybody kept, the least likely by chance first."""
        found = [self._rank(one, tail) for kept in self._kept.values() for one in kept]
        return sorted(found, key=lambda ranked: (ranked.by_chance, *_order(ranked.candidate)))

    def _rank(self, candidate: Candidate, tail: Tail) -> Ranked:
        rarest = self.rarest(candidate.signals)
        share = 1.0 if rarest is None else self._shares.get(rarest, 1.0)
        return Ranked(candidate, tail.at_least(candidate.margin) * share)


def pairs_of(people: int) -> int:
    """How many pairs they make."""
    return people * (people - 1) // 2


def share_of(codes: NDArray[np.int64]) -> float:
    """Part of all pairs whose codes agree; 0 means: not known, which agrees with nothing. int64 (N,)"""
    _, sizes = np.unique(codes[codes > 0], return_counts=True)
    return float((sizes.astype(np.float64) * (sizes - 1) / 2).sum()) / max(1, pairs_of(len(codes)))


def _order(candidate: Candidate) -> tuple[float, str, str]:
    return (-candidate.margin, candidate.first, candidate.second)
