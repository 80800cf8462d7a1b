"""How people passed, and how they did not: margins, cycles by data alone, and refused faces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, case, func, not_, select

from auth_service.core.clock import legal_date
from auth_service.liveness.decision import PadVerdict
from auth_service.matching.comparison import Zone
from auth_service.monitoring.rules.v08_low_margin import FEWEST, Margin, MarginFacts
from auth_service.monitoring.rules.v10_silent_only import SilentFacts
from auth_service.monitoring.rules.v11_refused_and_weak import RefusedFacts
from auth_service.qualification.evidence import EvidenceKind
from auth_service.qualification.grades import WORTH, EventKind, Grade
from auth_service.qualification.status import LifeState, Why
from auth_service.storage.candidates.signs import latest, signs_of
from auth_service.storage.candidates.spans import next_people
from auth_service.storage.candidates.turns import next_keys, people_in_turn
from auth_service.storage.records.passes import PASSED
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import EvidenceRow, LifeEventRow, LifeStateRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_EVIDENCE, _EVENTS, _STATES = table_of(EvidenceRow), table_of(LifeEventRow), table_of(LifeStateRow)
_COMPARED = and_(_EVIDENCE.c.person_id.is_not(None), _EVIDENCE.c.similarity.is_not(None), PASSED)
_ROUNDING = 1e-9
_BAND_ENDS = 2 * _EVIDENCE.c.accept_at - _EVIDENCE.c.grey_at + _ROUNDING
"""A whole grey zone's width above the threshold, the widest band that a parameter may ask for (WIDEST)."""
_LOW_ONCE = (
    select(_EVIDENCE.c.person_id)
    .where(_COMPARED)
    .group_by(_EVIDENCE.c.person_id)
    .having(func.count() >= FEWEST, func.max(case((_EVIDENCE.c.similarity <= _BAND_ENDS, 1), else_=0)) == 1)
)
_WEAK = tuple(kind for kind, worth in WORTH.items() if worth.grade is Grade.WEAK)
_STRONG = tuple(kind for kind, worth in WORTH.items() if worth.grade is Grade.STRONG)
_CLINICIAN = (EventKind.INPATIENT, EventKind.VACCINATION, EventKind.EXAMINATION)
_REFUSED = and_(
    _EVIDENCE.c.zone == Zone.NON_MATCH.value,
    _EVIDENCE.c.pad_verdict == PadVerdict.BONA_FIDE.value,
    _EVIDENCE.c.kind != EvidenceKind.PHOTO.value,
    not_(PASSED),
)
"""A living face that was compared and matched nothing. A bare photo says nothing of whom it names."""
_REFUSED_WITH_SIGNS = (
    select(_EVIDENCE.c.person_id)
    .where(
        _REFUSED,
        _EVIDENCE.c.person_id.is_not(None),
        select(_EVENTS.c.id)
        .where(_EVENTS.c.person_id == _EVIDENCE.c.person_id, _EVENTS.c.kind.in_([kind.value for kind in _WEAK]))
        .exists(),
    )
    .distinct()
)
_SAMPLED = select(_STATES.c.person_id).where(_STATES.c.sample_wanted.is_(True)).distinct()


def margins(work: Work, after: str, most: int, now: datetime) -> list[MarginFacts]:
    """Whoever passed at least twice and once within the widest band, by the index of evidence over person and
    time.
    """

    def keys(behind: str, count: int) -> list[str]:
        return next_people(work, _LOW_ONCE, _EVIDENCE.c.person_id, behind, count)

    return people_in_turn(work, after, most, keys, lambda people: margins_of(work, people, now))


def margins_of(work: Work, people: Sequence[str], now: datetime) -> list[MarginFacts]:
    """The facts of these people, in their order; of whom no pass was compared there are none."""
    columns = (
        _EVIDENCE.c.id, _EVIDENCE.c.person_id, _EVIDENCE.c.taken_at, _EVIDENCE.c.similarity, _EVIDENCE.c.accept_at,
        _EVIDENCE.c.grey_at, _EVIDENCE.c.engine, _EVIDENCE.c.calibration,
    )  # fmt: skip
    mine = and_(those(work.connection, _EVIDENCE.c.person_id, people), _COMPARED, _EVIDENCE.c.taken_at <= now)
    rows: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    order = (_EVIDENCE.c.person_id, _EVIDENCE.c.taken_at, _EVIDENCE.c.id)
    for row in work.connection.execute(select(*columns).where(mine).order_by(*order)):
        rows.setdefault(row.person_id, []).append(row)
    found = []
    for person, passes in rows.items():
        label = (passes[-1].engine, passes[-1].calibration)
        same = (row for row in passes if (row.engine, row.calibration) == label)
        told = tuple(Margin(row.id, row.taken_at, row.similarity, row.accept_at, row.grey_at) for row in same)
        found.append(MarginFacts(person, label[1], told))
    return found


def silent_only(work: Work, after: str, most: int, now: datetime) -> list[SilentFacts]:  # noqa: ARG001
    """Benefits of which the last sweep said so: one pass over the primary key of `life_states`."""

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, _SAMPLED, _STATES.c.person_id, behind, count)

    return people_in_turn(work, after, most, keys, lambda people: silent_of(work, people))


def silent_of(work: Work, people: Sequence[str]) -> list[SilentFacts]:
    """The facts of these people, in their order."""
    mine = and_(those(work.connection, _STATES.c.person_id, people), _STATES.c.sample_wanted.is_(True))
    order = (_STATES.c.person_id, _STATES.c.kind)
    rows = work.connection.execute(select(_STATES).where(mine).order_by(*order)).all()
    found = []
    for row in rows:
        seldom = (one for one in json.loads(row.reasons) if one["why"] == Why.SEEN_SELDOM.value)
        since = next((date.fromisoformat(one["on"]) for one in seldom), legal_date(row.judged_at))
        found.append(SilentFacts(row.person_id, row.kind, since, row.state == LifeState.TERMINATED.value))
    return found


def refused_people(work: Work, after: str, most: int, now: datetime) -> list[RefusedFacts]:
    """Whoever was refused once and of whom a weak sign ever came, by the index of evidence over person and
    time.
    """

    def keys(behind: str, count: int) -> list[str]:
        return next_people(work, _REFUSED_WITH_SIGNS, _EVIDENCE.c.person_id, behind, count)

    return people_in_turn(work, after, most, keys, lambda people: refused_of(work, people, now))


def refused_of(work: Work, people: Sequence[str], now: datetime) -> list[RefusedFacts]:
    """The facts of these people, in their order; of who was never refused there are none."""
    mine = and_(those(work.connection, _EVIDENCE.c.person_id, people), _REFUSED, _EVIDENCE.c.taken_at <= now)
    order = (_EVIDENCE.c.person_id, _EVIDENCE.c.taken_at, _EVIDENCE.c.id)
    refused: dict[str, list[tuple[str, date]]] = {}
    wanted = select(_EVIDENCE.c.id, _EVIDENCE.c.person_id, _EVIDENCE.c.taken_at).where(mine).order_by(*order)
    for row in work.connection.execute(wanted):
        refused.setdefault(row.person_id, []).append((row.id, legal_date(row.taken_at)))
    signs = signs_of(work, list(refused), now)
    return [
        RefusedFacts(
            person, tuple(captures), latest(signs.get(person, ()), _WEAK), latest(signs.get(person, ()), _CLINICIAN),
            latest(signs.get(person, ()), _STRONG),
        )
        for person, captures in refused.items()
    ]  # fmt: skip
