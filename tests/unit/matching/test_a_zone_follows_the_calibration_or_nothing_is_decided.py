"""`matching.comparison.compare` and the records behind it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.core.errors import CalibrationMissing, EngineFault, ScoreInvalid, TemplatesIncomparable
from auth_service.core.intervals import Rate
from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching.calibration import (
    Calibration,
    Cell,
    Metric,
    OperatingPoint,
    cell_key,
    load_shipped,
    parse,
    render,
)
from auth_service.matching.comparison import Zone, compare, zone_of

DLIB = EngineIdentity("dlib-resnet", "d1" * 32)


def point(threshold: float, target: float) -> OperatingPoint:
    return OperatingPoint(target, threshold, Rate(1, 10_000, 0.0, 0.001), Rate(5, 100, 0.01, 0.12))


def cell(accept: float, grey: float) -> Cell:
    return Cell(50, point(accept, 1e-4), point(grey, 1e-2))


def record(**cells: Cell) -> Calibration:
    return Calibration(
        name="cast",
        version=3,
        identity=DLIB,
        metric=Metric.COSINE,
        mirrored=True,
        measured_on=date(2026, 11, 1),
        data_is="a synthetic cast of fifty",
        data_is_not=("old people", "twins"),
        cells=cells
        or {
            f"{more}x{fewer}": cell((90 + more + fewer) / 100, 0.6)
            for more in range(1, 5)
            for fewer in range(1, more + 1)
        },
    )


def template(*numbers: float, images: int = 1, identity: EngineIdentity = DLIB, mirrored: bool = True) -> Template:
    return Template(identity, np.array(numbers, dtype=np.float32), images, mirrored)


def test_a_score_exactly_at_a_threshold_passes_it() -> None:
    a, b = template(3, 4), template(4, 3)  # cosine 0.96
    assert compare(a, b, record(**{"1x1": cell(0.96, 0.6)})).zone is Zone.MATCH
    assert compare(a, b, record(**{"1x1": cell(math.nextafter(0.96, 1), 0.96)})).zone is Zone.GREY
    assert compare(a, b, record(**{"1x1": cell(1.0, math.nextafter(0.96, 1))})).zone is Zone.NON_MATCH


def test_a_decision_carries_the_thresholds_and_the_record_that_made_it() -> None:
    decision = compare(template(3, 4), template(4, 3), record())
    assert (decision.similarity, decision.accept_at, decision.grey_at) == (0.96, 0.92, 0.6)
    assert (decision.engine, decision.calibration) == ("dlib-resnet", "cast@3")


def test_the_number_of_images_on_each_side_chooses_the_cell() -> None:
    accepted = {
        (references, probes): compare(
            template(3, 4, images=probes), template(4, 3, images=references), record()
        ).accept_at
        for references in (1, 2, 4, 9)
        for probes in (1, 2, 4, 9)
    }
    assert accepted == {
        (references, probes): (90 + min(references, 4) + min(probes, 4)) / 100 for references, probes in accepted
    }


def test_a_record_of_other_weights_engine_or_mirroring_decides_nothing() -> None:
    for identity, mirrored in [
        (EngineIdentity("dlib-resnet", "d2" * 32), True),
        (EngineIdentity("mobilefacenet", "d1" * 32), True),
        (DLIB, False),
    ]:
        pair = [template(1, 2, identity=identity, mirrored=mirrored) for _ in range(2)]
        with pytest.raises(CalibrationMissing):
            compare(*pair, record())


def test_a_missing_cell_decides_nothing() -> None:
    only_single = record(**{"1x1": cell(0.9, 0.6)})
    assert compare(template(1, 2), template(1, 2), only_single).zone is Zone.MATCH
    with pytest.raises(CalibrationMissing):
        compare(template(1, 2, images=2), template(1, 2), only_single)


def test_templates_of_two_engines_are_refused_before_any_record_is_asked() -> None:
    with pytest.raises(TemplatesIncomparable):
        compare(template(1, 2), template(1, 2, identity=EngineIdentity("other", "00")), record())


def test_a_template_of_no_image_has_no_cell() -> None:
    with pytest.raises(ScoreInvalid):
        cell_key(0, 1)


@pytest.mark.asvs("16.5.3")
@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_has_no_zone(score: float) -> None:
    with pytest.raises(ScoreInvalid):
        zone_of(score, cell(0.9, 0.6))


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_a_more_alike_score_never_lies_in_a_worse_zone(s: float, t: float, u: float, v: float) -> None:
    rank = [Zone.NON_MATCH, Zone.GREY, Zone.MATCH]
    thresholds = cell(max(u, v), min(u, v))
    assert rank.index(zone_of(min(s, t), thresholds)) <= rank.index(zone_of(max(s, t), thresholds))


def test_a_record_survives_writing_and_reading() -> None:
    assert parse(render(record())) == record()


def test_a_grey_zone_above_the_match_threshold_is_refused() -> None:
    with pytest.raises(CalibrationMissing):
        cell(0.5, 0.6)


def damaged(change: Callable[[dict[str, Any]], Any]) -> str:
    document = json.loads(render(record()))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("weights_digest"),
        lambda d: d.update(engine=""),
        lambda d: d.update(metric="manhattan"),
        lambda d: d.update(format=2),
        lambda d: d.update(version="1"),
        lambda d: d.update(mirrored="yes"),
        lambda d: d.update(measured_on="yesterday"),
        lambda d: d.update(cells=[]),
        lambda d: d["data"].pop("is_not"),
        lambda d: d["cells"]["1x1"].pop("grey"),
        lambda d: d["cells"]["1x1"]["accept"].update(threshold="0.9"),
        lambda d: d["cells"]["1x1"]["accept"].update(threshold=True),
        lambda d: d["cells"]["1x1"]["accept"].update(threshold=None),
        lambda d: d["cells"]["1x1"]["grey"].update(threshold=0.99),
        lambda d: d["cells"]["1x1"]["grey"].update(fmr_target=1.5),
        lambda d: d["cells"]["1x1"]["accept"]["fmr"].update(trials=0),
        lambda d: d["cells"]["1x1"]["accept"]["fmr"].update(errors=-1),
        lambda d: d["cells"]["1x1"]["accept"]["fnmr"].update(low=0.5, high=0.6),
    ],
)
def test_a_damaged_record_is_no_record(change: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(CalibrationMissing):
        parse(damaged(change))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", ["accept", "grey"])
def test_a_threshold_that_is_not_finite_stops(number: float, place: str) -> None:
    with pytest.raises(ScoreInvalid):
        parse(damaged(lambda d: d["cells"]["2x1"][place].update(threshold=number)))
    with pytest.raises(ScoreInvalid):
        cell(number, 0.1)


@pytest.mark.parametrize("text", ["", "[]", "null", "7", "{", '{"format": 1}'])
def test_what_is_not_a_record_is_refused(text: str) -> None:
    with pytest.raises(CalibrationMissing):
        parse(text)


@pytest.mark.parametrize("engine", ["nothing-here", "", "../calibrations/dlib-resnet", "dlib-resnet.json"])
def test_an_engine_without_a_shipped_record_is_refused(engine: str) -> None:
    with pytest.raises(CalibrationMissing):
        load_shipped(engine)


def test_the_shipped_default_accepts_at_one_in_ten_thousand_and_says_what_it_is_not() -> None:
    shipped = load_shipped("dlib-resnet")
    assert shipped.metric is Metric.COSINE
    assert shipped.mirrored
    assert len(shipped.identity.weights_digest) == 64
    assert set(shipped.cells) == {f"{more}x{fewer}" for more in range(1, 5) for fewer in range(1, more + 1)}
    for measured in shipped.cells.values():
        assert measured.accept.fmr_target == 1e-4
        assert measured.grey.fmr_target == 1e-2
        assert measured.accept.fmr.value <= 1e-4
        assert measured.grey.fmr.value <= 1e-2
        assert measured.accept.fmr.errors >= 30
        assert measured.people >= 300
    said = " ".join(shipped.data_is_not)
    for limit in ("East Asian", "age gap", "old people", "1e-5"):
        assert limit in said


def test_every_fault_here_is_an_engine_fault_so_that_channels_stop_alike() -> None:
    assert issubclass(CalibrationMissing, EngineFault)
    assert issubclass(ScoreInvalid, EngineFault)
