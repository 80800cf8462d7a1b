"""Linkage of a million people with fifty thousand death records, beside Splink in the same run (docs/linkage.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from auth_service.engines.linkage_splink import splink_installed
from auth_service.engines.linkage_tables import PeopleColumns
from tests.crosscheck.proving import cascade, compared_with, spent, splink_alone
from tests.crosscheck.world import World, build

SMALL, MILLION = (100_000, 5_000), (1_000_000, 50_000)
STRONG_PRECISION, STRONG_RECALL, PRECISION, RECALL = 0.995, 0.90, 0.95, 0.97
MOST_OF_SPLINK, MOST_WITH_RESIDUE, MOST_GROWTH = 0.1, 0.5, 1.5
"""source of all: issue 7, point 1"""


def _world(size: tuple[int, int]) -> tuple[World, PeopleColumns]:
    world = build(*size)
    return world, PeopleColumns.of(world.people())


@pytest.mark.slow
@pytest.mark.skipif(not splink_installed(), reason="Splink is not installed (extra [reference])")
@pytest.mark.filterwarnings("default")  # Splink's own
def test_a_million_people_are_linked_rightly_and_in_a_tenth_of_splinks_time(
    proof: Callable[[str, Mapping[str, Any]], None],
) -> None:
    small = cascade(*_world(SMALL), residue=False)
    world, columns = _world(MILLION)
    ours = cascade(world, columns, residue=True)
    theirs = splink_alone(world, columns)
    ratios = compared_with(ours, theirs)
    growth = {
        unit: round(spent(ours, unit) / MILLION[0] / (spent(small, unit) / SMALL[0]), 3)
        for unit in ("seconds", "processor_seconds")
    }
    proof("linkage-million", {
        "small": small, "ours": ours, "splink_alone": theirs, "ratios": ratios, "cost_a_row_large_over_small": growth,
    })  # fmt: skip
    assert ours["strong"]["precision"] >= STRONG_PRECISION
    assert ours["strong"]["recall"] >= STRONG_RECALL
    for found in (ours["strong_and_weak"], ours["with_residue"]["strong_and_weak"]):
        assert found["precision"] >= PRECISION
        assert found["recall"] >= RECALL
    assert ours["relatives_ids"]["records"] > 0
    assert ours["relatives_ids"]["strong"] == ours["with_residue"]["relatives_ids"]["strong"] == 0
    # processors' seconds, because a neighbour on the machine slows the shorter side by chance
    assert ratios["cascade_over_splink_processor_seconds"] <= MOST_OF_SPLINK
    assert ratios["with_residue_over_splink_processor_seconds"] <= MOST_WITH_RESIDUE
    assert growth["processor_seconds"] <= MOST_GROWTH
