"""The made-up region once more, as a ledger and a registry's file: imported, compared and listed as in operation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.crosscheck.batches import BatchPolicy
from auth_service.crosscheck.records import PersonFacts, RegistryFacts
from auth_service.crosscheck.rules import Strength
from auth_service.flows.list_links import LinkLine
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.crosscheck.world import World, build
from tests.flows.registries import Registries

LET_IN = BatchPolicy(hits_share=1.0, same_date_share=1.0, odd_share=1.0, refused_share=1.0)
"""Whether a file that kills a whole region counts is tested elsewhere."""


def ledger_row(one: PersonFacts) -> dict[str, str]:
    told = {"id_number": one.id_number, "name": one.name, "region_code": one.region, "person_key": one.person_id}
    return {**told, "benefit_kind": "resident_pension", "birth_date": str(one.birth or "")}


def registry_row(one: RegistryFacts) -> dict[str, str]:
    told = {"source_ref": one.record_id, "id_number": one.id_text, "name": one.name, "region_code": one.region}
    return {**told, "birth_date": str(one.birth or ""), "sex": one.sex or "", "event_date": "2026-02-01"}


def rates(world: World, lines: list[LinkLine]) -> tuple[float, float]:
    """Precision, and recall over the records of insured people."""
    right = [line for line in lines if world.truth[line.source_row] == line.person_key]
    insured = sum(person is not None for person in world.truth.values())
    return len(right) / len(lines), len({line.source_row for line in right}) / insured


@pytest.mark.slow
def test_what_is_listed_keeps_the_bars(tmp_path: Path, clock: FixedClock) -> None:
    """The bars of the million, with two points of room for chance in the recall of the strong ones."""
    world = build(6_000, 1_500, seed=11)
    agency = Agency(tmp_path, clock)
    with agency.store.unit() as unit:
        for one in world.people():
            unit.people.apply(check_ledger_row(ledger_row(one), date(2026, 3, 10)), clock.now(), "batch")
    registries = Registries(agency, LET_IN)
    report = registries.take(*(registry_row(one) for one in world.records))
    assert report.counts["refused"] < 10
    registries.compare()
    lines = registries.lines(report.batch_id)
    strong = [line for line in lines if line.strength is Strength.STRONG]
    precision, recall = rates(world, strong)
    assert precision >= 0.995
    assert recall >= 0.88
    precision, recall = rates(world, lines)
    assert precision >= 0.95
    assert recall >= 0.97
    assert not [line for line in strong if world.borrowed.get(line.source_row) == line.person_key]
    agency.close()
