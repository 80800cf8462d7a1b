"""`liveness.metrics` against counts and intervals worked out elsewhere."""

from __future__ import annotations

import pytest

from auth_service.core.errors import EvaluationSetTooSmall
from auth_service.liveness.decision import PadVerdict
from auth_service.liveness.metrics import LIVE, Presentation, pad_errors

PASSED, NO_ANSWER, SUSPECTED = PadVerdict.BONA_FIDE, PadVerdict.INCONCLUSIVE, PadVerdict.ATTACK_SUSPECTED


def trials(label: str, passed: int = 0, no_answer: int = 0, suspected: int = 0) -> list[Presentation]:
    verdicts = [PASSED] * passed + [NO_ANSWER] * no_answer + [SUSPECTED] * suspected
    return [Presentation(label, verdict) for verdict in verdicts]


def test_each_species_is_counted_for_itself_and_only_a_pass_is_its_success() -> None:
    errors = pad_errors([*trials("print", 1, 5, 4), *trials("screen", 0, 10, 140), *trials(LIVE, 18, 1, 1)])
    assert {name: (rate.errors, rate.trials) for name, rate in errors.apcer.items()} == {
        "print": (1, 10),
        "screen": (0, 150),
    }
    assert errors.apcer["print"].value == 0.1
    assert errors.bpcer is not None
    assert (errors.bpcer.errors, errors.bpcer.trials, errors.no_answer) == (2, 20, 1)
    assert errors.bpcer.value == 0.1


def test_intervals_are_exact() -> None:
    """No success in n trials: the upper end is 1 - 0.025 ** (1 / n). One in ten: 0.0025 to 0.4450 (tables)."""
    errors = pad_errors([*trials("print", 1, 9), *trials("screen", 0, 150)])
    assert errors.apcer["screen"].low == 0.0
    assert errors.apcer["screen"].high == pytest.approx(1 - 0.025 ** (1 / 150), rel=1e-9)
    assert errors.apcer["print"].low == pytest.approx(0.0025, abs=5e-5)
    assert errors.apcer["print"].high == pytest.approx(0.4450, abs=5e-5)


def test_the_worst_species_is_the_one_that_may_be_worst_not_the_one_that_was() -> None:
    errors = pad_errors([*trials("often tried", 5, 95), *trials("hardly tried", 0, 3)])
    assert errors.apcer["often tried"].value > errors.apcer["hardly tried"].value
    assert errors.worst == "hardly tried"


def test_a_verdict_that_is_none_is_no_pass() -> None:
    errors = pad_errors([Presentation(LIVE, PadVerdict.NONE), Presentation("print", PadVerdict.NONE)])
    assert errors.bpcer is not None
    assert (errors.bpcer.value, errors.apcer["print"].value, errors.no_answer) == (1.0, 0.0, 0)


def test_what_was_not_shown_has_no_rate() -> None:
    assert pad_errors(trials("print", 0, 1)).bpcer is None
    living = pad_errors(trials(LIVE, 1))
    assert (living.apcer, living.worst) == ({}, None)
    with pytest.raises(EvaluationSetTooSmall):
        pad_errors([])
