"""Months of the poverty ledger for screens and files: what the version that counts says, and one village's list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from auth_service.beneficiaries.region_tree import LENGTHS, shortest
from auth_service.crosscheck.sources import RegistryKind
from auth_service.storage.queries.people import Masked, masked_people
from auth_service.storage.records.poverty_lines import PovertyLine, PovertyLines
from auth_service.storage.records.regions import lies_in
from auth_service.storage.tables import PovertyCountRow, PovertyLineRow, PovertyMonthRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_MONTHS, _COUNTS, _LINES = table_of(PovertyMonthRow), table_of(PovertyCountRow), table_of(PovertyLineRow)
_COUNTY = 6
Counts = Mapping[str, int]
"""What is counted (storage/tables/poverty.py) -> people"""


@dataclass(frozen=True, slots=True)
class PovertyMonth:
    """The version of a month that counts."""

    id: str
    month: str
    version: int
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class PovertyFilter:
    """region: a code or its beginning, empty for all; kind: one list, None for all together"""

    region: str = ""
    kind: RegistryKind | None = None


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One line of a village's list. person, candidates: of the ledger, masked"""

    line: PovertyLine
    person: Masked | None
    candidates: tuple[Masked, ...]


def poverty_months(work: Work, most: int = 24) -> list[PovertyMonth]:
    """Months that were made, newest first, each in the version that counts."""
    finished = _MONTHS.c.finished_at.is_not(None)
    newest = select(_MONTHS.c.month, func.max(_MONTHS.c.version).label("version")).where(finished)
    each = newest.group_by(_MONTHS.c.month).subquery()
    wanted = select(_MONTHS).join(each, (each.c.month == _MONTHS.c.month) & (each.c.version == _MONTHS.c.version))
    rows = work.connection.execute(wanted.order_by(_MONTHS.c.month.desc()).limit(most))
    return [PovertyMonth(row.id, row.month, row.version, row.finished_at) for row in rows]


def poverty_places(work: Work, month_id: str, wanted: PovertyFilter) -> dict[str, Counts]:
    """The places of the next smaller level within a region, by code; what lies in no smaller place under its own."""
    begin = func.substr(_COUNTS.c.region_code, 1, _beneath(wanted.region))
    conditions = _conditions(work, [month_id], wanted)
    grouped = select(begin, _COUNTS.c.what, func.sum(_COUNTS.c.people)).where(*conditions)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for code, what, people in work.connection.execute(grouped.group_by(begin, _COUNTS.c.what).order_by(begin)):
        found[code][what] = int(people)
    return dict(found)


def poverty_series(work: Work, month_ids: list[str], wanted: PovertyFilter) -> dict[str, Counts]:
    """Of each of these versions what it counts in a region."""
    grouped = select(_COUNTS.c.month_id, _COUNTS.c.what, func.sum(_COUNTS.c.people))
    rows = work.connection.execute(
        grouped.where(*_conditions(work, month_ids, wanted)).group_by(_COUNTS.c.month_id, _COUNTS.c.what)
    )
    found: dict[str, dict[str, int]] = {one: {} for one in month_ids}
    for month_id, what, people in rows:
        found[month_id][what] = int(people)
    return dict(found)


def poverty_list(work: Work, month_id: str, wanted: PovertyFilter, most: int) -> list[ListedPerson]:
    """Who stands on lists in a region, by outcome; nobody of another. raises KeyMissing, SealBroken"""
    lines = PovertyLines(work)
    of_month = select(_LINES).where(_LINES.c.month_id == month_id)
    if wanted.region:
        of_month = of_month.where(lies_in(work, _LINES.c.region_code, wanted.region))
    if wanted.kind is not None:
        of_month = of_month.where(_LINES.c.list_index == lines.list_indexes()[wanted.kind])
    order = (_LINES.c.outcome, _LINES.c.region_code, _LINES.c.id)
    found = lines.opened(work.connection.execute(of_month.order_by(*order).limit(most)).all())
    named = {one for line in found for one in (line.person_id, *line.candidates) if one}
    people = masked_people(work, sorted(named))
    return [
        ListedPerson(
            replace(line, subject=None),
            people.get(line.person_id or ""),
            tuple(people[one] for one in line.candidates if one in people),
        )
        for line in found
    ]


def _conditions(work: Work, month_ids: list[str], wanted: PovertyFilter) -> list[ColumnElement[bool]]:
    kind = wanted.kind.value if wanted.kind is not None else ""
    told = [_COUNTS.c.month_id.in_(month_ids), _COUNTS.c.kind == kind]
    return [*told, lies_in(work, _COUNTS.c.region_code, wanted.region)] if wanted.region else told


def _beneath(region: str) -> int:
    """Digits of the codes of the next smaller level; counties first."""
    code = shortest(region)
    return next((length for length in LENGTHS if length > max(len(code), _COUNTY - 1)), LENGTHS[-1])
