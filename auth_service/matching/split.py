"""Measurement per cell (`1x1`, `2x1` ...): on all people for a calibration, and split by people for honesty.

Templates of a cell: a person's acquired images sorted by name; a template of one image is each image, a template of
two is every run of two neighbours (the last with the first, if there are more than two), and so on. Every template of
the reference side meets every template of the probe side that shares no image with it. Threshold and rate from the same
people flatter each other, so `split_halves` reads the threshold on one half of the people and the rates on the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.faces.template import Template
from auth_service.matching.calibration import (
    ACCEPT_FMR,
    GREY_FMR,
    MOST_IMAGES,
    Calibration,
    Cell,
    Metric,
    cell_key,
)
from auth_service.matching.evaluation import Lost, operating_point, point_document
from auth_service.matching.metrics import ENOUGH_ERRORS, equal_error_rate, false_matches_allowed
from auth_service.matching.resampling import REPLICATES, SEED, ResampledScores
from auth_service.matching.score_sets import ScoreSet, TemplateTable, all_against_all, table_of

SPLIT_CELLS: Mapping[str, tuple[int, int]] = {"1x1": (1, 1), "2x1": (2, 1), "2x2": (2, 2)}
"""Images of the reference and of the probe in the cells that are looked at in halves."""

CELLS: Mapping[str, tuple[int, int]] = {
    cell_key(more, fewer): (more, fewer) for more in range(1, MOST_IMAGES + 1) for fewer in range(1, more + 1)
}
"""The same for every cell of a calibration record."""

SPLIT_TARGETS = (1e-2, 1e-3, 1e-4)

Gallery = Sequence[Sequence[Template]]
"""For each person, the templates of its images (one image each), in the order of their names."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a calibration record says of itself beside the numbers."""

    name: str
    version: int
    measured_on: date
    data_is: str
    data_is_not: tuple[str, ...]


def cell_scores(gallery: Gallery, references: int, probes: int, metric: Metric) -> ScoreSet:
    """All comparisons of one cell. raises TemplatesIncomparable, ScoreInvalid"""
    left, right = cell_tables(gallery, references, probes)
    return all_against_all(left, right, len(gallery), metric)


def cell_tables(gallery: Gallery, references: int, probes: int) -> tuple[TemplateTable, TemplateTable]:
    """Both sides of a cell, the same object twice where both sides are alike."""
    images = [template for person in gallery for template in person]
    left = _table(gallery, images, references)
    return left, left if references == probes else _table(gallery, images, probes)


def calibrate(gallery: Gallery, metric: Metric, description: Description, replicates: int = REPLICATES) -> Calibration:
    """A calibration record from all people.

    A cell whose accept threshold would rest on fewer than 30 false matches (rule of 30) is left out of the record, and
    comparisons that need it will be refused.
    raises   EvaluationSetTooSmall (no cell is left), TemplatesIncomparable, ScoreInvalid
    """
    first = next((template for person in gallery for template in person), None)
    cells = {}
    for key, (references, probes) in CELLS.items():
        scores = cell_scores(gallery, references, probes, metric)
        non_mated = int(np.count_nonzero(~scores.is_mated))
        if false_matches_allowed(ACCEPT_FMR, non_mated) < ENOUGH_ERRORS or not np.any(scores.is_mated):
            continue
        resampled = ResampledScores(scores, replicates)
        accept, grey = (operating_point(resampled, resampled, target) for target in (ACCEPT_FMR, GREY_FMR))
        cells[key] = Cell(resampled.people, accept, grey)
    if first is None or not cells:
        raise EvaluationSetTooSmall("a calibration needs 300,000 non-mated comparisons")
    return Calibration(
        name=description.name,
        version=description.version,
        identity=first.identity,
        metric=metric,
        mirrored=first.mirrored,
        measured_on=description.measured_on,
        data_is=description.data_is,
        data_is_not=description.data_is_not,
        cells=cells,
    )


def split_halves(gallery: Gallery, metric: Metric, seed: int, replicates: int) -> dict[str, Any]:
    """Thresholds from one half of the people, rates with bootstrap intervals on the other, and the other way round.

    returns  cell -> list of two {thresholds_from, people, mated, non_mated, eer, points}
    raises   EvaluationSetTooSmall, TemplatesIncomparable, ScoreInvalid
    """
    order = np.random.default_rng(seed).permutation(len(gallery))
    halves = [[gallery[person] for person in half] for half in np.array_split(order, 2)]
    found: dict[str, Any] = {}
    for key, (references, probes) in SPLIT_CELLS.items():
        sets = [ResampledScores(cell_scores(half, references, probes, metric), replicates, SEED) for half in halves]
        found[key] = [_half(sets[0], sets[1], "first"), _half(sets[1], sets[0], "second")]
    return found


def _half(threshold_from: ResampledScores, rates_from: ResampledScores, name: str) -> dict[str, Any]:
    points = [operating_point(threshold_from, rates_from, target) for target in SPLIT_TARGETS]
    return {
        "thresholds_from": name,
        "people": rates_from.people,
        "mated": int(rates_from.mated.size),
        "non_mated": int(rates_from.non_mated.size),
        "eer": equal_error_rate(rates_from.mated, rates_from.non_mated),
        "points": [point_document(point, Lost()) for point in points],
    }


def _table(gallery: Gallery, images: Sequence[Template], size: int) -> TemplateTable:
    groups: list[tuple[int, Sequence[int]]] = []
    offset = 0
    for number, person in enumerate(gallery):
        groups += [(number, [offset + image for image in run]) for run in runs(len(person), size)]
        offset += len(person)
    return table_of(groups, images)


def runs(images: int, size: int) -> list[tuple[int, ...]]:
    """Runs of `size` neighbours among `images`, going round at the end; one run when they are all there is."""
    if images < size:
        return []
    starts = images if images > size > 1 else images - size + 1
    return [tuple((start + step) % images for step in range(size)) for start in range(starts)]
