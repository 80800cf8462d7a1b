"""From scores with known truth to the error rates that are reported: FMR, FNMR, EER, per stratum, with and without."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from auth_service.core.intervals import clopper_pearson
from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching.calibration import Calibration, Metric, OperatingPoint, cell_key
from auth_service.matching.manifests import ImageRow, PairRow, Role, people_of_pairs
from auth_service.matching.metrics import (
    ENOUGH_ERRORS,
    equal_error_rate,
    failure_to_acquire_rate,
    false_matches_allowed,
    fmr_at,
    fnmr_at,
    threshold_at_fmr,
)
from auth_service.matching.resampling import ResampledScores
from auth_service.matching.score_sets import (
    ScoreSet,
    TemplateTable,
    all_against_all,
    paired_scores,
    stack,
    table_of,
)

FMR_TARGETS = (1e-2, 1e-3, 1e-4, 1e-5)
"""Reported operating points. source: contract.md section 5"""

THRESHOLD_STEP = 1e-6
"""Thresholds are rounded up to this, so that a printed threshold is the one whose rates stand beside it."""


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What became of the images.

    templates  path -> template of that one image
    failed     path -> error code, for images that gave no template
    """

    identity: EngineIdentity
    mirrored: bool
    templates: Mapping[str, Template]
    failed: Mapping[str, str]

    @property
    def images(self) -> int:
        return len(self.templates) + len(self.failed)

    @property
    def failure_rate(self) -> float:
        return failure_to_acquire_rate(self.images, len(self.failed))


@dataclass(frozen=True, slots=True)
class Lost:
    """Comparisons that never had a score, because an image of theirs could not be acquired."""

    mated: int = 0
    non_mated: int = 0


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """The measurement of one set of comparisons."""

    people: int
    mated: int
    non_mated: int
    lost: Lost
    eer: float
    points: tuple[OperatingPoint, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A whole report; `also` holds further measurements by name (strata, without suspects)."""

    acquisition: Acquisition
    metric: Metric
    scores: ScoreSet
    rates: ErrorRates
    also: dict[str, Any] = field(default_factory=dict)


def evaluate_pairs(
    rows: Sequence[PairRow],
    acquired: Acquisition,
    metric: Metric,
    suspects: frozenset[frozenset[str]] = frozenset(),
    calibration: Calibration | None = None,
) -> Evaluation:
    """Listed pairs, one image each side; with strata if the rows name any, without the suspect pairs besides.

    calibration  whose thresholds are tried on this set (key `at_calibration`): what they would do to these people

    raises   FieldInvalid (labels contradict each other), EvaluationSetTooSmall, ScoreInvalid
    """
    persons = people_of_pairs(rows)
    kept = [row for row in rows if row.path_a in acquired.templates and row.path_b in acquired.templates]
    scores = _pair_scores(kept, acquired, persons, metric)
    rates = measure(scores, _lost(rows, kept))
    also: dict[str, Any] = {}
    if any(row.stratum for row in rows):
        also["strata"] = by_stratum(scores, [row.stratum for row in kept], rates.points)
    if calibration:
        also["at_calibration"] = at_calibration(scores, calibration)
    if suspects:
        sound = [row for row in rows if row.key not in suspects]
        sound_kept = np.array([row.key not in suspects for row in kept], dtype=np.bool_)
        without = measure(scores.where(sound_kept), _lost(sound, [row for row in kept if row.key not in suspects]))
        also["suspects"] = len(rows) - len(sound)
        also["without_suspects"] = rates_document(without)
    return Evaluation(acquired, metric, scores, rates, also)


def evaluate_templates(rows: Sequence[ImageRow], acquired: Acquisition, metric: Metric) -> Evaluation:
    """One averaged template per subject and role, every reference against every probe.

    A subject whose images of one role all failed to be acquired loses that template; its mated comparison is lost.
    raises   EvaluationSetTooSmall, TemplatesIncomparable, ScoreInvalid
    """
    subjects = {subject: number for number, subject in enumerate(sorted({row.subject for row in rows}))}
    paths = sorted(acquired.templates)
    position = {path: number for number, path in enumerate(paths)}
    images = [acquired.templates[path] for path in paths]
    tables: dict[Role, TemplateTable] = {}
    wanted: dict[Role, set[int]] = {}
    for role in Role:
        members: dict[int, list[int]] = {}
        of_role = [row for row in rows if row.role is role]
        for row in of_role:
            if row.path in position:
                members.setdefault(subjects[row.subject], []).append(position[row.path])
        tables[role] = table_of(list(members.items()), images)
        wanted[role] = {subjects[row.subject] for row in of_role}
    scores = all_against_all(tables[Role.REFERENCE], tables[Role.PROBE], len(subjects), metric)
    mated = len(wanted[Role.REFERENCE] & wanted[Role.PROBE])
    non_mated = len(wanted[Role.REFERENCE]) * len(wanted[Role.PROBE]) - mated
    found = int(np.count_nonzero(scores.is_mated))
    lost = Lost(mated - found, non_mated - (scores.scores.size - found))
    return Evaluation(acquired, metric, scores, measure(scores, lost))


def measure(scores: ScoreSet, lost: Lost | None = None, targets: Iterable[float] = FMR_TARGETS) -> ErrorRates:
    """Rates at the thresholds that give each target FMR, as far as there are comparisons enough for one false match.

    raises   EvaluationSetTooSmall (no mated or no non-mated comparison), ScoreInvalid
    """
    resampled = ResampledScores(scores)
    return ErrorRates(
        people=resampled.people,
        mated=int(resampled.mated.size),
        non_mated=int(resampled.non_mated.size),
        lost=lost or Lost(),
        eer=equal_error_rate(resampled.mated, resampled.non_mated),
        points=tuple(
            operating_point(resampled, resampled, target)
            for target in targets
            if false_matches_allowed(target, resampled.non_mated.size) >= 1
        ),
    )


def operating_point(threshold_from: ResampledScores, rates_from: ResampledScores, target: float) -> OperatingPoint:
    """Threshold read on one set, rates on another (or the same)."""
    threshold = rounded_up(threshold_at_fmr(threshold_from.non_mated, target))
    return OperatingPoint(target, threshold, rates_from.fmr(threshold), rates_from.fnmr(threshold))


def rounded_up(threshold: float) -> float:
    """The next multiple of THRESHOLD_STEP at or above: rounding may only lower the FMR."""
    steps = round(1 / THRESHOLD_STEP)
    return math.ceil(threshold * steps) / steps


def by_stratum(scores: ScoreSet, strata: Sequence[str], points: Sequence[OperatingPoint]) -> dict[str, Any]:
    """What the thresholds of the whole set do inside each stratum. Intervals are exact binomial.

    One threshold for all is what the service uses; a stratum whose FMR stands out is what this is looked at for.
    """
    names = np.asarray(strata)
    found: dict[str, Any] = {}
    for name in sorted(set(strata)):
        part = scores.where(names == name)
        mated, non_mated = part.scores[part.is_mated], part.scores[~part.is_mated]
        found[name] = {
            "mated": int(mated.size),
            "non_mated": int(non_mated.size),
            "points": [
                {
                    "fmr": point.fmr_target,
                    "threshold": point.threshold,
                    **_share(
                        "fmr_measured", fmr_at(non_mated, point.threshold) if non_mated.size else None, non_mated.size
                    ),
                    **_share("fnmr", fnmr_at(mated, point.threshold) if mated.size else None, mated.size),
                }
                for point in points
            ],
        }
    return found


def at_calibration(scores: ScoreSet, calibration: Calibration) -> dict[str, Any]:
    """FMR and FNMR of this set at a record's thresholds for one image a side: first `match`, then `grey`."""
    cell = calibration.cells[cell_key(1, 1)]
    everybody = by_stratum(scores, ["all"] * scores.scores.size, (cell.accept, cell.grey))["all"]
    return {"calibration": calibration.label, "points": everybody["points"]}


def _pair_scores(
    rows: Sequence[PairRow], acquired: Acquisition, persons: Mapping[str, int], metric: Metric
) -> ScoreSet:
    people = max(persons.values(), default=-1) + 1
    if not rows:
        return ScoreSet(np.zeros(0), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), people)
    paths = sorted({path for row in rows for path in row.key})
    position = {path: number for number, path in enumerate(paths)}
    vectors = stack([acquired.templates[path] for path in paths])
    left = np.array([position[row.path_a] for row in rows])
    right = np.array([position[row.path_b] for row in rows])
    person = np.array([persons[path] for path in paths], dtype=np.int32)
    return ScoreSet(paired_scores(vectors[left], vectors[right], metric), person[left], person[right], people)


def _lost(rows: Sequence[PairRow], kept: Sequence[PairRow]) -> Lost:
    mated = sum(row.mated for row in rows) - sum(row.mated for row in kept)
    return Lost(mated, len(rows) - len(kept) - mated)


def _share(name: str, value: float | None, trials: int) -> dict[str, float | None]:
    if value is None:
        return {name: None}
    low, high = clopper_pearson(round(value * trials), trials)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """The JSON of contract.md section 5, with more keys beside."""
    acquisition = evaluation.acquisition
    return {
        "engine": acquisition.identity.engine,
        "weights_digest": acquisition.identity.weights_digest,
        "metric": evaluation.metric.value,
        "mirrored": acquisition.mirrored,
        "images": acquisition.images,
        "failures_to_acquire": acquisition.failure_rate,
        "failed_images": dict(sorted(acquisition.failed.items())),
        **rates_document(evaluation.rates),
        **evaluation.also,
    }


def rates_document(rates: ErrorRates) -> dict[str, Any]:
    """One set of comparisons as JSON."""
    return {
        "people": rates.people,
        "mated": rates.mated,
        "non_mated": rates.non_mated,
        "mated_lost": rates.lost.mated,
        "non_mated_lost": rates.lost.non_mated,
        "eer": rates.eer,
        "points": [point_document(point, rates.lost) for point in rates.points],
    }


def point_document(point: OperatingPoint, lost: Lost) -> dict[str, Any]:
    """One operating point as JSON.

    fnmr_with_failures  mated comparisons lost to a failure to acquire count as non-matches
    enough_false_matches  whether the FMR rests on 30 false matches or more (rule of 30)
    """
    missed = point.fnmr.errors + lost.mated
    return {
        "fmr": point.fmr_target,
        "threshold": point.threshold,
        "fnmr": point.fnmr.value,
        "fnmr_low": point.fnmr.low,
        "fnmr_high": point.fnmr.high,
        "fnmr_with_failures": missed / (point.fnmr.trials + lost.mated),
        "fmr_measured": point.fmr.value,
        "fmr_low": point.fmr.low,
        "fmr_high": point.fmr.high,
        "false_matches": point.fmr.errors,
        "enough_false_matches": point.fmr.errors >= ENOUGH_ERRORS,
    }
