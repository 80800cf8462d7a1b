"""Which person each record means: one person a record, one record a person, the best agreement first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from auth_service.crosscheck.agreement import (
    Agreement,
    BirthLevel,
    IdLevel,
    NameLevel,
    RegionLevel,
    SexLevel,
)
from auth_service.crosscheck.rules import RESIDUE_RULE, LinkRule, Strength, judge, rank

_ORDERS = tuple(
    {level: place for place, level in enumerate(kind)}
    for kind in (IdLevel, NameLevel, BirthLevel, RegionLevel, SexLevel)
)
"""Field by field, because `missing` of one is the same text as of another."""
Key = tuple[int, ...]
Judging = Callable[[Agreement], tuple[LinkRule, Key] | None]


class Pair(NamedTuple):
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
    return None if rule is None else (rule, _key(rule, agreement))


def judged_residue(agreement: Agreement) -> tuple[LinkRule, Key] | None:
    """The same for what the optional last stage thinks likely."""
    return (RESIDUE_RULE, _key(RESIDUE_RULE, agreement)) if RESIDUE_RULE.fits(agreement) else None


def _key(rule: LinkRule, agreement: Agreement) -> Key:
    return (rank(rule), *(order[level] for order, level in zip(_ORDERS, agreement, strict=True)))


def assign(
    pairs: Iterable[Pair], disproved: Collection[tuple[str, str]] = (), judging: Judging = judged
) -> list[LinkFinding]:
    """Findings of all pairs, each record and each person in one place at most, in stages from the best agreement down.

    Where one record fits two people equally well, nobody has it for sure: each is a weak finding. Two records that fit
    one person equally well leave no doubt about who is meant: the first by id has the place. Whoever lost a place is
    kept as a weak alternative, for people to see.

    disproved  (person, record) that people have looked at and refused
    returns    by record, placed before alternatives, then by person; the order of the pairs does not matter
    """
    refused = frozenset(disproved)
    kept = {}
    for pair in pairs:
        found = judging(pair.agreement)
        if found is not None and (pair.person_id, pair.record_id) not in refused:
            kept[pair.record_id, pair.person_id] = (pair, found)
    records = Counter(record for record, _ in kept)
    people = Counter(person for _, person in kept)
    findings: list[LinkFinding] = []
    contested: list[tuple[Key, str, str, Pair, LinkRule]] = []
    for (record, person), (pair, (rule, key)) in kept.items():
        if records[record] == 1 == people[person]:
            findings.append(LinkFinding(person, record, rule.id, rule.strength, pair.agreement))
        else:
            contested.append((key, record, person, pair, rule))
    findings.extend(_in_stages(contested))
    return sorted(findings, key=lambda found: (found.record_id, found.alternative, found.person_id))


def assign_each(
    pairs: Iterable[Pair], disproved: Collection[tuple[str, str]] = (), judging: Judging = judged
) -> list[LinkFinding]:
    """The same for each record by itself: rows of several files and registries may all mean one person, and none takes
    another's place. So what is found does not depend on which rows happened to be read together.

    returns  by record, placed before alternatives, then by person
    """
    by_record: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_record.setdefault(pair.record_id, []).append(pair)
    return [found for record in sorted(by_record) for found in assign(by_record[record], disproved, judging)]


def _in_stages(contested: list[tuple[Key, str, str, Pair, LinkRule]]) -> Iterator[LinkFinding]:
    placed_records: set[str] = set()
    placed_people: set[str] = set()
    contested.sort(key=lambda one: one[:3])
    for _, rivals in groupby(contested, key=lambda one: one[:2]):
        yield from _place([(pair, rule) for _, _, _, pair, rule in rivals], placed_records, placed_people)


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
