"""Benefits by how they stand, the earliest due date first: who is to be reached, where, and how they passed last."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.errors import FieldInvalid
from auth_service.qualification.grades import EventKind
from auth_service.qualification.status import LifeState, Why
from auth_service.storage.queries.pages import MOST
from auth_service.storage.queries.people import Masked, masked_people
from auth_service.storage.records.regions import lies_in
from auth_service.storage.tables import LifeStateRow, PersonRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_STATES, _PEOPLE = table_of(LifeStateRow), table_of(PersonRow)
_ALL = _STATES.join(_PEOPLE, _PEOPLE.c.id == _STATES.c.person_id)
_NAMED = _PEOPLE.c.id_number_sealed != b""
_ID = re.compile(r"[0-9a-f]{32}")


class LastPass(StrEnum):
    """How somebody passed last: whom to ask in which way."""

    SELF_SERVICE = "self_service"
    IN_PERSON = "in_person"
    VISIT_OR_PAPER = "visit_or_paper"
    """A visit, a consulate's or another region's word."""
    SILENT = "silent"
    NEVER = "never"


_KINDS = {
    LastPass.SELF_SERVICE: (EventKind.FACE_REMOTE,),
    LastPass.IN_PERSON: (EventKind.FACE_IN_PERSON, EventKind.ASSISTED),
    LastPass.VISIT_OR_PAPER: (EventKind.HOME_VISIT, EventKind.CONSULATE, EventKind.OTHER_REGION),
}


@dataclass(frozen=True, slots=True)
class DueFilter:
    """state, benefit, last: None for any. region: a code or its beginning"""

    state: LifeState | None = None
    benefit: BenefitKind | None = None
    region: str | None = None
    last: LastPass | None = None


@dataclass(frozen=True, slots=True)
class DueLine:
    """One benefit. guarded: late, and kept from a proposal until somebody went to see the person"""

    person: Masked
    benefit: BenefitKind
    state: LifeState
    due_on: date
    passed_on: date | None
    last: LastPass
    guarded: bool
    may_propose_hold: bool
    restore_first: bool


@dataclass(frozen=True, slots=True)
class DuePage:
    """One page; `next_cursor` is None on the last."""

    rows: tuple[DueLine, ...]
    next_cursor: str | None


def page_of_due(work: Work, wanted: DueFilter, cursor: str | None, limit: int, most: int = MOST) -> DuePage:
    """raises FieldInvalid: cursor; KeyMissing, SealBroken"""
    limit = max(1, min(limit, most))
    conditions = _conditions(work, wanted)
    if cursor is not None:
        conditions.append(_after(cursor))
    order = (_STATES.c.due_on, _STATES.c.person_id, _STATES.c.kind)
    found = work.connection.execute(
        select(_STATES).select_from(_ALL).where(*conditions).order_by(*order).limit(limit + 1)
    ).all()
    rows = found[:limit]
    people = masked_people(work, [row.person_id for row in rows]) if rows else {}
    lines = tuple(_line(row, people[row.person_id]) for row in rows)
    return DuePage(lines, _place(rows[-1]) if len(found) > limit else None)


def count_due(work: Work, region: str | None = None) -> dict[str, int]:
    """How many benefits stand in which state, there or everywhere."""
    conditions = _conditions(work, DueFilter(region=region))
    counted = {state.value: 0 for state in LifeState}
    wanted = select(_STATES.c.state, func.count()).select_from(_ALL).where(*conditions).group_by(_STATES.c.state)
    return counted | {row.state: row[1] for row in work.connection.execute(wanted)}


def _line(row: Any, person: Masked) -> DueLine:
    told = json.loads(row.reasons)
    return DueLine(
        person, BenefitKind(row.kind), LifeState(row.state), row.due_on, row.passed_on, _last(row.passed_on, told),
        any(reason.get("why") == Why.GUARDED for reason in told), row.may_propose_hold, row.restore_first,
    )  # fmt: skip


def _last(passed_on: date | None, reasons: list[dict[str, str]]) -> LastPass:
    if passed_on is None:
        return LastPass.NEVER
    kinds = {reason.get("kind") for reason in reasons}
    return next((last for last, of in _KINDS.items() if kinds & {kind.value for kind in of}), LastPass.SILENT)


def _conditions(work: Work, wanted: DueFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_NAMED]
    if wanted.state is not None:
        found.append(_STATES.c.state == wanted.state.value)
    if wanted.benefit is not None:
        found.append(_STATES.c.kind == wanted.benefit.value)
    if wanted.region is not None:
        found.append(lies_in(work, _PEOPLE.c.region_code, wanted.region))
    if wanted.last is not None:
        found.append(_passed_by(wanted.last))
    return found


def _passed_by(last: LastPass) -> ColumnElement[bool]:
    """As `_last` reads it: reasons are JSON that this service wrote."""
    seen = _STATES.c.passed_on.is_not(None)
    if last is LastPass.NEVER:
        return ~seen
    named = {
        of: or_(*(_STATES.c.reasons.contains(f'"kind":"{kind.value}"') for kind in kinds))
        for of, kinds in _KINDS.items()
    }
    return and_(seen, named[last]) if last in named else and_(seen, ~or_(*named.values()))


def _place(row: Any) -> str:
    """Opaque to whoever carries it, and it names nobody."""
    told = json.dumps([row.due_on.isoformat(), row.person_id, row.kind])
    return base64.urlsafe_b64encode(told.encode()).rstrip(b"=").decode()


def _after(cursor: str) -> ColumnElement[bool]:
    """raises FieldInvalid: no cursor of ours"""
    try:
        due, person, kind = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        due_on, benefit = date.fromisoformat(due), BenefitKind(kind).value
        if not isinstance(person, str) or not _ID.fullmatch(person):
            raise FieldInvalid(field="cursor")
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise FieldInvalid(field="cursor") from error
    same_day = _STATES.c.due_on == due_on
    same = and_(same_day, _STATES.c.person_id == person, _STATES.c.kind > benefit)
    return or_(_STATES.c.due_on > due_on, and_(same_day, _STATES.c.person_id > person), same)
