"""Calibration records: which similarity is alike enough, measured on whom, with what error rates.

A threshold belongs to one engine, one set of weights, one metric, one way of making templates, and to how many images
were averaged on each side: a mean of several is more alike to everybody, so `2x1`, `2x2` ... have thresholds of their
own. A record that does not fit is no record: everything here fails closed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources
from typing import Any

from auth_service.core.errors import CalibrationMissing, ScoreInvalid
from auth_service.core.intervals import Rate
from auth_service.faces.template import EngineIdentity, Template

FORMAT = 1
"""Version of the file's layout, not of the measurement."""

ACCEPT_FMR = 1e-4
"""Target FMR of zone `match`. source: NIST SP 800-63A-4 and 800-63B-4, FMR no worse than 1 in 10,000 (trust.md 1)"""

GREY_FMR = 1e-2
"""Target FMR down to which a person looks (zone `grey`): below it one stranger in a hundred would look as alike."""

UNKNOWN = Rate(0, 0, 0.0, 1.0)
"""A rate where nothing could be compared."""

SHIPPED, OWN = "shipped", "own"
NO_NORMALISATION = "none"

MOST_IMAGES = 4
"""Images per side that have cells of their own. More are judged by the cell of four, where the FMR grows beyond its
target (1.2 to 2.6 times, five to eight images), so nobody should average more than this.
source: docs/accuracy.md, "Images per template" """


class Metric(StrEnum):
    """How two templates become one similarity."""

    COSINE = "cosine"
    """Cosine of the angle between the vectors, -1..1."""
    EUCLIDEAN = "euclidean"
    """Minus the Euclidean distance, at most 0, so that larger is more alike."""


class Basis(StrEnum):
    """What the match threshold of a cell rests on."""

    MEASURED = "measured"
    """On people enough for its target (rule of 30)."""
    RAISED = "raised"
    """On too few people for its target: the strictest of what is known, never looser than what was seen."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """One threshold and what it was measured to do. A similarity at or above `threshold` passes it.

    fmr, fnmr  `trials` 0: nobody has photos enough that could be compared, so it is unknown (0 to 1)
    """

    fmr_target: float
    threshold: float
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True)
class Cell:
    """Thresholds for one number of images per side. raises CalibrationMissing, ScoreInvalid (from the constructor)

    people       whose images were compared
    accept       at FMR 1e-4: zone `match` begins here
    grey         at FMR 1e-2: zone `grey` begins here
    """

    people: int
    accept: OperatingPoint
    grey: OperatingPoint
    basis: Basis = Basis.MEASURED

    def __post_init__(self) -> None:
        if not (math.isfinite(self.accept_at) and math.isfinite(self.grey_at)):
            raise ScoreInvalid("a threshold is not finite")
        if self.grey_at > self.accept_at:
            raise CalibrationMissing("the grey zone begins above the match threshold")

    @property
    def accept_at(self) -> float:
        return self.accept.threshold

    @property
    def grey_at(self) -> float:
        return self.grey.threshold


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds of one engine with the measurement behind them.

    name, version  together they stand in every decision
    data_is        who and what was measured
    data_is_not    what the numbers do not speak for; shown beside them
    cells          `<images of the reference>x<images of the probe>` -> Cell
    own            measured on the operator's own people; False: it came with the service
    """

    name: str
    version: int
    identity: EngineIdentity
    metric: Metric
    mirrored: bool
    measured_on: date
    data_is: str
    data_is_not: tuple[str, ...]
    cells: Mapping[str, Cell]
    own: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether people enough stand behind the match threshold for single images, on which the others lean."""
        single = self.cells.get(cell_key(1, 1))
        return single is not None and single.basis is Basis.MEASURED

    @property
    def label(self) -> str:
        """Name and version as decisions and evidence carry them."""
        return f"{self.name}@{self.version}"

    def require(self, identity: EngineIdentity, *, mirrored: bool) -> None:
        """Stop unless this record was measured with just these weights. raises CalibrationMissing"""
        if identity != self.identity:
            raise CalibrationMissing(f"{self.label} was measured with another engine or other weights")
        if mirrored != self.mirrored:
            raise CalibrationMissing(
                f"{self.label} was measured {'with' if self.mirrored else 'without'} mirror images"
            )

    def cell_for(self, reference: Template, probe: Template) -> Cell:
        """The cell for this many images on each side. raises CalibrationMissing, ScoreInvalid (a template of none)"""
        return self.cell(reference.images, probe.images)

    def cell(self, references: int, probes: int) -> Cell:
        """The same for these numbers of images. raises CalibrationMissing, ScoreInvalid (no image)"""
        key = cell_key(references, probes)
        cell = self.cells.get(key)
        if cell is None:
            raise CalibrationMissing(f"{self.label} has no cell {key}")
        return cell


def fitting(calibration: Calibration | None, probe: Template, images: int) -> Calibration:
    """A record that can judge `images` probes like this one against any number of enrolled images. Asked whether or
    not anybody is enrolled, so that a record that is missing or incomplete stops all alike and tells who is to nobody.

    raises   CalibrationMissing (none, other weights, or a cell is missing), ScoreInvalid (no image)
    """
    if calibration is None:
        raise CalibrationMissing(probe.identity.engine)
    calibration.require(probe.identity, mirrored=probe.mirrored)
    for references in range(1, MOST_IMAGES + 1):
        calibration.cell(references, images)
    return calibration


CalibrationSource = Callable[[], Calibration | None]
"""Gives the record in force at this moment; None: nothing may be decided. raises CalibrationMissing (damaged)"""


def cell_key(references: int, probes: int) -> str:
    """`1x1`, `2x1` ... `4x4`, the larger number first: one reference against two probes is `2x1`.

    The metric is symmetric and the measured images play both parts, so the two orders are one and the same measurement.

    raises   ScoreInvalid: a template of no image
    """
    if min(references, probes) < 1:
        raise ScoreInvalid("a template of no image")
    more, fewer = max(references, probes), min(references, probes)
    return f"{min(more, MOST_IMAGES)}x{min(fewer, MOST_IMAGES)}"


def load_shipped(engine: str) -> Calibration:
    """The record that comes with the service for this engine. raises CalibrationMissing"""
    folder = resources.files("auth_service.matching") / "calibrations"
    for entry in folder.iterdir():
        if entry.name == f"{engine}.json":
            calibration = parse(entry.read_text(encoding="utf-8"))
            if calibration.identity.engine != engine:
                raise CalibrationMissing(f"{entry.name} names another engine")
            return calibration
    raise CalibrationMissing(f"no shipped record for engine {engine}")


def parse(text: str) -> Calibration:
    """A record from its JSON. raises CalibrationMissing (not a whole record), ScoreInvalid (NaN or infinity in it)"""
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        return _record(document)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as wrong:
        raise CalibrationMissing(f"the calibration record is damaged: {wrong}") from wrong


def render(calibration: Calibration) -> str:
    """The JSON that `parse` reads, stable in order, with a newline at the end."""
    document = {
        "format": FORMAT,
        "name": calibration.name,
        "version": calibration.version,
        "engine": calibration.identity.engine,
        "weights_digest": calibration.identity.weights_digest,
        "metric": calibration.metric.value,
        "mirrored": calibration.mirrored,
        "origin": OWN if calibration.own else SHIPPED,
        "normalisation": NO_NORMALISATION,
        "measured_on": calibration.measured_on.isoformat(),
        "data": {"is": calibration.data_is, "is_not": list(calibration.data_is_not)},
        "cells": {
            key: {
                "people": cell.people,
                "basis": cell.basis.value,
                "accept": _point_document(cell.accept),
                "grey": _point_document(cell.grey),
            }
            for key, cell in calibration.cells.items()
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _refuse_constant(name: str) -> float:
    raise ScoreInvalid(f"{name} in a calibration record")


def _record(document: Mapping[str, Any]) -> Calibration:
    if document["format"] != FORMAT:
        raise ValueError("unknown format")
    if document.get("normalisation", NO_NORMALISATION) != NO_NORMALISATION:
        raise ValueError("scores are not normalised in this release (docs/decisions/0019-score-normalisation.md)")
    return Calibration(
        name=_text(document["name"]),
        version=_count(document["version"]),
        identity=EngineIdentity(_text(document["engine"]), _text(document["weights_digest"])),
        metric=Metric(document["metric"]),
        mirrored=_flag(document["mirrored"]),
        measured_on=date.fromisoformat(document["measured_on"]),
        data_is=_text(document["data"]["is"]),
        data_is_not=tuple(_text(line) for line in document["data"]["is_not"]),
        cells={_text(key): _cell(cell) for key, cell in document["cells"].items()},
        own={SHIPPED: False, OWN: True}[document.get("origin", SHIPPED)],
    )


def _cell(document: Mapping[str, Any]) -> Cell:
    basis = Basis(document.get("basis", Basis.MEASURED))
    return Cell(_count(document["people"]), _point(document["accept"], basis), _point(document["grey"], basis), basis)


def _point(document: Mapping[str, Any], basis: Basis) -> OperatingPoint:
    """What was measured has an FMR; a raised threshold may lie where nothing could be compared."""
    return OperatingPoint(
        fmr_target=_share(document["fmr_target"]),
        threshold=_number(document["threshold"]),
        fmr=_rate(document["fmr"], may_be_unknown=basis is Basis.RAISED),
        fnmr=_rate(document["fnmr"], may_be_unknown=True),
    )


def _rate(document: Mapping[str, Any], *, may_be_unknown: bool = False) -> Rate:
    rate = Rate(
        _count(document["errors"]), _count(document["trials"]), _share(document["low"]), _share(document["high"])
    )
    if may_be_unknown and rate == UNKNOWN:
        return rate
    if rate.trials == 0 or not rate.low <= rate.value <= rate.high:
        raise ValueError("a rate lies outside its own interval")
    return rate


def _point_document(point: OperatingPoint) -> dict[str, Any]:
    return {
        "fmr_target": point.fmr_target,
        "threshold": point.threshold,
        "fmr": rate_document(point.fmr),
        "fnmr": rate_document(point.fnmr),
    }


def rate_document(rate: Rate) -> dict[str, float]:
    """A rate as JSON writes it; the ends of the interval to seven decimals, rounded outwards."""
    return {
        "errors": rate.errors,
        "trials": rate.trials,
        "low": math.floor(rate.low * 1e7) / 1e7,
        "high": min(1.0, math.ceil(rate.high * 1e7) / 1e7),
    }


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text is missing")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("a yes or no is missing")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("a count is missing")
    return value


def _number(value: object) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError("a number is missing")
    if not math.isfinite(value):
        raise ScoreInvalid("a number in the calibration record is not finite")
    return float(value)


def _share(value: object) -> float:
    number = _number(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError("a share lies outside 0..1")
    return number
