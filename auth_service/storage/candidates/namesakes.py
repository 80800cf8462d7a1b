"""Pairs of people of one full name, of whom the ledger gives one birth year, born on one day.

SQL narrows to people with one keyed index of the folded name and one birth year, which lie open; only of those is the
day itself unsealed. Whoever has no birth year in the ledger makes no pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import combinations

from sqlalchemy import and_, func, or_, select, tuple_

from auth_service.beneficiaries.names import folded_name
from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.rules.i04_two_numbers import NamesakeFacts
from auth_service.payments.proposals import Act, Approved
from auth_service.storage.candidates.opened import NAMED, PEOPLE, OpenedPerson, opened
from auth_service.storage.candidates.turns import in_turn
from auth_service.storage.records.proposals import Proposals
from auth_service.storage.tables import BenefitRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_BENEFITS = table_of(BenefitRow)
_SHARED = (
    select(PEOPLE.c.name_index, PEOPLE.c.birth_year)
    .where(NAMED, PEOPLE.c.birth_year.is_not(None))
    .group_by(PEOPLE.c.name_index, PEOPLE.c.birth_year)
    .having(func.count() > 1)
    .order_by(PEOPLE.c.name_index, PEOPLE.c.birth_year)
)
_NAMES_A_PAGE = 500
"""Each a parameter or two of one query; of a common name and year there may be dozens of people."""


def namesakes(work: Work, after: str, most: int, now: datetime) -> list[NamesakeFacts]:  # noqa: ARG001
    """Each pair once, the lower id first."""

    def keys(behind: str, count: int) -> list[str]:
        wanted = _SHARED
        if behind:
            name, year = _parts(behind)
            same, later = PEOPLE.c.name_index == name, PEOPLE.c.name_index > name
            wanted = wanted.where(or_(later, and_(same, PEOPLE.c.birth_year > year)))
        rows = work.connection.execute(wanted.limit(min(count, _NAMES_A_PAGE))).all()
        return [f"{row.name_index.hex()}:{row.birth_year:04d}" for row in rows]

    def facts_of(names: Sequence[str]) -> list[NamesakeFacts]:
        return [_facts(work, place, *pair) for place, pair in _pairs(work, names)]

    return in_turn(after, most, keys, facts_of)


def _parts(place: str) -> tuple[bytes, int]:
    name, _, year = place.partition(":")
    return bytes.fromhex(name), int(year)


def _pairs(work: Work, names: Sequence[str]) -> Iterator[tuple[str, tuple[OpenedPerson, OpenedPerson]]]:
    """Of each name and year in turn those born on one day, two by two."""
    days: dict[tuple[bytes, int | None, date], list[OpenedPerson]] = {}
    wanted = tuple_(PEOPLE.c.name_index, PEOPLE.c.birth_year).in_([_parts(name) for name in names])
    for one in opened(work, wanted):
        if one.birthday is not None:
            days.setdefault((one.name_index, one.birth_year, one.birthday), []).append(one)
    for name, year, day in sorted(days, key=lambda key: (key[0], key[1] or 0, key[2])):
        for pair in combinations(days[name, year, day], 2):
            yield f"{name.hex()}:{year or 0:04d}", pair


def _facts(work: Work, place: str, first: OpenedPerson, second: OpenedPerson) -> NamesakeFacts:
    numbers = first.number.number, second.number.number
    apart = sum(one != other for one, other in zip(*numbers, strict=True)) if len(set(map(len, numbers))) == 1 else None
    villages = [folded_name(one.village) for one in (first, second) if one.village]
    both = sorted(_drawn(work, first.id) & _drawn(work, second.id))
    return NamesakeFacts(
        place,
        (first.id, second.id),
        (first.sex or first.number.sex, second.sex or second.number.sex),
        (first.region, second.region),
        len(villages) == 2 and villages[0] == villages[1],
        apart,
        tuple(both),
    )


def _drawn(work: Work, person_id: str) -> set[BenefitKind]:
    """Kinds of benefit that nobody has ended."""
    kinds = work.connection.execute(select(_BENEFITS.c.kind).where(_BENEFITS.c.person_id == person_id)).scalars().all()
    proposals = Proposals(work)
    return {kind for kind in map(BenefitKind, kinds) if not _has_ended(proposals.history(person_id, kind))}


def _has_ended(history: Sequence[Approved]) -> bool:
    standing = [act.act for act in history if act.act in {Act.TERMINATE, Act.RESUME}]
    return bool(standing) and standing[-1] is Act.TERMINATE
