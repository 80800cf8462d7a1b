"""Requests for another way, the longest waiting first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from auth_service.capture.other_way import Way
from auth_service.qualification.evidence import Channel
from auth_service.storage.queries.pages import MOST, after, cursor_at
from auth_service.storage.queries.people import Masked, masked_people
from auth_service.storage.records.other_ways import is_way, way_of
from auth_service.storage.tables import OtherWayRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_WAYS = table_of(OtherWayRow)
_KNOWN = _WAYS.c.person_id.is_not(None)
_WAITS = _WAYS.c.settled_at.is_(None)


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request of somebody in the ledger. has_phone: a number was given with it"""

    id: str
    asked_at: datetime
    way: Way
    channel: Channel
    person: Masked
    has_phone: bool
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One page; `next_cursor` is None on the last."""

    rows: tuple[RequestLine, ...]
    next_cursor: str | None


def page_of_requests(
    work: Work, *, settled: bool | None, way: Way | None, cursor: str | None, limit: int
) -> RequestPage:
    """settled: None shows both. raises FieldInvalid: cursor; KeyMissing, SealBroken"""
    limit = max(1, min(limit, MOST))
    conditions: list[ColumnElement[bool]] = [_KNOWN]
    if settled is not None:
        conditions.append(~_WAITS if settled else _WAITS)
    if way is not None:
        conditions.append(is_way(way))
    if cursor is not None:
        conditions.append(after(cursor, _WAYS.c.asked_at, _WAYS.c.id))
    wanted = select(_WAYS).where(*conditions).order_by(_WAYS.c.asked_at, _WAYS.c.id).limit(limit + 1)
    found = work.connection.execute(wanted).all()
    rows = found[:limit]
    people = masked_people(work, [row.person_id for row in rows])
    lines = tuple(
        RequestLine(
            row.id, row.asked_at, way_of(row), Channel(row.channel), people[row.person_id],
            row.phone_sealed is not None, row.settled_at,
        )
        for row in rows
    )  # fmt: skip
    return RequestPage(lines, cursor_at(rows[-1].asked_at, rows[-1].id) if len(found) > limit else None)


def count_requests(work: Work) -> dict[str, int]:
    """`waiting` and `done`, of people in the ledger; `nobody`: of numbers that are in no ledger, kept for a year."""
    counted = {
        "waiting": select(func.count()).where(_KNOWN, _WAITS),
        "done": select(func.count()).where(_KNOWN, ~_WAITS),
        "nobody": select(func.count()).where(~_KNOWN),
    }
    return {name: work.connection.execute(wanted).scalar_one() for name, wanted in counted.items()}
