"""A small region with known truth. The million: tests/acceptance/test_linkage_of_a_million.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.crosscheck.linkage import LinkFinding
from auth_service.crosscheck.rules import Strength
from auth_service.engines.linkage import Linkage
from tests.crosscheck.truth import measured
from tests.crosscheck.world import World, build


@pytest.fixture(scope="module")
def world() -> World:
    return build(12_000, 2_000, seed=11)


@pytest.fixture(scope="module")
def findings(world: World) -> list[LinkFinding]:
    with Linkage(world.people()) as linkage:
        return linkage.findings(world.records)


def test_the_bars_hold_on_a_small_region(world: World, findings: list[LinkFinding]) -> None:
    """The bars of the million, with two points of room for chance: 1,680 records are few."""
    found = measured(world, findings)
    assert found["strong"]["precision"] >= 0.995
    assert found["strong"]["recall"] >= 0.88
    assert found["strong_and_weak"]["precision"] >= 0.95
    assert found["strong_and_weak"]["recall"] >= 0.97


def test_the_bars_hold_for_records_by_themselves(world: World) -> None:
    """As rows of files are compared, page by page."""
    with Linkage(world.people()) as linkage:
        found = measured(world, linkage.each(world.records))
    assert found["strong"]["precision"] >= 0.995
    assert found["strong"]["recall"] >= 0.88
    assert found["strong_and_weak"]["precision"] >= 0.95
    assert found["strong_and_weak"]["recall"] >= 0.97
    assert found["relatives_ids"]["strong"] == 0


def test_a_living_persons_number_on_a_relatives_record_is_never_strong(
    world: World, findings: list[LinkFinding]
) -> None:
    assert len(world.borrowed) >= 10
    lent = [found for found in findings if world.borrowed.get(found.record_id) == found.person_id]
    assert lent, "the living person is asked about, by people"
    assert all(found.strength is Strength.WEAK for found in lent)


def test_nobody_is_found_by_a_name_and_a_village_alone(world: World) -> None:
    bare = [replace(record, id_text="", birth=None) for record in world.records]
    with Linkage(world.people()) as linkage:
        assert linkage.findings(bare) == []


def test_one_seed_builds_one_world() -> None:
    assert build(500, 60, seed=2) == build(500, 60, seed=2)
