"""The comparison itself: a score, and the zone that the calibration puts it in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import ScoreInvalid, TemplatesIncomparable
from auth_service.faces.template import Template
from auth_service.matching.calibration import Calibration, Cell, Metric


class Zone(StrEnum):
    """Where a comparison score lies."""

    MATCH = "match"
    """At or above `accept_at`."""
    GREY = "grey"
    """At or above `grey_at`, below `accept_at`: a person looks."""
    NON_MATCH = "non_match"
    """Below `grey_at`."""


@dataclass(frozen=True, slots=True)
class ComparisonDecision:
    """Result of one comparison.

    similarity   the metric that the calibration names; larger is more alike
    zone         see Zone
    calibration  name and version of the record that set the thresholds
    accept_at, grey_at  the thresholds used, kept with the verdict
    """

    similarity: float
    zone: Zone
    engine: str
    calibration: str
    accept_at: float
    grey_at: float


def similarity(a: Template, b: Template, metric: Metric) -> float:
    """How alike two templates are; larger is more alike, `similarity(a, b) == similarity(b, a)`.

    The sums are correctly rounded (math.fsum over float64 products), so neither the order of addition, the thread
    count nor the machine's vector width can change the last bit; about 20 microseconds for 128 numbers.
    raises   TemplatesIncomparable (other engine, weights, mirroring or length), ScoreInvalid (zero or not finite)
    """
    if a.identity != b.identity or a.mirrored != b.mirrored or a.vector.shape != b.vector.shape:
        raise TemplatesIncomparable("templates of different engines, weights or mirroring")
    left, right = _usable(a), _usable(b)
    score = _cosine(left, right) if metric is Metric.COSINE else -math.sqrt(_sum((left - right) ** 2))
    if not math.isfinite(score):
        raise ScoreInvalid("the similarity is not finite")
    return score


def compare(probe: Template, reference: Template, calibration: Calibration) -> ComparisonDecision:
    """Probe against reference, judged by the cell for their numbers of images.

    raises   TemplatesIncomparable, ScoreInvalid, CalibrationMissing (made for other weights, or lacks the cell)
    """
    score = similarity(probe, reference, calibration.metric)
    calibration.require(probe.identity, mirrored=probe.mirrored)
    cell = calibration.cell_for(reference, probe)
    return ComparisonDecision(
        similarity=score,
        zone=zone_of(score, cell),
        engine=probe.identity.engine,
        calibration=calibration.label,
        accept_at=cell.accept_at,
        grey_at=cell.grey_at,
    )


def zone_of(score: float, cell: Cell) -> Zone:
    """The zone of a similarity; a score exactly at a threshold passes it. raises ScoreInvalid: not finite"""
    if not math.isfinite(score):
        raise ScoreInvalid("the similarity is not finite")
    if score >= cell.accept_at:
        return Zone.MATCH
    return Zone.GREY if score >= cell.grey_at else Zone.NON_MATCH


def _usable(template: Template) -> NDArray[np.float64]:
    vector = template.vector.astype(np.float64)
    if vector.ndim != 1 or not np.all(np.isfinite(vector)) or not np.any(vector):
        raise ScoreInvalid("a template is zero or not finite")
    return vector


def _cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    norms = math.sqrt(_sum(a * a)) * math.sqrt(_sum(b * b))
    return max(-1.0, min(1.0, _sum(a * b) / norms))


def _sum(terms: NDArray[np.float64]) -> float:
    return math.fsum(terms.tolist())
