"""Half load for hours, then ten times as much: memory stays, the surplus is refused with 503, health answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.soak import Plan, memory_growth, soak


def test_growth_compares_the_last_fifth_with_the_first_after_the_warm_up() -> None:
    flat = [(float(second), 100_000_000) for second in range(100)]
    growing = [(float(second), 100_000_000 + second * 1_000_000) for second in range(100)]
    assert memory_growth(flat)["growth_percent"] == 0
    assert memory_growth(growing)["growth_percent"] > 50


@pytest.mark.data
def test_a_short_soak_sheds_and_recovers(tmp_path: Path) -> None:
    found = soak(Plan(tmp_path / "soak", seconds=5, burst=3, people=20, sample=0.5))
    _sheds_and_recovers(found)
    assert found["half"]["statuses"].get("200", 0) > 0


@pytest.mark.data
@pytest.mark.slow
def test_two_hours_at_half_load_and_a_burst(tmp_path: Path, proof: Callable[[str, Mapping[str, Any]], None]) -> None:
    """F45. AUTH_SERVICE_TEST_SOAK names a folder whose finished run is judged instead of being run again."""
    folder = Path(os.environ.get("AUTH_SERVICE_TEST_SOAK") or tmp_path / "soak")
    found = soak(Plan(folder, seconds=7200, burst=300, people=None))
    proof("soak", found)
    _sheds_and_recovers(found)
    assert found["seconds_at_half_load"] >= 7200
    assert found["memory"]["growth_percent"] < 5
    assert max(found[f"health_p95_{phase}_over_idle"] for phase in ("half", "burst", "after")) <= 10


def _sheds_and_recovers(found: Mapping[str, Any]) -> None:
    for phase in ("half", "burst", "after"):
        assert found[phase]["other_server_errors"] == 0, found[phase]
        assert found[phase]["busy_without_retry_after"] == 0, found[phase]
    assert found["burst"]["statuses"].get("503", 0) > 0, found["burst"]
    assert found["recovery_seconds"] < 60
    assert found["health_unanswered"] == 0
