"""Regions within one unit: added, never changed; the newest word on a code counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, not_, or_, select

from auth_service.beneficiaries.region_tree import KNOWN, Change, Ended, Region, Regions
from auth_service.storage.tables import PersonRow, RegionRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_REGIONS, _PEOPLE = table_of(RegionRow), table_of(PersonRow)
_NEWEST = select(func.max(_REGIONS.c.number)).group_by(_REGIONS.c.code)
_ASKED_AT_ONCE = 500


class RegionRecords:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def tree(self) -> Regions:
        """Which place lies where today; what is known without a file stands unless a file says how it ended."""
        ended = select(_REGIONS).where(_REGIONS.c.number.in_(_NEWEST), _REGIONS.c.valid_to.is_not(None))
        told = {row.code: _ended(row) for row in self._work.connection.execute(ended)}
        return Regions({**KNOWN, **told})

    def mark(self) -> int:
        """The number of the newest word; 0 where nothing was told. What was judged before it is judged anew."""
        return int(self._work.connection.execute(select(func.coalesce(func.max(_REGIONS.c.number), 0))).scalar_one())

    def known(self, codes: Iterable[str]) -> dict[str, Region]:
        """The newest word on each of these codes, in their shortest form; nobody ever told of the others."""
        found: dict[str, Region] = {}
        wanted = sorted(set(codes))
        for start in range(0, len(wanted), _ASKED_AT_ONCE):
            asked = wanted[start : start + _ASKED_AT_ONCE]
            newest = _NEWEST.where(_REGIONS.c.code.in_(asked))
            rows = self._work.connection.execute(select(_REGIONS).where(_REGIONS.c.number.in_(newest)))
            found |= {row.code: _region(row) for row in rows}
        return found

    def add(self, regions: Sequence[Region], batch_id: str, now: datetime) -> None:
        """What is new about these, after everything that was told before."""
        rows = [
            {
                "code": one.code,
                "name": one.name,
                "valid_from": one.valid_from,
                "valid_to": one.valid_to,
                "change": one.change.value if one.change else None,
                "successors": ";".join(one.successors),
                "known_at": now,
                "batch_id": batch_id,
            }
            for one in regions
        ]
        if rows:
            self._work.connection.execute(insert(_REGIONS), rows)

    def history(self, code: str) -> list[tuple[datetime, Region]]:
        """Everything that was told of a code, oldest first, with when it was learnt."""
        told = select(_REGIONS).where(_REGIONS.c.code == code).order_by(_REGIONS.c.number)
        return [(row.known_at, _region(row)) for row in self._work.connection.execute(told)]

    def beneath(self, region: str, *, ended: bool | None, after: str, limit: int) -> list[Region]:
        """Places whose code begins so, by code. ended: only those that did, or did not; None: all"""
        newest = select(_REGIONS).where(_REGIONS.c.number.in_(_NEWEST), _REGIONS.c.code > after)
        wanted = newest.where(_REGIONS.c.code.startswith(region, autoescape=True))
        if ended is not None:
            wanted = wanted.where(_REGIONS.c.valid_to.is_not(None) if ended else _REGIONS.c.valid_to.is_(None))
        rows = self._work.connection.execute(wanted.order_by(_REGIONS.c.code).limit(limit))
        return [_region(row) for row in rows]

    def people_in(self, region: str) -> int:
        """How many of the ledger's people lie in a region today, whatever code they were written down with."""
        here = select(func.count()).select_from(_PEOPLE).where(lies_in(self._work, _PEOPLE.c.region_code, region))
        return int(self._work.connection.execute(here).scalar_one())

    def people_written(self, code: str) -> int:
        """How many were written down with a code that begins so."""
        here = select(func.count()).where(_PEOPLE.c.region_code.startswith(code, autoescape=True))
        return int(self._work.connection.execute(here).scalar_one())


def lies_in(work: Work, column: ColumnElement[Any], region: str) -> ColumnElement[bool]:
    """The condition that a column of region codes names a place of this region, old codes followed to what they became.

    region   a code or the beginning of one, old or of today
    """
    return or_(
        *(
            and_(
                column.startswith(spelling.begin, autoescape=True),
                *(not_(column.startswith(other, autoescape=True)) for other in spelling.but),
            )
            for spelling in RegionRecords(work).tree().spellings(region)
        )
    )


def _region(row: Row[Any]) -> Region:
    change = Change(row.change) if row.change else None
    return Region(
        row.code, row.name, row.valid_from, row.valid_to, change, tuple(filter(None, row.successors.split(";")))
    )


def _ended(row: Row[Any]) -> Ended:
    region = _region(row)
    return Ended(region.change or Change.ABOLISHED, region.successors, region.valid_to)
