"""Score normalisation against a cohort of other people, measured on one's own people before anybody believes in it.

Symmetric s-norm: how far a score stands out from the scores of both templates against the most similar strangers of a
cohort, in their standard deviations: ((s - m_a) / d_a + (s - m_b) / d_b) / 2.
source  Shum et al., Odyssey 2010 (s-norm); Matejka et al., Interspeech 2017 (adaptive: the nearest of the cohort)
It is measured here and applied nowhere: docs/decisions/0019-score-normalisation.md says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.core.intervals import CONFIDENCE
from auth_service.matching.calibration import Metric
from auth_service.matching.metrics import threshold_at_fmr
from auth_service.matching.resampling import REPLICATES, SEED, draw_people
from auth_service.matching.score_sets import Vectors, all_scores, compared, stack
from auth_service.matching.split import SPLIT_CELLS, Gallery, cell_tables

NEAREST = 100
"""Strangers of the cohort that each template is set against. source: docs/design/measured.md, 100 nearest"""

MOST_PEOPLE = 1000
"""People that a measurement takes; half of them are the cohort of the other half."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """FNMR at one FMR without and with normalisation, over the same comparisons.

    difference, low, high  with minus without, and the 95 % interval by person at fixed thresholds: below zero it helps
    halves                 the difference in each half of the people by itself
    """

    target: float
    mated: int
    without: float
    with_it: float
    difference: float
    low: float
    high: float
    halves: tuple[float, float]

    @property
    def helps(self) -> bool:
        """Whether the interval excludes zero and both halves agree."""
        return self.high < 0.0 and max(self.halves) < 0.0


def s_normalised(
    scores: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Scores float64 (n, m), normalised. left, right: float64 (n, 2) and (m, 2), mean and deviation from `against`"""
    by_left = (scores - left[:, :1]) / left[:, 1:]
    by_right = (scores - right[None, :, 0]) / right[None, :, 1]
    found: NDArray[np.float64] = (by_left + by_right) / 2.0
    return found


def against(cohort: Vectors, vectors: Vectors, metric: Metric, nearest: int = NEAREST) -> NDArray[np.float64]:
    """float64 (n, 2): mean and standard deviation of each template's scores against the nearest of the cohort.

    raises   EvaluationSetTooSmall: the cohort has fewer than `nearest` people, or they are all alike
    """
    if len(cohort) < nearest:
        raise EvaluationSetTooSmall(f"a cohort of {nearest} people is needed")
    scores = all_scores(vectors, cohort, metric)
    top = np.partition(scores, len(cohort) - nearest, axis=1)[:, len(cohort) - nearest :]
    deviation = top.std(axis=1)
    if not np.all(deviation > 0.0):
        raise EvaluationSetTooSmall("the cohort's people are all alike")
    return np.stack([top.mean(axis=1), deviation], axis=1)


def measure_normalisation(gallery: Gallery, metric: Metric, target: float, seed: int = 1) -> dict[str, Comparison]:
    """Two-fold: each half of the people is measured with the other half as its cohort. Cells of one and two images.

    Thresholds are read on the half that is measured, for both ways alike.
    raises   EvaluationSetTooSmall: no cell has mated comparisons and people enough, ScoreInvalid
    """
    order = np.random.default_rng(seed).permutation(len(gallery))[:MOST_PEOPLE]
    halves = [[gallery[person] for person in half] for half in np.array_split(order, 2)]
    found = {}
    for key, sizes in SPLIT_CELLS.items():
        measured = [
            _half(own, other, sizes, metric, target) for own, other in ((halves[0], halves[1]), (halves[1], halves[0]))
        ]
        if all(half is not None for half in measured):
            found[key] = _compared([half for half in measured if half is not None], target)
    if not found:
        raise EvaluationSetTooSmall("no people with several photos to measure normalisation on")
    return found


@dataclass(frozen=True, slots=True)
class _Half:
    """Mated comparisons of one half: whose, and whether missed without and with normalisation."""

    people: int
    owner: NDArray[np.int32]
    without: NDArray[np.bool_]
    with_it: NDArray[np.bool_]


def _half(own: Gallery, other: Gallery, sizes: tuple[int, int], metric: Metric, target: float) -> _Half | None:
    cohort = stack([person[0] for person in other])
    left, right = cell_tables(own, *sizes)
    if not len(left.persons) or not len(right.persons):
        return None
    plain = all_scores(left.vectors, right.vectors, metric)
    normalised = s_normalised(plain, against(cohort, left.vectors, metric), against(cohort, right.vectors, metric))
    row, column = compared(left, right)
    mated = left.persons[row] == right.persons[column]
    if not np.any(mated) or np.all(mated):
        return None
    missed = []
    for scores in (plain, normalised):
        seen = scores[row, column]
        missed.append(seen[mated] < threshold_at_fmr(seen[~mated], target))
    return _Half(len(own), left.persons[row][mated], missed[0], missed[1])


def _compared(halves: Sequence[_Half], target: float) -> Comparison:
    without = np.concatenate([half.without for half in halves])
    with_it = np.concatenate([half.with_it for half in halves])
    changes = np.concatenate([_by_person(half) for half in halves])
    trials = np.concatenate([np.bincount(half.owner, minlength=half.people) for half in halves])
    weights = draw_people(len(trials), REPLICATES, SEED)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile((weights @ changes) / np.maximum(weights @ trials, 1.0), [tail, 1.0 - tail])
    apart = [float(half.with_it.mean() - half.without.mean()) for half in halves]
    return Comparison(
        target, int(without.size), float(without.mean()), float(with_it.mean()),
        float(with_it.mean() - without.mean()), float(low), float(high), (apart[0], apart[1]),
    )  # fmt: skip


def _by_person(half: _Half) -> NDArray[np.float64]:
    change = half.with_it.astype(np.float64) - half.without
    return np.bincount(half.owner, weights=change, minlength=half.people).astype(np.float64)


def normalisation_document(found: Mapping[str, Comparison]) -> dict[str, Any]:
    """As JSON. `helps` only where every measured cell gains: one kind of score serves all cells."""
    return {
        "applied": "none",
        "helps": all(cell.helps for cell in found.values()),
        "nearest": NEAREST,
        "cells": {
            key: {
                "fmr": cell.target,
                "mated": cell.mated,
                "fnmr_without": cell.without,
                "fnmr_with": cell.with_it,
                "difference": cell.difference,
                "low": cell.low,
                "high": cell.high,
                "halves": list(cell.halves),
                "helps": cell.helps,
            }
            for key, cell in found.items()
        },
    }
