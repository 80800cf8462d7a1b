"""`matching.comparison.similarity`."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from auth_service.core.errors import ScoreInvalid, TemplatesIncomparable
from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching.calibration import Metric
from auth_service.matching.comparison import similarity

DLIB = EngineIdentity("dlib-resnet", "d1" * 32)


def template(*numbers: float, identity: EngineIdentity = DLIB, mirrored: bool = True, images: int = 1) -> Template:
    return Template(identity, np.array(numbers, dtype=np.float32), images, mirrored)


def test_cosine_of_hand_worked_vectors() -> None:
    assert similarity(template(3, 4), template(3, 4), Metric.COSINE) == 1.0
    assert similarity(template(3, 4), template(-3, -4), Metric.COSINE) == -1.0
    assert similarity(template(1, 0), template(0, 2), Metric.COSINE) == 0.0
    assert similarity(template(3, 4), template(4, 3), Metric.COSINE) == 24 / 25


def test_euclidean_similarity_is_minus_the_distance() -> None:
    assert similarity(template(1, 1), template(4, 5), Metric.EUCLIDEAN) == -5.0
    assert similarity(template(1, 1), template(1, 1), Metric.EUCLIDEAN) == 0.0


@pytest.mark.parametrize(
    "other",
    [
        template(1, 2, identity=EngineIdentity("mobilefacenet", "d1" * 32)),
        template(1, 2, identity=EngineIdentity("dlib-resnet", "d2" * 32)),
        template(1, 2, mirrored=False),
        template(1, 2, 3),
    ],
    ids=["engine", "digest", "mirroring", "length"],
)
@pytest.mark.parametrize("metric", list(Metric))
def test_templates_made_in_different_ways_are_an_error_never_a_score(other: Template, metric: Metric) -> None:
    with pytest.raises(TemplatesIncomparable):
        similarity(template(1, 2), other, metric)
    with pytest.raises(TemplatesIncomparable):
        similarity(other, template(1, 2), metric)


@pytest.mark.parametrize("bad", [(0.0, 0.0), (math.nan, 1.0), (math.inf, 1.0), (-math.inf, 0.0)])
@pytest.mark.parametrize("metric", list(Metric))
def test_a_zero_or_non_finite_template_gives_no_score(bad: tuple[float, float], metric: Metric) -> None:
    with pytest.raises(ScoreInvalid):
        similarity(template(1, 2), template(*bad), metric)
    with pytest.raises(ScoreInvalid):
        similarity(template(*bad), template(1, 2), metric)


vectors = hnp.arrays(
    np.float32, 16, elements=st.floats(-(2.0**60), 2.0**60, width=32, allow_subnormal=False).filter(bool)
)


@given(vectors, vectors)
def test_a_similarity_is_symmetric_bounded_and_independent_of_the_order_of_its_numbers(
    a: np.ndarray, b: np.ndarray
) -> None:
    left, right = Template(DLIB, a, 1, True), Template(DLIB, b, 1, True)
    turned = [Template(DLIB, v[::-1].copy(), 1, True) for v in (a, b)]
    for metric in Metric:
        score = similarity(left, right, metric)
        assert score == similarity(right, left, metric)
        assert score == similarity(*turned, metric)
        assert score <= (1.0 if metric is Metric.COSINE else 0.0)
    assert similarity(left, right, Metric.COSINE) >= -1.0


def test_the_same_inputs_give_the_same_float_from_many_threads() -> None:
    generator = np.random.default_rng(1)
    pairs = [[template(*generator.normal(size=128)) for _ in range(2)] for _ in range(100)]
    alone = [similarity(a, b, Metric.COSINE) for a, b in pairs]
    with ThreadPoolExecutor(8) as pool:
        for together in pool.map(lambda _: [similarity(a, b, Metric.COSINE) for a, b in pairs], range(16)):
            assert together == alone
