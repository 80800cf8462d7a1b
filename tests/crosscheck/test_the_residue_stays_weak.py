"""The optional last stage: Splink proposes, our own rule judges, and nothing of it is ever strong."""

from __future__ import annotations

from itertools import product

import pytest

from auth_service.core.errors import SplinkMissing
from auth_service.crosscheck.agreement import Agreement, BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel
from auth_service.crosscheck.linkage import judged_residue
from auth_service.crosscheck.rules import RESIDUE_RULE, Strength, link_rule
from auth_service.engines.linkage import Linkage
from auth_service.engines.linkage_splink import splink_installed
from tests.crosscheck.world import build

EVERYTHING = [Agreement(*levels) for levels in product(IdLevel, NameLevel, BirthLevel, RegionLevel, SexLevel)]


def test_the_rule_of_the_residue_wants_a_name_and_a_birth_date_and_no_other_county() -> None:
    fired = [one for one in EVERYTHING if judged_residue(one) is not None]
    assert fired
    for one in fired:
        assert one.name not in {NameLevel.MISSING, NameLevel.DIFFERENT}
        assert one.birth not in {BirthLevel.MISSING, BirthLevel.DIFFERENT}
        assert one.region is not RegionLevel.DIFFERENT
        assert one.sex is not SexLevel.DIFFERENT
    assert RESIDUE_RULE.strength is Strength.WEAK
    assert link_rule("L40") is RESIDUE_RULE


def test_without_splink_the_stage_says_so_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_service.engines.linkage_splink.splink_installed", lambda: False)
    world = build(300, 30, seed=4)
    with Linkage(world.people()) as linkage:
        findings = linkage.findings(world.records)
        assert findings
        with pytest.raises(SplinkMissing):
            linkage.residue(world.records, findings)


@pytest.mark.slow
@pytest.mark.skipif(not splink_installed(), reason="Splink is not installed (extra [reference])")
@pytest.mark.filterwarnings("default")
def test_what_splink_adds_is_weak_and_speaks_of_nobody_already_placed() -> None:
    world = build(8_000, 1_500, seed=9)
    with Linkage(world.people()) as linkage:
        findings = linkage.findings(world.records)
        more = linkage.residue(world.records, findings)
        assert linkage.residue(world.records, findings) == more
    placed = {found.person_id for found in findings if not found.alternative}
    assert all(found.strength is Strength.WEAK and found.rule == "L40" for found in more)
    assert not placed & {found.person_id for found in more}
    assert not {found.record_id for found in findings} & {found.record_id for found in more}
