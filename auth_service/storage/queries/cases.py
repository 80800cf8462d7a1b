"""The queue of cases: the worst first, then where more rules fired, then what is due first."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from auth_service.casework.case import CaseState, Cause, Standing
from auth_service.casework.disposition import CLEARS
from auth_service.core.errors import FieldInvalid
from auth_service.monitoring.flags import Severity
from auth_service.payments.proposals import PayState, state_after
from auth_service.storage.queries.pages import MOST
from auth_service.storage.queries.people import Masked, masked_people
from auth_service.storage.records.cases import IS_NEWEST_ACT, standing_of
from auth_service.storage.records.guards import is_genuine
from auth_service.storage.records.proposals import Proposals
from auth_service.storage.records.regions import lies_in
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import BenefitRow, CaseActRow, CaseRow, PersonRow, ProposalRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

OPEN, MINE, OVERDUE, RESTORE = "open", "mine", "overdue", "restore"
"""Lists besides the states: `restore` are closed cases in which nothing was wrong while something is still held."""
LISTS = (OPEN, MINE, OVERDUE, *(state.value for state in CaseState), RESTORE, "all")
_CASES, _ACTS, _PEOPLE = table_of(CaseRow), table_of(CaseActRow), table_of(PersonRow)
_BENEFITS, _PROPOSALS = table_of(BenefitRow), table_of(ProposalRow)
_ALL = _CASES.join(_ACTS, and_(_ACTS.c.case_id == _CASES.c.id, IS_NEWEST_ACT)).join(
    _PEOPLE, _PEOPLE.c.id == _CASES.c.person_id
)
_IS_OPEN = _ACTS.c.state != CaseState.CLOSED.value
_CLEARED = and_(~_IS_OPEN, _ACTS.c.disposition.in_([one.value for one in sorted(CLEARS)]))
_MAY_BE_HELD = select(_PROPOSALS.c.id).where(_PROPOSALS.c.person_id == _CASES.c.person_id).exists()
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What to show; None shows all.

    which   one of LISTS
    region  a code or the beginning of one
    staff   of `mine`: who asks
    today   of `overdue`
    """

    which: str = OPEN
    severity: Severity | None = None
    cause: Cause | None = None
    region: str | None = None
    staff: str = ""
    today: date | None = None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in the queue. acted_at: of its newest act"""

    id: str
    person: Masked
    cause: Cause
    standing: Standing
    opened_at: datetime
    acted_at: datetime


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page; `next_cursor` is None on the last."""

    rows: tuple[CaseLine, ...]
    next_cursor: str | None


def page_of_cases(work: Work, wanted: CaseFilter, cursor: str | None, limit: int) -> CasePage:
    """Rows that this service did not write are left out. raises FieldInvalid: list, region, cursor"""
    limit = max(1, min(limit, MOST))
    conditions = _conditions(work, wanted)
    if cursor is not None:
        conditions.append(_behind(cursor))
    statement: Select[Any] = (
        select(*_ACTS.c, _CASES.c.person_id, _CASES.c.cause, _CASES.c.opened_at)
        .select_from(_ALL)
        .where(*conditions)
        .order_by(_ACTS.c.severity_rank, _ACTS.c.rules.desc(), _ACTS.c.due_on, _ACTS.c.case_id)
        .limit(limit + 1)
    )
    found = work.connection.execute(statement).all()
    rows = [row for row in found[:limit] if is_genuine(work.indexes, CaseActRow, row)]
    if wanted.which == RESTORE:
        stopped = _stopped(work, [row.person_id for row in rows])
        rows = [row for row in rows if row.person_id in stopped]
    people = masked_people(work, [row.person_id for row in rows])
    lines = tuple(_line(row, people[row.person_id]) for row in rows)
    return CasePage(lines, _cursor(found[limit - 1]) if len(found) > limit else None)


def count_cases(work: Work, staff: str, today: date) -> dict[str, int]:
    """How many are in each list."""
    mine, overdue = (and_(*_which(CaseFilter(which, staff=staff, today=today))) for which in (MINE, OVERDUE))
    columns = (_ACTS.c.state, func.count().label("all"), func.count().filter(mine), func.count().filter(overdue))
    # every case has its person, and a look at either would cost more than all of this
    states = select(*columns).where(IS_NEWEST_ACT).group_by(_ACTS.c.state)
    counted = dict.fromkeys((*(state.value for state in CaseState), MINE, OVERDUE), 0)
    for state, cases, own, late in work.connection.execute(states):
        counted[state] = cases
        counted[MINE] += own
        counted[OVERDUE] += late
    counted["all"] = sum(counted[state.value] for state in CaseState)
    counted[OPEN] = counted["all"] - counted[CaseState.CLOSED.value]
    people = select(_CASES.c.person_id).distinct().select_from(_ALL).where(_CLEARED, _MAY_BE_HELD)
    counted[RESTORE] = len(_stopped(work, work.connection.execute(people).scalars().all()))
    return counted


def _conditions(work: Work, wanted: CaseFilter) -> list[ColumnElement[bool]]:
    conditions = _which(wanted)
    if wanted.severity is not None:
        conditions.append(_ACTS.c.severity == wanted.severity.value)
    if wanted.cause is not None:
        conditions.append(_CASES.c.cause == wanted.cause.value)
    if wanted.region is not None:
        if not wanted.region.isdigit():
            raise FieldInvalid(field="region")
        conditions.append(lies_in(work, _PEOPLE.c.region_code, wanted.region))
    return conditions


def _which(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    if wanted.which not in LISTS:
        raise FieldInvalid(", ".join(LISTS), field="state")
    if wanted.which == MINE:
        return [_IS_OPEN, _ACTS.c.assignee == wanted.staff]
    if wanted.which == OVERDUE:
        return [_IS_OPEN, _ACTS.c.due_on < wanted.today]
    own: dict[str, list[ColumnElement[bool]]] = {OPEN: [_IS_OPEN], RESTORE: [_CLEARED, _MAY_BE_HELD], "all": []}
    return own.get(wanted.which, [_ACTS.c.state == wanted.which])


def _stopped(work: Work, people: Sequence[str]) -> set[str]:
    """Those of these people of whom any benefit is not paid now, whatever their number: a list and a front page wait
    for it."""
    mine = select(_BENEFITS.c.person_id, _BENEFITS.c.kind).where(those(work.connection, _BENEFITS.c.person_id, people))
    acts = Proposals(work).histories(people)
    benefits = ((row.person_id, row.kind) for row in work.connection.execute(mine))
    return {benefit[0] for benefit in benefits if state_after(acts.get(benefit, ())) is not PayState.PAID}


def _line(row: Row[Any], person: Masked) -> CaseLine:
    return CaseLine(row.case_id, person, Cause(row.cause), standing_of(row), row.opened_at, row.done_at)


def _cursor(row: Row[Any]) -> str:
    place = json.dumps([row.severity_rank, row.rules, row.due_on.isoformat(), row.case_id])
    return base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode()


def _behind(cursor: str) -> ColumnElement[bool]:
    """raises FieldInvalid: no cursor of ours"""
    try:
        rank, rules, told, last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        due = date.fromisoformat(told)
        if type(rank) is not int or type(rules) is not int or not _ID.fullmatch(last) or max(rank, rules) > 10**6:
            raise FieldInvalid(field="cursor")
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise FieldInvalid(field="cursor") from error
    columns = _ACTS.c
    same = and_(columns.severity_rank == rank, columns.rules == rules)
    return or_(
        columns.severity_rank > rank,
        and_(columns.severity_rank == rank, columns.rules < rules),
        and_(same, columns.due_on > due),
        and_(same, columns.due_on == due, columns.case_id > last),
    )
