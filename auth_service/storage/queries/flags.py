"""The monitor's queue."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from auth_service.core.errors import FieldInvalid
from auth_service.monitoring.flags import Severity, Verdict
from auth_service.storage.records.regions import lies_in
from auth_service.storage.tables import DeviceRow, FlagDeviceRow, FlagPersonRow, FlagRow, JudgementRow, PersonRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

OPEN = "open"
STATES = (OPEN, *Verdict)
MOST = 200
_ID = re.compile(r"[0-9a-f]{32}")
_FLAGS = table_of(FlagRow)
_JUDGEMENTS = table_of(JudgementRow)
_CONCERNS, _DEVICES = table_of(FlagDeviceRow), table_of(DeviceRow)
_LATER = _JUDGEMENTS.alias("later")
_LATEST = and_(
    _JUDGEMENTS.c.flag_id == _FLAGS.c.id,
    ~select(_LATER.c.id)
    .where(_LATER.c.flag_id == _JUDGEMENTS.c.flag_id, _LATER.c.number > _JUDGEMENTS.c.number)
    .exists(),
)
"""Joins a flag to its newest judgement."""


@dataclass(frozen=True, slots=True)
class FlagFilter:
    """What to show; None shows all."""

    state: str | None = None
    rule_id: str | None = None
    severity: Severity | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class FlagLine:
    """One line of the queue. People appear by their pseudonymous keys; `region` is the first person's, or the device's.

    device  name and owner of the device that it concerns
    """

    id: str
    rule_id: str
    severity: Severity
    raised_at: datetime
    verdict: Verdict | None
    person_keys: tuple[str, ...]
    region: str | None
    device: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FlagPage:
    """One page; `next_cursor` is None on the last."""

    rows: tuple[FlagLine, ...]
    next_cursor: str | None


def page_of_flags(work: Work, wanted: FlagFilter, cursor: str | None, limit: int) -> FlagPage:
    """raises FieldInvalid: state or cursor"""
    limit = max(1, min(limit, MOST))
    conditions = _conditions(work, wanted)
    if cursor is not None:
        conditions.append(_after(cursor))
    statement = (
        select(_FLAGS, _JUDGEMENTS.c.verdict, _DEVICES.c.name, _DEVICES.c.owner, _DEVICES.c.region_code)
        .select_from(_FLAGS)
        .outerjoin(_JUDGEMENTS, _LATEST)
        .outerjoin(_CONCERNS, _CONCERNS.c.flag_id == _FLAGS.c.id)
        .outerjoin(_DEVICES, _DEVICES.c.id == _CONCERNS.c.device_id)
        .where(*conditions)
        .order_by(_FLAGS.c.severity_rank, _FLAGS.c.raised_at.desc(), _FLAGS.c.id)
        .limit(limit + 1)
    )
    found = work.connection.execute(statement).all()
    rows = found[:limit]
    people = _people_of(work, [row.id for row in rows])
    lines = tuple(_line(row, people[row.id]) for row in rows)
    return FlagPage(lines, _cursor(rows[-1]) if len(found) > limit else None)


def count_flags(work: Work) -> dict[str, int]:
    statement = (
        select(_JUDGEMENTS.c.verdict, func.count())
        .select_from(_FLAGS)
        .outerjoin(_JUDGEMENTS, _LATEST)
        .group_by(_JUDGEMENTS.c.verdict)
    )
    counted = {verdict or OPEN: count for verdict, count in work.connection.execute(statement)}
    return {str(state): counted.get(state, 0) for state in STATES}


def _conditions(work: Work, wanted: FlagFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        if wanted.state not in STATES:
            raise FieldInvalid(f"states: {', '.join(STATES)}", field="state")
        verdict = _JUDGEMENTS.c.verdict
        conditions.append(verdict.is_(None) if wanted.state == OPEN else verdict == str(wanted.state))
    if wanted.rule_id is not None:
        conditions.append(_FLAGS.c.rule_id == wanted.rule_id)
    if wanted.severity is not None:
        conditions.append(_FLAGS.c.severity == wanted.severity.value)
    if wanted.region is not None:
        concerned = (
            select(FlagPersonRow.flag_id)
            .join(PersonRow, PersonRow.id == FlagPersonRow.person_id)
            .where(lies_in(work, table_of(PersonRow).c.region_code, wanted.region))
        )
        devices = (
            select(_CONCERNS.c.flag_id)
            .join(_DEVICES, _DEVICES.c.id == _CONCERNS.c.device_id)
            .where(lies_in(work, _DEVICES.c.region_code, wanted.region))
        )
        conditions.append(or_(_FLAGS.c.id.in_(concerned), _FLAGS.c.id.in_(devices)))
    return conditions


def _people_of(work: Work, flag_ids: list[str]) -> dict[str, list[tuple[str, str | None]]]:
    people: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    statement = (
        select(FlagPersonRow.flag_id, PersonRow.person_key, PersonRow.region_code)
        .join(PersonRow, PersonRow.id == FlagPersonRow.person_id)
        .where(FlagPersonRow.flag_id.in_(flag_ids))
        .order_by(FlagPersonRow.flag_id, FlagPersonRow.position)
    )
    for row in work.connection.execute(statement):
        people[row.flag_id].append((row.person_key, row.region_code))
    return people


def _line(row: Row[Any], people: list[tuple[str, str | None]]) -> FlagLine:
    return FlagLine(
        id=row.id,
        rule_id=row.rule_id,
        severity=Severity(row.severity),
        raised_at=row.raised_at,
        verdict=Verdict(row.verdict) if row.verdict else None,
        person_keys=tuple(key for key, _ in people),
        region=people[0][1] if people else row.region_code,
        device=(row.name, row.owner) if row.name is not None else None,
    )


def _cursor(row: Row[Any]) -> str:
    place = json.dumps([row.severity_rank, row.raised_at.isoformat(), row.id])
    return base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode()


def _after(cursor: str) -> ColumnElement[bool]:
    try:
        rank, raised, flag_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        raised_at = datetime.fromisoformat(raised)
        named = isinstance(flag_id, str) and _ID.fullmatch(flag_id)
        if type(rank) is not int or not 0 <= rank < 100 or not named or raised_at.tzinfo is None:
            raise FieldInvalid(field="cursor")
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise FieldInvalid(field="cursor") from error
    columns = _FLAGS.c
    return or_(
        columns.severity_rank > rank,
        and_(columns.severity_rank == rank, columns.raised_at < raised_at),
        and_(columns.severity_rank == rank, columns.raised_at == raised_at, columns.id > flag_id),
    )
