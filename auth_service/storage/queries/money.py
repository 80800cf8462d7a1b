"""Lists of acts on money and of contests, and what was paid by region, benefit and month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, literal, select

from auth_service.beneficiaries.person import BenefitKind
from auth_service.casework.contest import ContestAct
from auth_service.core.errors import FieldInvalid
from auth_service.payments.instructions import Instruction
from auth_service.payments.proposals import Act, Ground, Verdict
from auth_service.payments.rows import PaymentStatus, from_fen
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.storage.queries.pages import MOST, after, cursor_at
from auth_service.storage.queries.people import Masked, masked_people
from auth_service.storage.records.guards import is_genuine
from auth_service.storage.records.passes import PASSED
from auth_service.storage.records.paying import Paying, PayingAnswer
from auth_service.storage.records.proposals import Proposals
from auth_service.storage.records.regions import RegionRecords, lies_in
from auth_service.storage.tables import (
    ContestActRow,
    ContestRow,
    DecisionRow,
    EvidenceRow,
    PaymentRecord,
    PersonKeyRow,
    PersonRow,
    ProposalRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

WAITING, OPEN, RESTORED, DISMISSED = "waiting", "open", "restored", "dismissed"
_PROPOSALS, _DECISIONS = table_of(ProposalRow), table_of(DecisionRow)
_PEOPLE, _KEYS, _EVIDENCE = table_of(PersonRow), table_of(PersonKeyRow), table_of(EvidenceRow)
_CONTESTS, _ACTS, _PAYMENTS = table_of(ContestRow), table_of(ContestActRow), table_of(PaymentRecord)
_VERDICT: ColumnElement[str] = func.coalesce(_DECISIONS.c.verdict, literal(WAITING))
_ALL = (
    _PROPOSALS.join(_PEOPLE, _PEOPLE.c.id == _PROPOSALS.c.person_id)
    .join(_KEYS, and_(_KEYS.c.person_id == _PROPOSALS.c.person_id, _KEYS.c.destroyed_at.is_(None)))
    .outerjoin(_DECISIONS, _DECISIONS.c.proposal_id == _PROPOSALS.c.id)
)


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """What to show; None shows all. state: `waiting` or a verdict; region: a code or the beginning of one"""

    state: str | None = WAITING
    act: Act | None = None
    benefit: BenefitKind | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One act in the list."""

    id: str
    person: Masked
    benefit: BenefitKind
    act: Act
    ground: Ground
    month: str
    amount: Decimal | None
    proposed_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """One page; `next_cursor` is None on the last."""

    rows: tuple[ProposalLine, ...]
    next_cursor: str | None


def page_of_proposals(work: Work, wanted: ProposalFilter, cursor: str | None, limit: int) -> ProposalPage:
    """Who waits longest comes first; rows that this service did not write are left out.

    raises   FieldInvalid: cursor, region; KeyMissing, SealBroken
    """
    limit = max(1, min(limit, MOST))
    conditions = _proposal_conditions(work, wanted)
    if cursor is not None:
        conditions.append(after(cursor, _PROPOSALS.c.proposed_at, _PROPOSALS.c.id))
    order = (_PROPOSALS.c.proposed_at, _PROPOSALS.c.id)
    columns = (*_PROPOSALS.c, _VERDICT.label("state"))
    statement = select(*columns).select_from(_ALL).where(*conditions).order_by(*order).limit(limit + 1)
    found = work.connection.execute(statement).all()
    rows = [row for row in found[:limit] if is_genuine(work.indexes, ProposalRow, row)]
    people = masked_people(work, [row.person_id for row in rows])
    lines = tuple(
        ProposalLine(
            row.id, people[row.person_id], BenefitKind(row.benefit_kind), Act(row.act), Ground(row.ground), row.month,
            None if row.amount_fen is None else from_fen(row.amount_fen), row.proposed_at, row.state,
        )
        for row in rows
    )  # fmt: skip
    return ProposalPage(lines, _next(found, limit, "proposed_at"))


def _next(found: Sequence[Row[Any]], limit: int, at: str) -> str | None:
    return cursor_at(getattr(found[limit - 1], at), found[limit - 1].id) if len(found) > limit else None


def count_proposals(work: Work) -> dict[str, int]:
    """How many are `waiting`, and of each verdict."""
    counted = dict.fromkeys((WAITING, *(verdict.value for verdict in Verdict)), 0)
    wanted = select(_VERDICT.label("state"), func.count()).select_from(_ALL).group_by("state")
    for state, count in work.connection.execute(wanted):
        counted[state] = count
    return counted


def _proposal_conditions(work: Work, wanted: ProposalFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(_VERDICT.in_([wanted.state]))
    if wanted.act is not None:
        conditions.append(_PROPOSALS.c.act == wanted.act.value)
    if wanted.benefit is not None:
        conditions.append(_PROPOSALS.c.benefit_kind == wanted.benefit.value)
    if wanted.region is not None:
        if not wanted.region.isdigit():
            raise FieldInvalid(field="region")
        conditions.append(lies_in(work, _PEOPLE.c.region_code, wanted.region))
    return conditions


def _has(*acts: ContestAct) -> ColumnElement[bool]:
    wanted = _ACTS.c.act.in_([act.value for act in acts])
    return select(_ACTS.c.id).where(_ACTS.c.contest_id == _CONTESTS.c.id, wanted).exists()


_PASSED_AT = (
    select(func.max(_EVIDENCE.c.taken_at))
    .where(
        _EVIDENCE.c.person_id == _CONTESTS.c.person_id,
        _EVIDENCE.c.kind == EvidenceKind.FACE.value,
        _EVIDENCE.c.taken_at >= _CONTESTS.c.opened_at,
        PASSED,
    )
    .scalar_subquery()
)
_CONTEST_STATE: ColumnElement[str] = case(
    (_has(ContestAct.SEEN, ContestAct.RESTORED), RESTORED), (_has(ContestAct.DISMISSED), DISMISSED), else_=OPEN
)
_CONTESTED = _CONTESTS.join(_PEOPLE, _PEOPLE.c.id == _CONTESTS.c.person_id).join(
    _KEYS, and_(_KEYS.c.person_id == _CONTESTS.c.person_id, _KEYS.c.destroyed_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class ContestLine:
    """One contest in the list. passed_at: of a remote live pass since it was opened"""

    id: str
    person: Masked
    channel: Channel
    opened_at: datetime
    passed_at: datetime | None
    dismissal_proposed: bool
    state: str


@dataclass(frozen=True, slots=True)
class ContestPage:
    """One page; `next_cursor` is None on the last."""

    rows: tuple[ContestLine, ...]
    next_cursor: str | None


def page_of_contests(work: Work, state: str, region: str | None, cursor: str | None, limit: int) -> ContestPage:
    """Whoever passed remotely since comes first, then who waits longest. All who passed stand on the first page.

    state    `open`, `restored` or `dismissed`
    raises   FieldInvalid: cursor, region; KeyMissing, SealBroken
    """
    limit = max(1, min(limit, MOST))
    conditions: list[ColumnElement[bool]] = [_CONTEST_STATE.in_([state])]
    if region is not None:
        if not region.isdigit():
            raise FieldInvalid(field="region")
        conditions.append(lies_in(work, _PEOPLE.c.region_code, region))
    first: Sequence[Row[Any]] = ()
    if state == OPEN:
        if cursor is None:
            first = work.connection.execute(_contests(*conditions, _PASSED_AT.is_not(None)).limit(MOST)).all()
        conditions.append(_PASSED_AT.is_(None))
    if cursor is not None:
        conditions.append(after(cursor, _CONTESTS.c.opened_at, _CONTESTS.c.id))
    found = work.connection.execute(_contests(*conditions).limit(limit + 1)).all()
    rows = [row for row in (*first, *found[:limit]) if is_genuine(work.indexes, ContestRow, row)]
    people = masked_people(work, [row.person_id for row in rows])
    return ContestPage(tuple(_contest_line(row, people) for row in rows), _next(found, limit, "opened_at"))


def _contests(*conditions: ColumnElement[bool]) -> Any:
    columns = (
        *_CONTESTS.c,
        _PASSED_AT.label("passed_at"),
        _has(ContestAct.DISMISSAL_PROPOSED).label("dismissal_proposed"),
        _CONTEST_STATE.label("state"),
    )
    order = (_CONTESTS.c.opened_at, _CONTESTS.c.id)
    return select(*columns).select_from(_CONTESTED).where(*conditions).order_by(*order)


def _contest_line(row: Row[Any], people: dict[str, Masked]) -> ContestLine:
    passed, proposed = row.passed_at, bool(row.dismissal_proposed)
    return ContestLine(row.id, people[row.person_id], Channel(row.channel), row.opened_at, passed, proposed, row.state)


def count_contests(work: Work) -> dict[str, int]:
    """How many are `open`, `restored` and `dismissed`; `passed`: open ones with a remote pass."""
    counted = dict.fromkeys((OPEN, RESTORED, DISMISSED), 0)
    wanted = select(_CONTEST_STATE.label("state"), func.count()).select_from(_CONTESTED).group_by("state")
    for state, count in work.connection.execute(wanted):
        counted[state] = count
    passed = select(func.count()).select_from(_CONTESTED).where(_CONTEST_STATE.in_([OPEN]), _PASSED_AT.is_not(None))
    return {**counted, "passed": work.connection.execute(passed).scalar_one()}


@dataclass(frozen=True, slots=True)
class InstructionPage:
    """Approved acts in the order of their approval, with the newest answer of each; `next_cursor` None on the last."""

    rows: tuple[tuple[Instruction, PayingAnswer | None], ...]
    next_cursor: str | None


def page_of_instructions(work: Work, cursor: str | None, limit: int) -> InstructionPage:
    """Rows that this service did not write are left out. raises FieldInvalid: cursor"""
    limit = max(1, min(limit, MOST))
    conditions: list[ColumnElement[bool]] = [_DECISIONS.c.verdict == Verdict.APPROVED.value]
    if cursor is not None:
        conditions.append(after(cursor, _DECISIONS.c.decided_at, _DECISIONS.c.proposal_id))
    joined = _PROPOSALS.join(_PEOPLE, _PEOPLE.c.id == _PROPOSALS.c.person_id).join(
        _DECISIONS, _DECISIONS.c.proposal_id == _PROPOSALS.c.id
    )
    columns = (*_PROPOSALS.c, _PEOPLE.c.person_key, _DECISIONS.c.decided_at)
    order = (_DECISIONS.c.decided_at, _DECISIONS.c.proposal_id)
    wanted = select(*columns).select_from(joined).where(*conditions).order_by(*order).limit(limit + 1)
    found, paying, proposals = work.connection.execute(wanted).all(), Paying(work), Proposals(work)
    rows = []
    for row in found[:limit]:
        stored = proposals.decided(row.id)
        if stored is None or not is_genuine(work.indexes, ProposalRow, row):
            continue
        amount = None if row.amount_fen is None else from_fen(row.amount_fen)
        told = Instruction(
            row.id, row.person_key, BenefitKind(row.benefit_kind), Act(row.act), row.month, amount, row.decided_at
        )
        rows.append((told, next(reversed(paying.answers(row.id)), None)))
    return InstructionPage(tuple(rows), _next(found, limit, "decided_at"))


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """What one region's benefit came to in one month, by what became of it."""

    region: str
    benefit: BenefitKind
    month: str
    settled: Decimal
    returned: Decimal
    reversed: Decimal
    withheld: Decimal


def month_totals(work: Work, region: str | None = None, digits: int = 12) -> list[MonthTotal]:
    """Payment rows summed by region of today, benefit and entitlement month.

    region   code or the beginning of one; None for all
    digits   how far a region's code counts: 6 sums a county's towns
    """
    tree = RegionRecords(work).tree()
    keys = (_PEOPLE.c.region_code, _PAYMENTS.c.benefit_kind, _PAYMENTS.c.entitlement_month)
    wanted = (
        select(*keys, _PAYMENTS.c.status, func.sum(_PAYMENTS.c.amount_fen).label("fen"))
        .select_from(_PAYMENTS.join(_PEOPLE, _PEOPLE.c.id == _PAYMENTS.c.person_id))
        .group_by(*keys, _PAYMENTS.c.status)
    )
    if region is not None:
        wanted = wanted.where(lies_in(work, _PEOPLE.c.region_code, region))
    sums: dict[tuple[str, str, str], dict[str, Decimal]] = {}
    for row in work.connection.execute(wanted):
        key = (tree.present(row.region_code or "")[:digits], row.benefit_kind, row.entitlement_month)
        of = sums.setdefault(key, dict.fromkeys(PaymentStatus, from_fen(0)))
        of[PaymentStatus(row.status)] += from_fen(int(row.fen))
    return [
        MonthTotal(
            place, BenefitKind(kind), month, of[PaymentStatus.SETTLED], of[PaymentStatus.RETURNED],
            of[PaymentStatus.REVERSED], of[PaymentStatus.WITHHELD],
        )
        for (place, kind, month), of in sorted(sums.items())
    ]  # fmt: skip
