"""Many comparisons at once: whose images were compared, and the scores.

The single comparison of a decision is `comparison.similarity`; here the same metric is computed for millions of pairs
by matrix products in float64. The two agree to about 1e-15, and thresholds are rounded up at 1e-6, so no verdict of
a measurement depends on the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import ScoreInvalid, TemplatesIncomparable
from auth_service.faces.template import Template, mean_template
from auth_service.matching.calibration import Metric

BLOCK = 512
"""Rows of one matrix product; bounds the extra memory to 512 x columns x 8 bytes."""

Vectors = NDArray[np.float64]
"""float64 (n, D), one row per template, not normalised."""

People = NDArray[np.int32]
"""int32 (n,), a number per person, equal for images of one person."""


@dataclass(frozen=True, slots=True)
class ScoreSet:
    """Comparisons with known truth.

    scores              float64 (n,), similarities
    person_a, person_b  int32 (n,), 0 <= number < people; equal when the comparison is mated
    people              how many persons there are, also those without a mated comparison
    """

    scores: NDArray[np.float64]
    person_a: People
    person_b: People
    people: int

    @property
    def is_mated(self) -> NDArray[np.bool_]:
        same: NDArray[np.bool_] = self.person_a == self.person_b
        return same

    def where(self, chosen: NDArray[np.bool_]) -> ScoreSet:
        """The chosen comparisons, among the same people."""
        return ScoreSet(self.scores[chosen], self.person_a[chosen], self.person_b[chosen], self.people)


@dataclass(frozen=True, slots=True)
class TemplateTable:
    """Templates of one engine, ready for matrix products.

    persons  int32 (n,)
    members  for each template, which images went in: templates that share an image are never compared
    """

    vectors: Vectors
    persons: People
    members: tuple[frozenset[int], ...]


def table_of(groups: Sequence[tuple[int, Sequence[int]]], images: Sequence[Template]) -> TemplateTable:
    """One averaged template per (person, numbers of its images). raises TemplatesIncomparable, ScoreInvalid"""
    if not groups:
        return TemplateTable(np.zeros((0, 0)), np.zeros(0, dtype=np.int32), ())
    made = [mean_template([images[number] for number in members]) for _, members in groups]
    if any(template.identity != made[0].identity or template.mirrored != made[0].mirrored for template in made):
        raise TemplatesIncomparable("templates of different engines")
    return TemplateTable(
        vectors=stack(made),
        persons=np.array([person for person, _ in groups], dtype=np.int32),
        members=tuple(frozenset(members) for _, members in groups),
    )


def stack(templates: Sequence[Template]) -> Vectors:
    """Their vectors as rows. raises ScoreInvalid: zero or not finite"""
    vectors = np.stack([template.vector for template in templates]).astype(np.float64)
    if not np.all(np.isfinite(vectors)) or not np.all(np.any(vectors != 0.0, axis=1)):
        raise ScoreInvalid("a template is zero or not finite")
    return vectors


def paired_scores(a: Vectors, b: Vectors, metric: Metric) -> NDArray[np.float64]:
    """Similarity of each row of `a` with the same row of `b`."""
    scores: NDArray[np.float64]
    if metric is Metric.COSINE:
        scores = np.clip(np.sum(_unit(a) * _unit(b), axis=1), -1.0, 1.0)
    else:
        scores = -np.sqrt(np.sum((a - b) ** 2, axis=1))
    return scores


def all_scores(a: Vectors, b: Vectors, metric: Metric) -> NDArray[np.float64]:
    """float64 (len(a), len(b)): similarity of every row of `a` with every row of `b`."""
    scores: NDArray[np.float64]
    if metric is Metric.COSINE:
        scores = np.clip(_unit(a) @ _unit(b).T, -1.0, 1.0)
    else:
        squares = np.sum(a * a, axis=1)[:, None] + np.sum(b * b, axis=1)[None, :] - 2.0 * (a @ b.T)
        scores = -np.sqrt(np.maximum(squares, 0.0))
    return scores


def all_against_all(references: TemplateTable, probes: TemplateTable, people: int, metric: Metric) -> ScoreSet:
    """Every reference with every probe, leaving out templates of one person that share an image.

    Given the same table twice, each pair is compared once.
    """
    same = references is probes
    scores, left, right = [], [], []
    for start in range(0, len(references.persons), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(references.persons)))
        kept = _may_be_compared(references, probes, rows, same=same)
        row, column = np.nonzero(kept)
        scores.append(all_scores(references.vectors[rows], probes.vectors, metric)[row, column])
        left.append(references.persons[rows[row]])
        right.append(probes.persons[column])
    if not scores:
        return ScoreSet(np.zeros(0), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), people)
    return ScoreSet(np.concatenate(scores), np.concatenate(left), np.concatenate(right), people)


def compared(references: TemplateTable, probes: TemplateTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which rows are compared with which: int64 (n,) each, by the rule of `all_against_all`."""
    rows = np.arange(len(references.persons))
    row, column = np.nonzero(_may_be_compared(references, probes, rows, same=references is probes))
    return row, column


def _may_be_compared(
    references: TemplateTable, probes: TemplateTable, rows: NDArray[np.int64], *, same: bool
) -> NDArray[np.bool_]:
    kept = np.ones((len(rows), len(probes.persons)), dtype=np.bool_)
    if same:
        kept &= rows[:, None] < np.arange(len(probes.persons))[None, :]
    of_one_person = references.persons[rows][:, None] == probes.persons[None, :]
    for row, column in zip(*np.nonzero(of_one_person & kept), strict=True):
        if references.members[rows[row]] & probes.members[column]:
            kept[row, column] = False
    return kept


def _unit(vectors: Vectors) -> Vectors:
    units: Vectors = vectors / np.sqrt(np.sum(vectors * vectors, axis=1, keepdims=True))
    return units
