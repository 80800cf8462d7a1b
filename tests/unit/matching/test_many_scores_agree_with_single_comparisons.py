"""`matching.score_sets` against `matching.comparison.similarity`, and who may meet whom."""

from __future__ import annotations

import numpy as np
import pytest

from auth_service.core.errors import ScoreInvalid, TemplatesIncomparable
from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching import score_sets
from auth_service.matching.calibration import Metric
from auth_service.matching.comparison import similarity
from auth_service.matching.score_sets import all_against_all, all_scores, paired_scores, stack, table_of
from auth_service.matching.split import cell_scores, runs

CAST = EngineIdentity("cast", "00")


def crowd(people: int, images: int, seed: int = 7) -> list[list[Template]]:
    generator = np.random.default_rng(seed)
    return [
        [Template(CAST, generator.normal(size=24).astype(np.float32), 1, True) for _ in range(images)]
        for _ in range(people)
    ]


@pytest.mark.parametrize("metric", list(Metric))
def test_matrix_scores_are_the_single_scores(metric: Metric) -> None:
    templates = [image for person in crowd(12, 1) for image in person]
    vectors = stack(templates)
    table = all_scores(vectors, vectors, metric)
    for row, a in enumerate(templates):
        for column, b in enumerate(templates):
            expected = similarity(a, b, metric)
            # the distance of near-equal vectors loses half its digits in the matrix form
            assert table[row, column] == pytest.approx(expected, abs=1e-12 if row != column else 1e-6)
    others = np.roll(vectors, 1, axis=0)
    assert paired_scores(vectors, others, metric) == pytest.approx(
        [similarity(a, b, metric) for a, b in zip(templates, [templates[-1], *templates], strict=False)], abs=1e-12
    )


def test_each_pair_of_a_table_with_itself_is_compared_once_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = crowd(9, 3)
    whole = cell_scores(gallery, 1, 1, Metric.COSINE)
    assert np.count_nonzero(whole.is_mated) == 9 * 3
    assert whole.scores.size == 27 * 26 // 2
    monkeypatch.setattr(score_sets, "BLOCK", 4)
    in_blocks = cell_scores(gallery, 1, 1, Metric.COSINE)
    assert np.array_equal(whole.person_a, in_blocks.person_a)
    assert np.array_equal(whole.person_b, in_blocks.person_b)
    assert whole.scores == pytest.approx(in_blocks.scores, abs=1e-12)


def test_templates_that_share_an_image_never_meet() -> None:
    gallery = crowd(4, 3)
    two_one = cell_scores(gallery, 2, 1, Metric.COSINE)
    assert np.count_nonzero(two_one.is_mated) == 4 * 3  # three runs of two, each with the one image outside it
    assert np.count_nonzero(~two_one.is_mated) == 4 * 3 * 3 * 3
    assert two_one.scores.max() < 1 - 1e-9
    two_two = cell_scores(gallery, 2, 2, Metric.COSINE)
    assert not np.any(two_two.is_mated)  # of three images, two runs of two always share one
    assert np.count_nonzero(cell_scores(crowd(4, 4), 2, 2, Metric.COSINE).is_mated) == 4 * 2


@pytest.mark.parametrize(
    ("images", "size", "expected"),
    [
        (0, 1, []),
        (1, 2, []),
        (3, 1, [(0,), (1,), (2,)]),
        (2, 2, [(0, 1)]),
        (3, 2, [(0, 1), (1, 2), (2, 0)]),
        (3, 3, [(0, 1, 2)]),
        (4, 3, [(0, 1, 2), (1, 2, 3), (2, 3, 0), (3, 0, 1)]),
    ],
)
def test_runs_of_neighbours_go_round(images: int, size: int, expected: list[tuple[int, ...]]) -> None:
    assert runs(images, size) == expected


def test_an_averaged_template_weighs_its_images_alike() -> None:
    (a, b), *_ = crowd(1, 2)
    table = table_of([(0, (0, 1))], [a, b])
    expected = (a.vector.astype(np.float64) + b.vector) / 2
    assert table.vectors[0] == pytest.approx(expected.astype(np.float32))


def test_engines_do_not_mix_in_a_table_and_zeros_do_not_enter() -> None:
    other = Template(EngineIdentity("other", "00"), np.ones(24, dtype=np.float32), 1, True)
    with pytest.raises(TemplatesIncomparable):
        table_of([(0, (0,)), (1, (1,))], [crowd(1, 1)[0][0], other])
    with pytest.raises(ScoreInvalid):
        stack([Template(CAST, np.zeros(24, dtype=np.float32), 1, True)])
    with pytest.raises(ScoreInvalid):
        stack([Template(CAST, np.full(24, np.nan, dtype=np.float32), 1, True)])


def test_nobody_against_nobody_is_no_comparison() -> None:
    empty = table_of([], [])
    assert all_against_all(empty, empty, 0, Metric.COSINE).scores.size == 0
