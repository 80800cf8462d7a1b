"""The scan of all faces finds exactly what one product of matrices finds, and holds hardly more than the templates."""

from __future__ import annotations

import numpy as np
import pytest

from auth_service.core.errors import ScoreInvalid
from auth_service.engines import face_scan
from auth_service.engines.face_scan import FaceScan
from auth_service.matching.calibration import Metric
from auth_service.matching.duplicates import SLACK, Near
from tests.exact_scan import ExactScan

PEOPLE, PLANTED = 1200, 40


def templates(dimensions: int = 128) -> np.ndarray:
    """People in one corner of the space, as faces are; each of the first forty once more as their own near copy."""
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(PEOPLE, dimensions)) * 0.35 + 1.0
    rows[-PLANTED:] = rows[:PLANTED] + rng.normal(size=(PLANTED, dimensions)) * 0.1
    return rows.astype(np.float32)


def pairs(near: Near) -> dict[tuple[int, int], float]:
    found = zip(near.first.tolist(), near.second.tolist(), near.similarity.tolist(), strict=True)
    return {(first, second): similarity for first, second, similarity in found}


@pytest.mark.parametrize(("metric", "floor"), [(Metric.COSINE, 0.91), (Metric.EUCLIDEAN, -4.8)])
@pytest.mark.parametrize("at_once", [4096, 512])
def test_the_same_pairs_with_the_same_scores(
    metric: Metric, floor: float, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_scan, "_STORED_AT_ONCE", at_once)
    monkeypatch.setattr(face_scan, "_ASKED_AT_ONCE", 300)
    rows = templates()
    ours, exact = FaceScan(PEOPLE, 128, metric), ExactScan(PEOPLE, 128, metric)
    for scan in (ours, exact):
        scan.put(0, rows[:500])
        scan.put(500, rows[500:])
        scan.drop([5, 900])
    blocks = [(begin, min(begin + 350, PEOPLE)) for begin in range(0, PEOPLE, 350)]
    found = {key: score for block in blocks for key, score in pairs(ours.near(*block, floor)).items()}
    wanted = {key: score for block in blocks for key, score in pairs(exact.near(*block, floor)).items()}
    close = SLACK if metric is Metric.COSINE else 1e-3  # of roots of differences of numbers near one another
    surely = {key for key, score in wanted.items() if score >= floor + close}
    assert len(surely) > 100, "a floor that finds nothing shows nothing"
    assert surely <= set(found)
    assert all(wanted.get(key, score) >= floor - close for key, score in found.items())
    assert max(abs(found[key] - wanted[key]) for key in surely) < close
    assert {(place, PEOPLE - PLANTED + place) for place in range(PLANTED) if place != 5} <= set(found)
    assert not any({5, 900} & set(key) for key in found)


def test_whoever_is_dropped_leaves_no_number_behind() -> None:
    scan = FaceScan(2, 128, Metric.COSINE)
    scan.put(0, templates()[:2])
    scan.drop([1])
    assert not scan._codes[1].any()


def test_places_that_nobody_took_are_alike_to_nobody() -> None:
    scan = FaceScan(10, 8, Metric.EUCLIDEAN)
    scan.put(0, np.ones((2, 8), dtype=np.float32))
    assert list(pairs(scan.near(0, 10, -1.0))) == [(0, 1)]


@pytest.mark.parametrize("wrong", [np.zeros(8), np.full(8, np.nan), np.full(8, np.inf)])
def test_a_template_that_is_none_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ScoreInvalid):
        FaceScan(1, 8, Metric.COSINE).put(0, wrong.astype(np.float32)[None])
