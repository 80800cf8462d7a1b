"""The operator's own threshold record, with the report that stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.core.intervals import Rate
from auth_service.faces.template import EngineIdentity
from auth_service.matching.calibration import (
    Basis,
    Calibration,
    Metric,
    OperatingPoint,
    cell_key,
    rate_document,
)
from auth_service.matching.effect import tries_document
from auth_service.matching.normalisation import measure_normalisation, normalisation_document
from auth_service.matching.own_people import EVERYBODY, OwnPerson
from auth_service.matching.own_scores import CellScores, most_alike_pairs
from auth_service.matching.own_thresholds import SHOWN_FROM, CellFinding, Targets, find_thresholds, least_people
from auth_service.matching.score_sets import ScoreSet
from auth_service.matching.split import CELLS, SPLIT_CELLS

MOST_ALIKE = 10
"""Pairs of different people that are named for somebody to look at: one person enrolled twice raises thresholds."""


_OPTIMISTIC = (
    "FNMR without a bias: captures are those of attempts that passed at the threshold then in force (or were followed "
    "by a pass within a day), and enrolled photos passed an admission rule of their own, so people whom the matcher "
    "refuses every time are missing and the FNMR is optimistic."
)
_NEVER = (
    _OPTIMISTIC,
    "Relatives, twins or attacks on purpose beyond those who happen to be enrolled.",
    "Label errors taken out: somebody enrolled under two numbers counts as two people, which raises the thresholds.",
)
"""What no record of one's own people speaks for."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is calibrated. `shipped` is the record that came with the service for the same engine."""

    identity: EngineIdentity
    metric: Metric
    mirrored: bool
    shipped: Calibration | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How it is measured.

    people         drawn for everybody, and as many for each stratum
    normalisation  measure score normalisation too
    """

    name: str
    targets: Targets = field(default_factory=Targets)
    people: int = 1500
    seed: int = 1
    normalisation: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record that decides nothing yet.

    report  JSON without a person in it: what is kept beside the record
    look    pairs of people and single people that somebody should look at (ids): shown, never kept
    pictured  score sets for the pictures, by cell
    """

    calibration: Calibration
    report: Mapping[str, Any]
    look: Mapping[str, Any]
    pictured: Mapping[str, ScoreSet]


def make_proposal(
    people: Sequence[OwnPerson],
    listed: int,
    subject: Subject,
    plan: Plan,
    today: date,
    done: Callable[[int], None] = lambda _: None,
) -> Proposal:
    """The record and its report. listed: people with usable references, of whom `people` were drawn

    done     called once per cell
    raises   EvaluationSetTooSmall, TemplatesIncomparable, ScoreInvalid
    """
    findings = find_thresholds(people, subject.metric, plan.targets, subject.shipped, done)
    calibration = Calibration(
        name=plan.name,
        version=1,
        identity=subject.identity,
        metric=subject.metric,
        mirrored=subject.mirrored,
        measured_on=today,
        data_is=_data_is(people, listed, plan),
        data_is_not=_data_is_not(people, findings, plan.targets),
        cells={finding.key: finding.cell for finding in findings},
        own=True,
    )
    everybody = [person for person in people if EVERYBODY in person.groups]
    pictured = _pictured(everybody, calibration)
    report = {
        "sample": _sample(people, listed, plan),
        "targets": {"accept": plan.targets.accept, "grey": plan.targets.grey},
        "least_people": least_people(plan.targets.accept),
        "measured": calibration.is_measured,
        "cells": {finding.key: _cell_document(finding, subject.shipped) for finding in findings},
        "worst": _worst(findings),
        "tries": tries_document(people, calibration),
        "normalisation": _normalisation(everybody, subject.metric, plan),
    }
    return Proposal(calibration, report, _look(everybody, pictured, calibration), pictured)


def _data_is(people: Sequence[OwnPerson], listed: int, plan: Plan) -> str:
    everybody = [person for person in people if EVERYBODY in person.groups]
    photos = sum(len(person.photos) for person in everybody)
    return (
        f"{len(everybody)} of the operator's own {listed} enrolled people, drawn with seed {plan.seed}, with {photos} "
        f"photos of theirs: enrolled ones and captures of confirmed attempts; "
        f"for the strata {len(people)} people in all."
    )


def _data_is_not(people: Sequence[OwnPerson], findings: Sequence[CellFinding], targets: Targets) -> tuple[str, ...]:
    said = [*_NEVER]
    raised = [finding.key for finding in findings if finding.cell.basis is Basis.RAISED]
    if raised:
        said.append(
            f"A measurement of FMR {targets.accept:g} in the cells {', '.join(raised)}: that takes "
            f"{least_people(targets.accept)} people with photos enough. Their thresholds are the strictest of what is "
            "known; nothing looser was inferred."
        )
    if not any(person.sex or person.birth_year for person in people):
        said.append("Rates by sex or age: neither is known of anybody who was drawn.")
    return tuple(said)


def _sample(people: Sequence[OwnPerson], listed: int, plan: Plan) -> dict[str, Any]:
    everybody = [person for person in people if EVERYBODY in person.groups]
    return {
        "listed": listed,
        "drawn": len(people),
        "everybody": len(everybody),
        "photos": sum(len(person.photos) for person in people),
        "with_two_photos": sum(len(person.photos) > 1 for person in everybody),
        "at_most": plan.people,
        "seed": plan.seed,
    }


def _cell_document(finding: CellFinding, shipped: Calibration | None) -> dict[str, Any]:
    old = shipped.cells.get(finding.key) if shipped else None
    return {
        "people": finding.cell.people,
        "basis": finding.cell.basis.value,
        "decided_by": finding.decided_by,
        "candidates": {name: round(value, 6) for name, value in finding.candidates.items()},
        "accept": _point(finding.cell.accept),
        "grey": _point(finding.cell.grey),
        "shipped_accept": old.accept_at if old else None,
        "shipped_grey": old.grey_at if old else None,
        "strata": [
            {
                "name": group.name,
                "people": group.people,
                "enough": group.enough,
                "threshold": group.threshold,
                "fmr": rate_of(group.fmr),
                "fnmr": rate_of(group.fnmr),
            }
            for group in finding.groups
        ],
    }


def _point(point: OperatingPoint) -> dict[str, Any]:
    return {
        "fmr_target": point.fmr_target,
        "threshold": point.threshold,
        "fmr": rate_of(point.fmr),
        "fnmr": rate_of(point.fnmr),
    }


def rate_of(rate: Rate) -> dict[str, float | None]:
    """A rate with its value as JSON; None where nothing could be compared."""
    return {"value": rate.value if rate.trials else None, **rate_document(rate)}


def _worst(findings: Sequence[CellFinding]) -> dict[str, Any]:
    """The stratum with the highest FMR and the one with the highest FNMR, single images; None: no stratum to show."""
    strata = [group for group in findings[0].groups if group.name != EVERYBODY]
    found: dict[str, Any] = {"from_people": SHOWN_FROM}
    for kind in ("fmr", "fnmr"):
        rates = [(getattr(group, kind), group) for group in strata if getattr(group, kind).trials]
        worst = max(rates, key=lambda pair: pair[0].value, default=None)
        found[kind] = (
            {"name": worst[1].name, "people": worst[1].people, "enough": worst[1].enough, **rate_of(worst[0])}
            if worst
            else None
        )
    return found


def _normalisation(everybody: Sequence[OwnPerson], metric: Metric, plan: Plan) -> dict[str, Any]:
    """Measured at the match target if half of the people are enough for it, else at the grey target."""
    if not plan.normalisation:
        return {"applied": "none", "measured": False, "why": "not asked for"}
    gallery = [[photo.template for photo in person.photos] for person in everybody]
    enough = len(everybody) // 2 >= least_people(plan.targets.accept)
    target = plan.targets.accept if enough else plan.targets.grey
    try:
        return {"measured": True, **normalisation_document(measure_normalisation(gallery, metric, target, plan.seed))}
    except EvaluationSetTooSmall as few:
        return {"applied": "none", "measured": False, "why": few.detail}


def _pictured(everybody: Sequence[OwnPerson], calibration: Calibration) -> dict[str, ScoreSet]:
    """Cells of one and two images in which different people could be compared; with one photo each nothing is mated."""
    sets = {}
    for key in SPLIT_CELLS:
        if key in calibration.cells:
            scores = CellScores(everybody, *CELLS[key], calibration.metric).among(range(len(everybody)))
            if not scores.is_mated.all():
                sets[key] = scores
    return sets


def _look(everybody: Sequence[OwnPerson], pictured: Mapping[str, ScoreSet], calibration: Calibration) -> dict[str, Any]:
    """Who may be one person under two numbers, and who may be two under one."""
    single = CellScores(everybody, 1, 1, calibration.metric)
    scores = pictured.get(cell_key(1, 1))
    scores = scores if scores is not None else single.among(range(len(everybody)))
    grey = calibration.cells[cell_key(1, 1)].grey_at
    members = [number for number in range(len(everybody)) if single.takes_part(number)]
    unlike = [everybody[n].id for n in members if single.mated(n).size and float(single.mated(n).min()) < grey]
    return {
        "most_alike": [
            {"one": everybody[members[a]].id, "other": everybody[members[b]].id, "similarity": score}
            for a, b, score in most_alike_pairs(scores, MOST_ALIKE)
        ],
        "unlike_themselves": unlike,
    }
