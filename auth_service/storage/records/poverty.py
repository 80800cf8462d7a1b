"""Months of the poverty ledger within one unit: which lists they are made from, how far, and what they count.

A version of a month that is finished never changes. What comes in later makes a further version, beside the earlier.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update

from auth_service.core.ids import new_id
from auth_service.crosscheck.poverty import LISTS, Outcome, month_of
from auth_service.storage.records.poverty_lines import PovertyLines
from auth_service.storage.records.registry_batches import RegistryBatches
from auth_service.storage.tables import (
    BenefitRow,
    PersonRow,
    PovertyCountRow,
    PovertyLineRow,
    PovertyMonthRow,
    RegistryBatchRow,
    TagChangeRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import to_json

_MONTHS, _LINES, _COUNTS = table_of(PovertyMonthRow), table_of(PovertyLineRow), table_of(PovertyCountRow)
_BATCHES, _PEOPLE = table_of(RegistryBatchRow), table_of(PersonRow)
_BENEFITS, _TAGS = table_of(BenefitRow), table_of(TagChangeRow)
_NAMED = _PEOPLE.c.id_number_sealed != b""
_TAGGED = (Outcome.INSURED_TAGGED.value, Outcome.UNINSURED_TAGGED.value)


@dataclass(frozen=True, slots=True)
class StoredMonth:
    """One version of a month, and how far it is made."""

    id: str
    month: str
    version: int
    mark: str
    lists: tuple[str, ...]
    previous: str | None
    stage: str
    place: str
    began_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewMonth:
    """What a version is made from. lists: registry batches in the order in which they count, with their places"""

    month: str
    lists: tuple[tuple[str, int], ...]
    previous: str | None


class PovertyMonths(PovertyLines):
    """See the module."""

    def new(self, month: str) -> NewMonth:
        """The lists of a month that count, and the month before. A list is of the month of its newest entry, and where
        its rows tell no time, of that of its import."""
        kinds = [kind.value for kind in LISTS]
        found = self._work.connection.execute(
            select(_BATCHES.c.id, _BATCHES.c.newest_at, _BATCHES.c.begun_at).where(
                _BATCHES.c.kind.in_(kinds), _BATCHES.c.finished_at.is_not(None)
            )
        )
        of_month = [row.id for row in found if month_of(row.newest_at or row.begun_at) == month]
        counting = RegistryBatches(self._work).counting(of_month)
        lists = tuple(sorted(counting.items(), key=lambda one: one[1]))
        return NewMonth(month, lists, self._previous(month))

    def mark_of(self, new: NewMonth) -> str:
        """The same as long as nothing has changed that a version is made from."""
        execute = self._work.connection.execute
        people = execute(select(func.count(), func.max(_PEOPLE.c.changed_at)).where(_NAMED)).one()
        changed = execute(select(func.max(_BENEFITS.c.changed_at))).scalar_one()
        tagged = execute(select(func.count(), func.max(_TAGS.c.known_at))).one()
        told = [new.month, new.lists, new.previous, *people, changed, *tagged]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()

    def begin(self, new: NewMonth, mark: str, by: str, now: datetime) -> StoredMonth:
        """The version that such facts make: the newest, finished or begun, where it is made from the same; one that
        was begun from others is left behind. raises KeyStoreUnavailable"""
        newest = select(_MONTHS).where(_MONTHS.c.month == new.month).order_by(_MONTHS.c.version.desc()).limit(1)
        known = self._work.connection.execute(newest).one_or_none()
        if known is not None and known.mark == mark:
            return _stored(known)
        month_id = new_id()
        self._work.keys.make_for(month_id, now)
        values = {
            "id": month_id,
            "month": new.month,
            "version": 1 if known is None else known.version + 1,
            "mark": mark,
            "lists": to_json([batch_id for batch_id, _ in new.lists]),
            "previous": new.previous,
            "stage": "rows",
            "place": "",
            "began_at": now,
            "began_by": by,
        }
        self._work.connection.execute(insert(_MONTHS), values)
        return self.get(month_id)

    def get(self, month_id: str) -> StoredMonth:
        """A version that was begun."""
        return _stored(self._work.connection.execute(select(_MONTHS).where(_MONTHS.c.id == month_id)).one())

    def newest_id(self, month: str) -> str | None:
        """The version of a month that counts: the newest that is finished."""
        finished = select(_MONTHS.c.id).where(_MONTHS.c.month == month, _MONTHS.c.finished_at.is_not(None))
        newest = finished.order_by(_MONTHS.c.version.desc()).limit(1)
        return self._work.connection.execute(newest).scalar_one_or_none()

    def advance(self, month_id: str, stage: str, place: str) -> None:
        """In the unit that did the work up to `place`, so that both are there or neither."""
        mine = update(_MONTHS).where(_MONTHS.c.id == month_id)
        self._work.connection.execute(mine.values(stage=stage, place=place))

    def finish(self, month: StoredMonth, now: datetime) -> None:
        """Counts by region and list, and from here on the version never changes."""
        counts = self._counted(month)
        values = [
            {"month_id": month.id, "region_code": region, "kind": kind, "what": what, "people": people}
            for (region, kind, what), people in sorted(counts.items())
            if people
        ]
        if values:
            self._work.connection.execute(insert(_COUNTS), values)
        mine = update(_MONTHS).where(_MONTHS.c.id == month.id)
        self._work.connection.execute(mine.values(stage="done", place="", finished_at=now))

    def totals(self, month_id: str) -> dict[str, int]:
        """What a finished version counts, in all regions and on all lists together."""
        wanted = select(_COUNTS.c.what, func.sum(_COUNTS.c.people)).where(
            _COUNTS.c.month_id == month_id, _COUNTS.c.kind == ""
        )
        return {row.what: int(row[1]) for row in self._work.connection.execute(wanted.group_by(_COUNTS.c.what))}

    def _previous(self, month: str) -> str | None:
        earlier = select(func.max(_MONTHS.c.month)).where(_MONTHS.c.month < month, _MONTHS.c.finished_at.is_not(None))
        found = self._work.connection.execute(earlier).scalar_one()
        return None if found is None else self.newest_id(found)

    def _counted(self, month: StoredMonth) -> Counter[tuple[str, str, str]]:
        """(region, list or empty, what) -> people, each once under the same three."""
        counts: Counter[tuple[str, str, str]] = Counter()
        mine = _LINES.c.month_id == month.id
        for what, condition in self._measures(month).items():
            for kind, index in [*self.list_indexes().items(), (None, None)]:
                of_list = mine if index is None else mine & (_LINES.c.list_index == index)
                told = kind.value if kind is not None else ""
                counts.update({(region, told, what): n for region, n in self._people_of(of_list & condition)})
        for row in self._work.connection.execute(
            select(_LINES.c.region_code, _LINES.c.premium_years, func.count(_LINES.c.subject_index.distinct()))
            .where(mine, _LINES.c.premium_years != "")
            .group_by(_LINES.c.region_code, _LINES.c.premium_years)
        ):
            counts.update({(row[0] or "", "", f"premium_{year}"): row[2] for year in row.premium_years.split()})
        counts.update({(region, "", "insured"): n for region, n in self._insured(None)})
        untagged = Outcome.INSURED_UNTAGGED.value
        counts.update({(region, "", untagged): n for region, n in self._insured(month.id)})
        return counts

    def _measures(self, month: StoredMonth) -> dict[str, ColumnElement[bool]]:
        tagged = _LINES.c.outcome.in_(_TAGGED)
        insured = _LINES.c.outcome == Outcome.INSURED_TAGGED.value
        before = _LINES.alias()
        was = (before.c.month_id == month.previous) & (before.c.subject_index == _LINES.c.subject_index)
        stranger = before.c.outcome == Outcome.UNINSURED_TAGGED.value
        joined = select(before.c.id).where(was, stranger).exists()
        return {
            **{one.value: _LINES.c.outcome == one.value for one in Outcome if one is not Outcome.INSURED_UNTAGGED},
            "joined": insured & joined,
            "reached_60": tagged & _LINES.c.reached_60.is_(True),
            "not_drawing": insured & _LINES.c.reached_60.is_(True) & _LINES.c.drawing.is_(False),
            "carried": _LINES.c.carried.is_(True),
        }

    def _people_of(self, condition: ColumnElement[bool]) -> Iterable[tuple[str, int]]:
        wanted = select(_LINES.c.region_code, func.count(_LINES.c.subject_index.distinct())).where(condition)
        rows = self._work.connection.execute(wanted.group_by(_LINES.c.region_code))
        return [(row[0] or "", int(row[1])) for row in rows]

    def _insured(self, without: str | None) -> Sequence[tuple[str, int]]:
        """People of the ledger by region; without those who are on a list in this version."""
        wanted = select(_PEOPLE.c.region_code, func.count()).where(_NAMED)
        if without is not None:
            on_list = (_LINES.c.month_id == without) & (_LINES.c.outcome == Outcome.INSURED_TAGGED.value)
            wanted = wanted.where(~select(_LINES.c.id).where(on_list, _LINES.c.person_id == _PEOPLE.c.id).exists())
        rows = self._work.connection.execute(wanted.group_by(_PEOPLE.c.region_code))
        return [(row[0] or "", int(row[1])) for row in rows]


def _stored(row: Row[Any]) -> StoredMonth:
    return StoredMonth(
        row.id, row.month, row.version, row.mark, tuple(json.loads(row.lists)), row.previous, row.stage, row.place,
        row.began_at, row.finished_at,
    )  # fmt: skip
