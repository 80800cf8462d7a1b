"""Deaths that registries told of people in the ledger, what was done about each, and what was paid after it.

A death counts here where a file that counts tells it of the very ID number, in the version that holds. Who is found by
name alone is in doubt and counts for nothing in a number about money, and so is who was found to be somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, and_, case, func, or_, select

from auth_service.beneficiaries.dates import parse_partial_date
from auth_service.casework.contest import ContestAct
from auth_service.crosscheck.sources import RegistryAct, RegistryKind
from auth_service.crosscheck.standing import LinkAct
from auth_service.monitoring.delay import DeathAndHold, days_to_hold
from auth_service.monitoring.fund import WRONGFUL, Death, Standing
from auth_service.payments.proposals import Act, Ground, Verdict
from auth_service.payments.rows import PaymentStatus
from auth_service.storage.records.registry_batches import RegistryBatches
from auth_service.storage.tables import (
    ContestActRow,
    ContestRow,
    DecisionRow,
    LinkActRow,
    LinkFindingRow,
    PaymentRecord,
    PersonRow,
    ProposalRow,
    RegistryBatchRow,
    RegistryRecordRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

DYING = (RegistryKind.DEATH.value, RegistryKind.CREMATION.value)
"""A cancelled household may have moved abroad: no death by itself."""
_STOPS = (Act.HOLD.value, Act.SUSPEND.value, Act.TERMINATE.value)
_BACK = (PaymentStatus.RETURNED.value, PaymentStatus.REVERSED.value)
_SLACK = timedelta(days=1)
"""A source's clock may be an hour ahead of ours."""
_ROWS, _PEOPLE, _BATCHES = table_of(RegistryRecordRow), table_of(PersonRow), table_of(RegistryBatchRow)
_PROPOSALS, _DECISIONS, _PAID = table_of(ProposalRow), table_of(DecisionRow), table_of(PaymentRecord)
_CONTESTS, _ACTS = table_of(ContestRow), table_of(ContestActRow)
_FOUND, _SAID = table_of(LinkFindingRow), table_of(LinkActRow)


@dataclass(frozen=True, slots=True)
class _Paid:
    paid: int
    fen: int


def recorded_deaths(work: Work, since: datetime) -> list[Death]:
    """Those that a source wrote down since then; whoever was found alive after it is left out."""
    deaths = _deaths(work, since)
    if deaths is None:
        return []
    paid = dict(_paid(work, deaths))
    told = work.connection.execute(_standings(deaths)).all()
    return [_death(row, paid.get(row.person_id, _Paid(0, 0))) for row in told if not row.given_back]


def _deaths(work: Work, since: datetime) -> CTE | None:
    """person, the first word on their death, its day as far as known; None: no file that counts may tell one."""
    read = select(_BATCHES.c.id).where(_BATCHES.c.kind.in_(DYING), _BATCHES.c.begun_at >= since - _SLACK)
    counting = sorted(RegistryBatches(work).counting(work.connection.execute(read).scalars().all()))
    if not counting:
        return None
    # a void, or a correction, may have come with any file that counts; those before `since` cannot be newer
    later = _ROWS.alias("later")
    newer = or_(
        later.c.source_time > _ROWS.c.source_time,
        and_(later.c.source_time == _ROWS.c.source_time, _rank(later.c.act) > _rank(_ROWS.c.act)),
    )
    somebody_else = (
        select(_SAID.c.id)
        .join(_FOUND, _FOUND.c.id == _SAID.c.finding_id)
        .where(
            _FOUND.c.ref_index == _ROWS.c.ref_index,
            _FOUND.c.person_id == _PEOPLE.c.id,
            _SAID.c.act == LinkAct.DISPROVED.value,
        )
    )
    overtaken = select(later.c.id).where(later.c.ref_index == _ROWS.c.ref_index, later.c.batch_id.in_(counting), newer)
    return (
        select(
            _PEOPLE.c.id.label("person_id"),
            func.min(_ROWS.c.source_time).label("told_at"),
            func.min(_ROWS.c.event_on).label("died_on"),
        )
        .select_from(_ROWS.join(_PEOPLE, _PEOPLE.c.id_number_index == _ROWS.c.id_index))
        .where(
            _ROWS.c.batch_id.in_(counting),
            _ROWS.c.kind.in_(DYING),
            _ROWS.c.act != RegistryAct.VOID.value,
            _ROWS.c.source_time >= since,
            _ROWS.c.event_on.is_not(None),
            ~overtaken.exists(),
            ~somebody_else.exists(),
        )
        .group_by(_PEOPLE.c.id)
        .cte("deaths")
    )


def _rank(act: ColumnElement[str]) -> ColumnElement[int]:
    """As crosscheck/versions.py: of two at one instant a void wins, then a correction."""
    return case((act == RegistryAct.VOID.value, 2), (act == RegistryAct.CORRECT.value, 1), else_=0)


def _approved(deaths: CTE, *conditions: ColumnElement[bool]) -> Any:
    """Approved acts on a dead person's money since the death was told."""
    joined = _PROPOSALS.join(_DECISIONS, _DECISIONS.c.proposal_id == _PROPOSALS.c.id)
    return (
        select(func.min(_DECISIONS.c.decided_at))
        .select_from(joined)
        .where(
            _PROPOSALS.c.person_id == deaths.c.person_id,
            _DECISIONS.c.verdict == Verdict.APPROVED.value,
            _DECISIONS.c.decided_at >= deaths.c.told_at,
            *conditions,
        )
    )


def _standings(deaths: CTE) -> Any:
    ended = select(_ACTS.c.id).where(
        _ACTS.c.contest_id == _CONTESTS.c.id,
        _ACTS.c.act.in_([ContestAct.SEEN.value, ContestAct.RESTORED.value, ContestAct.DISMISSED.value]),
    )
    contested = select(_CONTESTS.c.id).where(_CONTESTS.c.person_id == deaths.c.person_id, ~ended.exists())
    alive = [ground.value for ground in WRONGFUL]
    confirmed = (_PROPOSALS.c.act == Act.TERMINATE.value, _PROPOSALS.c.ground == Ground.DEATH_CONFIRMED.value)
    return select(
        deaths.c.person_id,
        deaths.c.died_on,
        _approved(deaths, _PROPOSALS.c.act.in_(_STOPS)).scalar_subquery().label("stopped_at"),
        _approved(deaths, *confirmed).scalar_subquery().is_not(None).label("confirmed"),
        _approved(deaths, _PROPOSALS.c.act == Act.RESUME.value, _PROPOSALS.c.ground.in_(alive))
        .scalar_subquery()
        .is_not(None)
        .label("given_back"),
        contested.exists().label("contested"),
    )


def _paid(work: Work, deaths: CTE) -> Iterator[tuple[str, _Paid]]:
    """What arrived for months after the month of death, less what came back; a year alone means its last month."""
    last = case(
        (func.length(deaths.c.died_on) >= 7, func.substr(deaths.c.died_on, 1, 7)), else_=deaths.c.died_on.concat("-12")
    )
    settled = _PAID.c.status == PaymentStatus.SETTLED.value
    fen = case((settled, _PAID.c.amount_fen), (_PAID.c.status.in_(_BACK), -_PAID.c.amount_fen), else_=0)
    wanted = (
        select(deaths.c.person_id, func.sum(case((settled, 1), else_=0)).label("paid"), func.sum(fen).label("fen"))
        .select_from(deaths.join(_PAID, _PAID.c.person_id == deaths.c.person_id))
        .where(_PAID.c.entitlement_month > last)
        .group_by(deaths.c.person_id)
    )
    for row in work.connection.execute(wanted):
        left = max(0, int(row.fen))
        yield row.person_id, _Paid(int(row.paid) if left else 0, left)


def _death(row: Row[Any], paid: _Paid) -> Death:
    died = parse_partial_date(row.died_on, "event_date")
    delay = days_to_hold(DeathAndHold(died, row.stopped_at))
    if row.confirmed:
        standing = Standing.CONFIRMED
    elif row.contested:
        standing = Standing.CONTESTED
    else:
        standing = Standing.HELD if row.stopped_at is not None else Standing.OPEN
    return Death(standing, None if delay is None else float(delay.most), paid.paid, paid.fen)
