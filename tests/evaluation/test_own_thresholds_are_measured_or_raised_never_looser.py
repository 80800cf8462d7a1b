"""Thresholds from one's own people, on synthetic populations with known truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from auth_service.core.errors import CalibrationMissing, EvaluationSetTooSmall
from auth_service.core.intervals import Rate
from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching.calibration import Basis, Calibration, Cell, Metric, OperatingPoint, parse, render
from auth_service.matching.comparison import Zone
from auth_service.matching.effect import Effect, StoredComparison
from auth_service.matching.metrics import threshold_at_fmr
from auth_service.matching.normalisation import measure_normalisation, normalisation_document
from auth_service.matching.own_people import EVERYBODY, OwnPerson, OwnPhoto
from auth_service.matching.own_record import Plan, Proposal, Subject, make_proposal
from auth_service.matching.own_scores import MOST_COMPARISONS, CellScores
from auth_service.matching.own_thresholds import Targets, find_thresholds
from auth_service.matching.split import CELLS, cell_scores

CAST = EngineIdentity("cast", "c0" * 32)
TODAY = date(2026, 11, 24)


def crowd(
    people: int, images: int, seed: int, *, common: float = 0.0, groups: Sequence[str] = (), noise: float = 0.35
) -> list[OwnPerson]:
    """People as random directions, images as those with noise; `common` is what the faces of this crowd share."""
    generator = np.random.default_rng(seed)
    shared = np.zeros(24)
    shared[0] = common
    found = []
    for number in range(people):
        middle = generator.normal(size=24) + shared
        photos = tuple(
            OwnPhoto(
                Template(CAST, (middle + generator.normal(size=24) * noise).astype(np.float32), 1, mirrored=True), TODAY
            )
            for _ in range(images)
        )
        found.append(OwnPerson(f"{seed}-{number}", None, None, photos, frozenset({EVERYBODY, *groups})))
    return found


def galleries(people: Sequence[OwnPerson]) -> list[list[Template]]:
    return [[photo.template for photo in person.photos] for person in people]


@pytest.fixture(scope="module")
def shipped() -> Calibration:
    """A record made of another population, whose faces share nothing."""
    gallery, rate = galleries(crowd(150, 4, 1)), Rate(1, 10_000, 0.0, 0.001)
    cells = {}
    for key, sizes in CELLS.items():
        scores = cell_scores(gallery, *sizes, Metric.COSINE)
        accept, grey = (threshold_at_fmr(scores.scores[~scores.is_mated], fmr) for fmr in (1e-4, 1e-2))
        cells[key] = Cell(150, OperatingPoint(1e-4, accept, rate, rate), OperatingPoint(1e-2, grey, rate, rate))
    return Calibration("cast", 1, CAST, Metric.COSINE, True, TODAY, "synthetic", ("real",), cells)


def proposal(people: Sequence[OwnPerson], shipped: Calibration | None, targets: Targets | None = None) -> Proposal:
    subject = Subject(CAST, Metric.COSINE, True, shipped)
    return make_proposal(people, len(people), subject, Plan("own", targets or Targets(), normalisation=False), TODAY)


def test_the_threshold_of_enough_people_is_that_of_the_shipped_estimator() -> None:
    people = crowd(300, 2, 5)
    found = find_thresholds(people, Metric.COSINE, Targets(1e-3), None)
    single = found[0]
    scores = cell_scores(galleries(people), 1, 1, Metric.COSINE)
    wanted = threshold_at_fmr(scores.scores[~scores.is_mated], 1e-3)
    assert (single.key, single.cell.basis, single.decided_by) == ("1x1", Basis.MEASURED, EVERYBODY)
    assert 0 <= single.cell.accept_at - wanted <= 1e-6
    assert single.cell.accept.fmr.value <= 1e-3
    assert single.cell.accept.fmr.low < 1e-3 < single.cell.accept.fmr.high
    assert single.cell.accept.fnmr.trials == 300


def test_another_crowd_of_the_same_kind_matches_at_the_rate_that_was_aimed_at() -> None:
    found = find_thresholds(crowd(400, 2, 6), Metric.COSINE, Targets(1e-3), None)[0]
    other = cell_scores(galleries(crowd(400, 2, 7)), 1, 1, Metric.COSINE)
    realised = float(np.mean(other.scores[~other.is_mated] >= found.cell.accept_at))
    assert 0.5e-3 <= realised <= 2e-3


def test_a_crowd_of_lookalikes_gets_a_stricter_threshold_than_the_shipped_one(shipped: Calibration) -> None:
    found = find_thresholds(crowd(300, 2, 8, common=4.0), Metric.COSINE, Targets(1e-3), shipped)[0]
    assert found.cell.basis is Basis.MEASURED
    assert found.cell.accept_at > shipped.cells["1x1"].accept_at


def test_few_people_never_loosen_and_never_stay_below_what_was_seen(shipped: Calibration) -> None:
    unlike, alike = crowd(8, 6, 9, common=-0.5), crowd(8, 6, 10, common=6.0)
    for people in (unlike, alike):
        for finding in find_thresholds(people, Metric.COSINE, Targets(), shipped):
            assert finding.cell.basis is Basis.RAISED
            assert finding.cell.accept_at >= shipped.cells[finding.key].accept_at
            assert finding.cell.accept.fmr.errors == 0
            assert finding.cell.grey_at <= finding.cell.accept_at
    record = proposal(alike, shipped).calibration
    assert not record.is_measured
    assert any("FMR 0.0001" in line and "776" in line for line in record.data_is_not)


def test_cells_that_too_few_people_can_fill_are_carried_over_and_stay_stricter(shipped: Calibration) -> None:
    people = [*crowd(300, 2, 11, common=3.0), *crowd(20, 6, 12, common=3.0)]
    found = {finding.key: finding for finding in find_thresholds(people, Metric.COSINE, Targets(1e-3), shipped)}
    assert found["2x1"].cell.basis is Basis.MEASURED
    assert found["3x1"].cell.basis is Basis.RAISED
    assert found["3x1"].cell.accept_at >= found["2x1"].cell.accept_at
    assert "carried over from 2x1" in found["3x1"].candidates


def test_people_with_one_photo_each_still_give_a_record_whose_fnmr_is_unknown(shipped: Calibration) -> None:
    record = proposal(crowd(300, 1, 13), shipped, Targets(1e-3)).calibration
    single, double = record.cells["1x1"], record.cells["2x1"]
    assert single.basis is Basis.MEASURED
    assert (single.accept.fnmr.trials, single.accept.fnmr.high) == (0, 1.0)
    assert (double.basis, double.accept.fmr.trials) == (Basis.RAISED, 0)
    assert render(parse(render(record))) == render(record)


def test_without_a_shipped_record_too_few_people_get_no_record_at_all() -> None:
    with pytest.raises(EvaluationSetTooSmall):
        find_thresholds(crowd(50, 2, 14), Metric.COSINE, Targets(), None)
    with pytest.raises(EvaluationSetTooSmall):
        find_thresholds([], Metric.COSINE, Targets(), None)


def test_the_worst_stratum_that_is_large_enough_sets_the_threshold(shipped: Calibration) -> None:
    alike = crowd(260, 1, 15, common=5.0, groups=["80 and over"])
    others = crowd(600, 1, 16, groups=["under 60"])
    few = crowd(40, 1, 17, common=6.0, groups=["70-79"])
    found = find_thresholds([*alike, *others, *few], Metric.COSINE, Targets(1e-3), shipped)[0]
    assert found.decided_by == "80 and over"
    assert found.cell.accept_at >= found.candidates[EVERYBODY]
    groups = {group.name: group for group in found.groups}
    assert groups["80 and over"].fmr.value <= 1e-3
    assert groups["80 and over"].enough
    assert not groups["70-79"].enough
    assert groups["70-79"].threshold is None
    assert groups["70-79"].fmr.value > 1e-3, "a stratum too small to decide is still shown"
    report = proposal([*alike, *others, *few], shipped, Targets(1e-3)).report
    assert report["worst"]["fmr"]["name"] == "70-79"
    assert not report["worst"]["fmr"]["enough"]


def test_the_grey_zone_is_everybodys_so_that_more_people_are_looked_at(shipped: Calibration) -> None:
    alike, others = crowd(260, 1, 15, common=5.0, groups=["80 and over"]), crowd(600, 1, 16)
    together = find_thresholds([*alike, *others], Metric.COSINE, Targets(1e-3), shipped)[0]
    scores = cell_scores(galleries([*alike, *others]), 1, 1, Metric.COSINE)
    assert together.cell.grey_at <= threshold_at_fmr(scores.scores[~scores.is_mated], 1e-2) + 2e-3


def test_comparisons_between_people_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_service.matching.own_scores.MOST_COMPARISONS", 10_000)
    people = crowd(60, 6, 18)
    scores = CellScores(people, 2, 1, Metric.COSINE).among(range(60))
    assert np.count_nonzero(~scores.is_mated) <= 10_000 < MOST_COMPARISONS
    assert np.count_nonzero(scores.is_mated) == 60 * 6 * 4  # every run of two against the four photos outside it
    again = CellScores(people, 2, 1, Metric.COSINE).among(range(60))
    assert np.array_equal(scores.scores, again.scores)


def test_a_record_says_what_it_is_not_and_comes_back_whole(shipped: Calibration) -> None:
    made = proposal(crowd(300, 2, 19), shipped, Targets(1e-3))
    record = made.calibration
    assert record.own
    assert record.is_measured
    assert render(parse(render(record))) == render(record)
    assert "optimistic" in record.data_is_not[0]
    json.dumps(made.report, allow_nan=False)
    assert "19-" not in json.dumps(made.report), "no person stands in what is kept"
    assert len(made.look["most_alike"]) == 10
    assert not shipped.own
    normalised = json.dumps({**json.loads(render(record)), "normalisation": "snorm"})
    with pytest.raises(CalibrationMissing):
        parse(normalised)


def test_people_who_may_be_two_and_pairs_who_may_be_one_are_named(shipped: Calibration) -> None:
    people = crowd(300, 2, 20)
    twin = replace(people[0], id="twin")
    stranger = replace(people[1], id="mixed", photos=(people[1].photos[0], people[2].photos[0]))
    look = proposal([*people, twin, stranger], shipped, Targets(1e-3)).look
    pairs = [{pair["one"], pair["other"]} for pair in look["most_alike"][:3]]
    assert {"20-0", "twin"} in pairs
    assert {"20-1", "mixed"} in pairs
    assert "mixed" in look["unlike_themselves"]


def test_what_would_change_is_counted_by_direction_and_stratum(shipped: Calibration) -> None:
    cell = shipped.cells["2x1"]
    high, middle, low = cell.accept_at + 1e-3, (cell.accept_at + cell.grey_at) / 2, cell.grey_at - 1e-3
    rows = [StoredComparison(str(n), high, Zone.MATCH, 2, 1, "female", 1940, 2026) for n in range(40)]
    rows += [StoredComparison(str(n), middle, Zone.MATCH, 2, 1, "male", 1960, 2026) for n in range(35)]
    rows += [StoredComparison("a", low, Zone.GREY, 1, 2, None, None, 2026)]
    rows += [StoredComparison("b", high, Zone.GREY, None, 1, None, None, 2026)]
    effect = Effect()
    effect.add(rows, shipped)
    found = effect.document()
    assert (found["comparisons"], found["unknown"], found["changed"]) == (77, 1, 36)
    assert found["changes"] == {"grey to non_match": 1, "match to grey": 35}
    assert found["strata"]["male"] == {"comparisons": 35, "changes": {"match to grey": 35}}
    assert found["strata"]["female"]["changes"] == {}


def test_normalisation_is_measured_with_an_interval_and_refused_where_it_does_not_help() -> None:
    plain = normalisation_document(measure_normalisation(galleries(crowd(300, 3, 21)), Metric.COSINE, 1e-2))
    assert plain["applied"] == "none"
    assert not plain["helps"]
    for cell in plain["cells"].values():
        assert cell["low"] <= cell["difference"] <= cell["high"]
    with pytest.raises(EvaluationSetTooSmall):
        measure_normalisation(galleries(crowd(80, 3, 22)), Metric.COSINE, 1e-2)


def test_normalisation_helps_where_some_people_look_like_many() -> None:
    """Two crowds in one, each alike among themselves: a score means less in the one than in the other."""
    mixed = [*crowd(300, 2, 23, common=9.0, noise=0.9), *crowd(300, 2, 24, noise=0.9)]
    found = measure_normalisation(galleries(mixed), Metric.COSINE, 1e-2)["1x1"]
    assert found.helps
    assert found.with_it < found.without
