"""Synthetic scores and templates with a known truth: the measurement must find it, within what theory allows."""

from __future__ import annotations

import math
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest

from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching.calibration import Metric, parse, render
from auth_service.matching.comparison import Zone, compare
from auth_service.matching.evaluation import (
    Acquisition,
    evaluate_pairs,
    evaluate_templates,
    evaluation_document,
    measure,
    rounded_up,
)
from auth_service.matching.manifests import ImageRow, PairRow, Role
from auth_service.matching.metrics import equal_error_rate, fmr_at, fnmr_at, threshold_at_fmr
from auth_service.matching.resampling import ResampledScores
from auth_service.matching.score_sets import ScoreSet
from auth_service.matching.split import Description, calibrate, cell_scores, split_halves

CAST = EngineIdentity("cast", "c0" * 32)
NORMAL = NormalDist()


def within(rate: float, truth: float, trials: int, sigmas: float = 4.5) -> bool:
    """Whether a rate lies where a binomial with this truth puts all but seven in a million."""
    return abs(rate - truth) <= sigmas * math.sqrt(truth * (1 - truth) / trials)


@pytest.mark.parametrize("distance", [2.0, 3.0, 4.0])
def test_rates_of_two_normal_distributions_are_recovered(distance: float) -> None:
    generator = np.random.default_rng(11)
    mated, non_mated = generator.normal(distance, 1, 20_000), generator.normal(0, 1, 1_000_000)
    eer = NORMAL.cdf(-distance / 2)
    assert within(equal_error_rate(mated, non_mated), eer, 20_000)
    for fmr in (1e-2, 1e-3, 1e-4):
        threshold = threshold_at_fmr(non_mated, fmr)
        truth = NORMAL.inv_cdf(1 - fmr)
        # the standard error of a quantile: sqrt(p(1-p)/n) over the density there
        spread = math.sqrt(fmr / non_mated.size) / NORMAL.pdf(truth)
        assert abs(threshold - truth) < 4.5 * spread
        assert within(fnmr_at(mated, threshold), NORMAL.cdf(threshold - distance), mated.size)
        assert fmr_at(non_mated, threshold) <= fmr


def crowd(people: int, images: int, noise: float, seed: int, common: float = 0.0) -> list[list[Template]]:
    """People as random directions, images as those with noise; `common` is what all faces share."""
    generator = np.random.default_rng(seed)
    shared = np.zeros(16)
    shared[0] = common
    found = []
    for _ in range(people):
        centre = generator.normal(size=16) + shared
        found.append(
            [
                Template(CAST, (centre + noise * generator.normal(size=16)).astype(np.float32), 1, True)
                for _ in range(images)
            ]
        )
    return found


def flat(gallery: list[list[Template]]) -> tuple[list[ImageRow], dict[str, Template]]:
    templates = {f"{p:04}/{n}": image for p, person in enumerate(gallery) for n, image in enumerate(person)}
    return [ImageRow(path, path.split("/")[0], None) for path in templates], templates


def test_the_interval_by_person_covers_the_truth_where_the_binomial_one_does_not() -> None:
    """Each person has a rate of its own (0 or 0.4, so 0.1 overall) and 20 comparisons: strong dependence."""
    covered_by_person = covered_binomial = 0
    worlds = 200
    for world in range(worlds):
        generator = np.random.default_rng(world)
        hard = generator.random(80) < 0.25
        missed = generator.random((80, 20)) < np.where(hard, 0.4, 0.0)[:, None]
        scores = np.where(missed, 0.0, 1.0).ravel()
        person = np.repeat(np.arange(80, dtype=np.int32), 20)
        others = ScoreSet(
            np.append(scores, 0.0), np.append(person, np.int32(0)), np.append(person, np.int32(1)).astype(np.int32), 80
        )
        rate = ResampledScores(others, replicates=200, seed=world).fnmr(0.5)
        covered_by_person += rate.low <= 0.1 <= rate.high
        half = 1.96 * math.sqrt(rate.value * (1 - rate.value) / rate.trials)
        covered_binomial += abs(rate.value - 0.1) <= half
    assert covered_by_person >= 0.89 * worlds  # nominal 0.95 less the small-sample error of the percentile method
    assert covered_binomial <= 0.75 * worlds


def test_the_interval_of_an_fmr_covers_the_truth() -> None:
    """Non-mated scores share people: a person's common face raises all of its scores."""
    worlds, people = 60, 60
    truth_threshold, rates, covered = 2.6, [], 0
    left, right = np.triu_indices(people, 1)
    truth = 1 - NORMAL.cdf(truth_threshold / math.sqrt(2 * 0.5**2 + 1))
    for world in range(worlds):
        generator = np.random.default_rng(1000 + world)
        common = 0.5 * generator.normal(size=people)
        scores = common[left] + common[right] + generator.normal(size=left.size)
        mated = np.arange(people)
        made = ScoreSet(
            np.concatenate([scores, np.full(people, 9.0)]),
            np.concatenate([left, mated]).astype(np.int32),
            np.concatenate([right, mated]).astype(np.int32),
            people,
        )
        rate = ResampledScores(made, replicates=200, seed=world).fmr(truth_threshold)
        rates.append(rate.value)
        covered += rate.low <= truth <= rate.high
    assert np.mean(rates) == pytest.approx(truth, rel=0.1)
    assert covered >= 0.85 * worlds


def test_no_error_seen_is_not_no_error_possible() -> None:
    person = np.arange(100, dtype=np.int32)
    clean = ScoreSet(
        np.concatenate([np.ones(100), np.zeros(100)]),
        np.concatenate([person, person]),
        np.concatenate([person, np.roll(person, 1)]),
        100,
    )
    rate = ResampledScores(clean).fnmr(0.5)
    assert (rate.errors, rate.low) == (0, 0.0)
    assert rate.high == pytest.approx(1 - 0.025 ** (1 / 100))


def test_averaging_moves_the_non_mated_scores_so_each_cell_needs_its_own_threshold() -> None:
    """With something that all faces share, the mean of two is more alike to everybody: the 1x1 threshold would leak."""
    gallery = crowd(250, 4, noise=0.8, seed=3, common=3.0)
    thresholds, leaks = {}, {}
    single = cell_scores(gallery, 1, 1, Metric.COSINE)
    at_one = threshold_at_fmr(single.scores[~single.is_mated], 1e-3)
    for key, (references, probes) in {"1x1": (1, 1), "2x1": (2, 1), "2x2": (2, 2)}.items():
        scores = cell_scores(gallery, references, probes, Metric.COSINE)
        non_mated = scores.scores[~scores.is_mated]
        thresholds[key] = threshold_at_fmr(non_mated, 1e-3)
        leaks[key] = fmr_at(non_mated, at_one)
        assert fmr_at(non_mated, thresholds[key]) <= 1e-3
    assert thresholds["1x1"] < thresholds["2x1"] < thresholds["2x2"]
    assert leaks["2x2"] > 1.5e-3


def test_a_calibration_holds_its_rates_on_new_people() -> None:
    description = Description("cast", 1, date(2026, 11, 1), "a synthetic cast", ("people",))
    record = calibrate(crowd(400, 2, noise=0.5, seed=1), Metric.COSINE, description, replicates=100)
    assert parse(render(record)).cells["1x1"].accept_at == record.cells["1x1"].accept_at
    assert set(record.cells) == {"1x1"}  # two images each: a run of both shares one with every probe
    strangers = crowd(400, 2, noise=0.5, seed=2)
    fresh = cell_scores(strangers, 1, 1, Metric.COSINE)
    non_mated = fresh.scores[~fresh.is_mated]
    cell = record.cells["1x1"]
    assert fmr_at(non_mated, cell.accept_at) == pytest.approx(1e-4, rel=0.8)
    assert fmr_at(non_mated, cell.grey_at) == pytest.approx(1e-2, rel=0.2)
    zones = [compare(person[1], person[0], record).zone for person in strangers]
    missed = sum(zone is not Zone.MATCH for zone in zones)
    assert cell.accept.fnmr.low * 400 - 25 <= missed <= cell.accept.fnmr.high * 400 + 25


def test_too_few_people_are_no_calibration() -> None:
    description = Description("cast", 1, date(2026, 11, 1), "a synthetic cast", ("people",))
    for gallery in ([], crowd(50, 2, noise=0.5, seed=1)):
        with pytest.raises(EvaluationSetTooSmall):
            calibrate(gallery, Metric.COSINE, description)


def test_halves_share_nobody_and_swap_parts() -> None:
    gallery = crowd(80, 4, noise=0.4, seed=6)
    cells = split_halves(gallery, Metric.COSINE, seed=1, replicates=50)
    assert set(cells) == {"1x1", "2x1", "2x2"}
    for halves in cells.values():
        assert [half["thresholds_from"] for half in halves] == ["first", "second"]
        assert [half["people"] for half in halves] == [40, 40]
        for half in halves:
            for point in half["points"]:
                assert point["fmr_low"] <= point["fmr_measured"] <= point["fmr_high"]
                assert point["fnmr_low"] <= point["fnmr"] <= point["fnmr_high"]
    assert split_halves(gallery, Metric.COSINE, seed=1, replicates=50) == cells
    assert split_halves(gallery, Metric.COSINE, seed=2, replicates=50) != cells


def test_listed_pairs_are_measured_and_failures_are_losses_not_scores() -> None:
    gallery = crowd(60, 3, noise=0.3, seed=8)
    _, templates = flat(gallery)
    rows = [PairRow(f"{p:04}/0", f"{p:04}/1", True, "even" if p % 2 == 0 else "odd") for p in range(60)]
    rows += [
        PairRow(f"{p:04}/2", f"{q:04}/2", False, "even" if p % 2 == 0 else "odd") for p in range(60) for q in range(p)
    ]
    rows += [PairRow(f"{p:04}/0", f"{p:04}/2", True, "odd") for p in range(60)]
    failed = {"0000/1": "no_face_found", "0001/2": "image_damaged"}
    left = {path: template for path, template in templates.items() if path not in failed}
    found = evaluate_pairs(rows, Acquisition(CAST, True, left, failed), Metric.COSINE)
    document = evaluation_document(found)
    assert document["failures_to_acquire"] == 2 / 180
    assert (document["mated"], document["mated_lost"]) == (118, 2)
    assert (document["non_mated"], document["non_mated_lost"]) == (60 * 59 // 2 - 59, 59)
    assert document["people"] == 60
    for point in document["points"]:
        missed = round(point["fnmr"] * 118)
        assert point["fnmr_with_failures"] == (missed + 2) / 120
        assert point["fnmr_low"] <= point["fnmr"] <= point["fnmr_high"]
    assert {point["fmr"] for point in document["points"]} == {1e-2, 1e-3}
    assert set(document["strata"]) == {"even", "odd"}
    assert sum(part["mated"] for part in document["strata"].values()) == 118


def test_suspect_pairs_are_reported_with_and_without() -> None:
    gallery = crowd(40, 2, noise=0.2, seed=9)
    _, templates = flat(gallery)
    templates["0000/1"] = templates["0001/0"]  # a label error: the wrong person
    rows = [PairRow(f"{p:04}/0", f"{p:04}/1", True, "") for p in range(40)]
    rows += [PairRow(f"{p:04}/0", f"{q:04}/0", False, "") for p in range(40) for q in range(p)]
    suspects = frozenset([frozenset(("0000/0", "0000/1"))])
    document = evaluation_document(
        evaluate_pairs(rows, Acquisition(CAST, True, templates, {}), Metric.COSINE, suspects)
    )
    assert document["suspects"] == 1
    assert (document["mated"], document["without_suspects"]["mated"]) == (40, 39)
    assert document["points"][0]["fnmr"] == 1 / 40
    assert document["without_suspects"]["points"][0]["fnmr"] == 0.0


def test_templates_meet_all_against_all_and_a_lost_template_loses_its_comparisons() -> None:
    images, templates = flat(crowd(30, 3, noise=0.3, seed=10))
    rows = [ImageRow(row.path, row.subject, Role.PROBE if row.path.endswith("2") else Role.REFERENCE) for row in images]
    failed = {"0003/0": "no_face_found", "0007/2": "no_face_found"}
    left = {path: template for path, template in templates.items() if path not in failed}
    found = evaluate_templates(rows, Acquisition(CAST, True, left, failed), Metric.COSINE)
    assert (found.rates.mated, found.rates.lost.mated) == (29, 1)
    assert (found.rates.non_mated, found.rates.lost.non_mated) == (29 * 29, 29)


def test_a_set_without_mated_or_without_non_mated_comparisons_cannot_be_measured() -> None:
    _, templates = flat(crowd(3, 2, noise=0.3, seed=12))
    acquired = Acquisition(CAST, True, templates, {})
    for row in (PairRow("0000/0", "0000/1", True, ""), PairRow("0000/0", "0001/1", False, "")):
        with pytest.raises(EvaluationSetTooSmall):
            evaluate_pairs([row], acquired, Metric.COSINE)
    everything_failed = Acquisition(CAST, True, {}, {"0000/0": "image_damaged", "0001/1": "image_damaged"})
    with pytest.raises(EvaluationSetTooSmall):
        evaluate_pairs([PairRow("0000/0", "0001/1", False, "")], everything_failed, Metric.COSINE)


def test_points_are_given_only_as_far_as_one_false_match_is_allowed() -> None:
    person = np.arange(101, dtype=np.int32)
    scores = ScoreSet(
        np.linspace(-1, 1, 202), np.concatenate([person, person]), np.concatenate([person, np.roll(person, 1)]), 101
    )
    assert [point.fmr_target for point in measure(scores).points] == [1e-2]


@pytest.mark.parametrize(
    ("exact", "printed"), [(0.5, 0.5), (0.9423603, 0.942361), (-0.4000004, -0.4), (0.942361, 0.942361)]
)
def test_a_printed_threshold_is_never_laxer_than_the_measured_one(exact: float, printed: float) -> None:
    assert rounded_up(exact) == printed


def test_a_records_thresholds_are_tried_on_other_people() -> None:
    """Strangers with something in common falsely match at a threshold that was right for others."""
    description = Description("cast", 1, date(2026, 11, 1), "a synthetic cast", ("people",))
    record = calibrate(crowd(400, 2, noise=0.5, seed=1), Metric.COSINE, description, replicates=100)
    for common, fmr in ((0.0, (0.0, 0.002)), (6.0, (0.02, 1.0))):
        _, templates = flat(crowd(60, 2, noise=0.5, seed=2, common=common))
        rows = [PairRow(f"{p:04}/0", f"{p:04}/1", True, "") for p in range(60)]
        rows += [PairRow(f"{p:04}/0", f"{q:04}/0", False, "") for p in range(60) for q in range(p)]
        found = evaluate_pairs(rows, Acquisition(CAST, True, templates, {}), Metric.COSINE, calibration=record)
        tried = found.also["at_calibration"]
        assert tried["calibration"] == "cast@1"
        assert [point["fmr"] for point in tried["points"]] == [1e-4, 1e-2]
        assert fmr[0] <= tried["points"][0]["fmr_measured"] <= fmr[1]
