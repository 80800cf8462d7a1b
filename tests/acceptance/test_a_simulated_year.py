"""A year of a hundred thousand made-up people through the whole service (docs/simulation.md).

The small version runs with the commands (tests/cli/test_a_year_is_simulated.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.lfw import run

PEOPLE = int(os.environ.get("AUTH_SERVICE_TEST_SIMULATED_PEOPLE", "100000"))
LEAST_RECALL, LEAST_PRECISION = 0.90, 0.90
"""Of the rules about recorded deaths. source: the bars of linkage, issue 7 point 1, less what one row in fifty with
another's number costs"""


@pytest.mark.slow
def test_a_year_of_a_hundred_thousand_people_takes_nothing_from_anybody_by_machine(
    tmp_path: Path, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    year = run(tmp_path / "unused", "simulate", "--people", str(PEOPLE), timeout=6 * 3600)
    proof("simulated-year", year)
    assert year["machine_acts"] == 0
    assert year["most_days_to_restore"] <= 3
    found = {one["rule"]: one for one in year["rules"]}
    for rule in ("D01", "D02", "D03", "D04"):
        assert found[rule]["recall"]["value"] >= LEAST_RECALL, rule
        assert found[rule]["precision"]["value"] >= LEAST_PRECISION, rule
