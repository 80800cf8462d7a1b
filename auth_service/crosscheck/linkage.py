"""Which person each record means: one person a record, one record a person, the best agreement first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from auth_service.crosscheck.agreement import (
    Agreement,
    BirthLevel,
    IdLevel,
    NameLevel,
    RegionLevel,
    SexLevel,
)
from auth_service.crosscheck.rules import LinkRule, Strength, judge, rank

_ORDER: dict[str, dict[str, int]] = {
    kind.__name__: {level: place for place, level in enumerate(kind)}
    for kind in (IdLevel, NameLevel, BirthLevel, RegionLevel, SexLevel)
}
Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A person and a record, and how they agree."""

    person_id: str
    record_id: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class LinkFinding:
    """A record that may speak of a person.

    strength     STRONG only where the rule is strong and nobody else fits the record as well
    alternative  it fits too, but the record or the person has found its better counterpart
    """

    person_id: str
    record_id: str
    rule: str
    strength: Strength
    agreement: Agreement
    alternative: bool = False


@lru_cache(maxsize=8192)
def judged(agreement: Agreement) -> tuple[LinkRule, Key] | None:
    """The rule and the place in the order, lowest first: rank of the rule, then each field from id to sex."""
    rule = judge(agreement)
    if rule is None:
        return None
    levels = (
        _ORDER["IdLevel"][agreement.id],
        _ORDER["NameLevel"][agreement.name],
        _ORDER["BirthLevel"][agreement.birth],
        _ORDER["RegionLevel"][agreement.region],
        _ORDER["SexLevel"][agreement.sex],
    )
    return rule, (rank(rule), *levels)


def assign(pairs: Iterable[Pair], disproved: Collection[tuple[str, str]] = ()) -> list[LinkFinding]:
    """Findings of all pairs, each record and each person in one place at most, in stages from the best agreement down.

    Where one record fits two people equally well, nobody has it for sure: each is a weak finding. Two records that fit
    one person equally well leave no doubt about who is meant: the first by id has the place. Whoever lost a place is
    kept as a weak alternative, for people to see.

    disproved  (person, record) that people have looked at and refused
    returns    by record, placed before alternatives, then by person; the order of the pairs does not matter
    """
    placed_records: set[str] = set()
    placed_people: set[str] = set()
    findings: list[LinkFinding] = []
    for _, stage in groupby(_in_order(pairs, disproved), key=lambda one: one[0]):
        for _, rivals in groupby(stage, key=lambda one: one[1]):
            findings.extend(_place([(pair, rule) for _, _, _, pair, rule in rivals], placed_records, placed_people))
    return sorted(findings, key=lambda found: (found.record_id, found.alternative, found.person_id))


def _in_order(
    pairs: Iterable[Pair], disproved: Collection[tuple[str, str]]
) -> Iterator[tuple[Key, str, str, Pair, LinkRule]]:
    refused = frozenset(disproved)
    kept = {}
    for pair in pairs:
        found = judged(pair.agreement)
        if found is not None and (pair.person_id, pair.record_id) not in refused:
            kept[pair.record_id, pair.person_id] = (found[1], pair.record_id, pair.person_id, pair, found[0])
    return iter(sorted(kept.values(), key=lambda one: one[:3]))


def _place(
    rivals: list[tuple[Pair, LinkRule]], placed_records: set[str], placed_people: set[str]
) -> Iterator[LinkFinding]:
    """One record's people of one stage: the first free one has the place."""
    free = [pair for pair, _ in rivals if pair.person_id not in placed_people]
    chosen = free[0] if free and free[0].record_id not in placed_records else None
    for pair, rule in rivals:
        has_place = pair is chosen
        sure = has_place and len(rivals) == 1
        strength = rule.strength if sure else Strength.WEAK
        yield LinkFinding(pair.person_id, pair.record_id, rule.id, strength, pair.agreement, not has_place)
    if chosen is not None:
        placed_records.add(chosen.record_id)
        placed_people.add(chosen.person_id)
