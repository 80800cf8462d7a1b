"""Whatever is done in whatever order: nobody passes without a match and somebody's word, and nothing is unaccounted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.acceptance import life_of_an_agency
from tests.acceptance.life_of_an_agency import AgencyLife, found, prepared, reached, tried


@pytest.fixture
def empty() -> Iterator[Path]:
    folder = prepared()
    AgencyLife.empty = folder
    tried.clear()
    reached.clear()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _run(examples: int, steps: int, seed: bool) -> None:
    run_state_machine_as_test(
        AgencyLife,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None, derandomize=not seed,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink], print_blob=True,
        ),
    )  # fmt: skip


def test_some_hundred_steps(empty: Path) -> None:
    _run(8, 60, seed=False)
    assert found()["steps"] > 200
    assert set(tried) >= {"verify", "enrol", "erase", "clock"}
    assert reached["qualified"]


@pytest.mark.slow
def test_a_hundred_thousand_steps(empty: Path, proof: Callable[[str, Mapping[str, Any]], None]) -> None:
    """F47: hypothesis state machine, no invariant broken."""
    while found()["steps"] < 100_000:
        _run(50, 200, seed=True)
    proof("state-machine", {**found(), "actions_seen": sorted(life_of_an_agency.KNOWN_ACTIONS)})
