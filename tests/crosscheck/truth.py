"""Findings against the truth of a made-up world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from auth_service.crosscheck.linkage import LinkFinding
from auth_service.crosscheck.rules import Strength
from tests.crosscheck.world import World


def measured(world: World, findings: Sequence[LinkFinding]) -> dict[str, Any]:
    """Precision over all findings, alternatives too; recall over the records of insured people."""
    strong = [found for found in findings if found.strength is Strength.STRONG]
    return {
        "strong": _rates(world, strong),
        "strong_and_weak": _rates(world, findings),
        "placed": _rates(world, [found for found in findings if not found.alternative]),
        "relatives_ids": _lent(world.borrowed, findings),
        "namesakes_ids": _lent(world.picked, findings),
    }


def _lent(owners: dict[str, str], findings: Sequence[LinkFinding]) -> dict[str, int]:
    """Records that bear a living person's number, and what was found about that living person."""
    found = Counter(str(f.strength) for f in findings if owners.get(f.record_id) == f.person_id)
    return {"records": len(owners), "strong": found["strong"], "weak": found["weak"]}


def _rates(world: World, findings: Sequence[LinkFinding]) -> dict[str, Any]:
    right = [found for found in findings if world.truth[found.record_id] == found.person_id]
    insured = sum(person is not None for person in world.truth.values())
    met = len({found.record_id for found in right})
    return {
        "findings": len(findings),
        "wrong": len(findings) - len(right),
        "precision": round(len(right) / max(1, len(findings)), 5),
        "recall": round(met / insured, 5),
    }


def by_rule(world: World, findings: Sequence[LinkFinding]) -> dict[str, dict[str, int]]:
    """Findings and wrong ones of each rule."""
    all_of = Counter(found.rule for found in findings)
    wrong = Counter(found.rule for found in findings if world.truth[found.record_id] != found.person_id)
    return {rule: {"findings": all_of[rule], "wrong": wrong[rule]} for rule in sorted(all_of)}
