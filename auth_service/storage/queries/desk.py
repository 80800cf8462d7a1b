"""The review desk's queue: captures that a person must look at, the longest waiting first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, select

from auth_service.core.errors import FieldInvalid
from auth_service.qualification.decision import Reason
from auth_service.qualification.evidence import Channel
from auth_service.qualification.review import STATE_AFTER, ReviewState, ReviewVerdict
from auth_service.storage.queries.pages import MOST, after, cursor_at
from auth_service.storage.queries.people import Masked, masked_people
from auth_service.storage.records.passes import FOR_REVIEW
from auth_service.storage.records.regions import lies_in
from auth_service.storage.records.reviews import IS_NEWEST
from auth_service.storage.tables import EvidenceRow, PersonKeyRow, PersonRow, ReviewRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_EVIDENCE, _REVIEWS = table_of(EvidenceRow), table_of(ReviewRow)
_PEOPLE, _KEYS = table_of(PersonRow), table_of(PersonKeyRow)
_STATE: ColumnElement[str] = case(
    *((_REVIEWS.c.act == act.value, state.value) for act, state in STATE_AFTER.items()), else_=ReviewState.WAITING.value
)
_ALL = (
    _EVIDENCE.join(_PEOPLE, _PEOPLE.c.id == _EVIDENCE.c.person_id)
    .join(_KEYS, and_(_KEYS.c.person_id == _EVIDENCE.c.person_id, _KEYS.c.destroyed_at.is_(None)))
    .outerjoin(_REVIEWS, and_(_REVIEWS.c.evidence_id == _EVIDENCE.c.id, IS_NEWEST))
)


@dataclass(frozen=True, slots=True)
class DeskFilter:
    """What to show; None shows all. region: a code or the beginning of one"""

    state: ReviewState | None = ReviewState.WAITING
    channel: Channel | None = None
    reason: Reason | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class DeskLine:
    """One capture in the queue. verdict: the newest, None while it waits"""

    id: str
    taken_at: datetime
    channel: Channel
    reasons: tuple[Reason, ...]
    person: Masked
    state: ReviewState
    verdict: ReviewVerdict | None


@dataclass(frozen=True, slots=True)
class DeskPage:
    """One page; `next_cursor` is None on the last."""

    rows: tuple[DeskLine, ...]
    next_cursor: str | None


def page_of_desk(work: Work, wanted: DeskFilter, cursor: str | None, limit: int) -> DeskPage:
    """raises FieldInvalid: cursor; KeyMissing, SealBroken"""
    limit = max(1, min(limit, MOST))
    conditions = _conditions(work, wanted)
    if cursor is not None:
        conditions.append(after(cursor, _EVIDENCE.c.taken_at, _EVIDENCE.c.id))
    statement = (
        select(
            _EVIDENCE.c.id, _EVIDENCE.c.taken_at, _EVIDENCE.c.channel, _EVIDENCE.c.reasons, _EVIDENCE.c.person_id,
            _STATE.label("state"), _REVIEWS.c.verdict,
        )
        .select_from(_ALL)
        .where(*conditions)
        .order_by(_EVIDENCE.c.taken_at, _EVIDENCE.c.id)
        .limit(limit + 1)
    )  # fmt: skip
    found = work.connection.execute(statement).all()
    rows = found[:limit]
    people = masked_people(work, [row.person_id for row in rows])
    lines = tuple(_line(row, people[row.person_id]) for row in rows)
    return DeskPage(lines, cursor_at(rows[-1].taken_at, rows[-1].id) if len(found) > limit else None)


def count_desk(work: Work) -> dict[str, int]:
    """How many captures are in each state."""
    counted = dict.fromkeys(ReviewState, 0)
    wanted = select(_STATE.label("state"), func.count()).select_from(_ALL).where(FOR_REVIEW).group_by("state")
    for state, count in work.connection.execute(wanted):
        counted[ReviewState(state)] = count
    return {state.value: count for state, count in counted.items()}


def _conditions(work: Work, wanted: DeskFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [FOR_REVIEW]
    if wanted.state is not None:
        conditions.append(_STATE.in_([wanted.state.value]))
    if wanted.channel is not None:
        conditions.append(_EVIDENCE.c.channel == wanted.channel.value)
    if wanted.reason is not None:
        conditions.append(_EVIDENCE.c.reasons.contains(f'"{wanted.reason.value}"', autoescape=True))
    if wanted.region is not None:
        if not wanted.region.isdigit():
            raise FieldInvalid(field="region")
        conditions.append(lies_in(work, _PEOPLE.c.region_code, wanted.region))
    return conditions


def _line(row: Row[*tuple[Any, ...]], person: Masked) -> DeskLine:
    return DeskLine(
        id=row.id,
        taken_at=row.taken_at,
        channel=Channel(row.channel),
        reasons=tuple(Reason(code) for code in json.loads(row.reasons)),
        person=person,
        state=ReviewState(row.state),
        verdict=ReviewVerdict(row.verdict) if row.verdict else None,
    )
