"""What members of staff did: acts on money with who stands for them, reviews by reviewer, and rows that came late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, select

from auth_service.matching.comparison import Zone
from auth_service.monitoring.rules.c01_one_pair_of_hands import ActFacts
from auth_service.monitoring.rules.c02_overrides import WINDOW_DAYS, OverrideFacts
from auth_service.monitoring.rules.c03_after_the_fact import LateRowFacts
from auth_service.payments.proposals import Act, Ground, Verdict
from auth_service.payments.rows import PaymentStatus, from_fen
from auth_service.qualification.review import ReviewAct, ReviewVerdict
from auth_service.storage.candidates.approvals import Approval, approvals_of
from auth_service.storage.candidates.signs import signs_of
from auth_service.storage.candidates.turns import in_turn, next_keys, people_in_turn
from auth_service.storage.records.guards import is_genuine
from auth_service.storage.records.some_people import not_erased, those
from auth_service.storage.tables import (
    ContestRow,
    DecisionRow,
    EvidenceRow,
    MoneyFileRow,
    PaymentRecord,
    ProposalRow,
    ReviewRow,
    SentRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PROPOSALS, _DECISIONS, _CONTESTS = table_of(ProposalRow), table_of(DecisionRow), table_of(ContestRow)
_REVIEWS, _EVIDENCE = table_of(ReviewRow), table_of(EvidenceRow)
_PAYMENTS, _SENT, _FILES = table_of(PaymentRecord), table_of(SentRow), table_of(MoneyFileRow)
_STOPS = frozenset({Act.HOLD, Act.SUSPEND, Act.TERMINATE})
_PAID_TWICE = (
    select(_PAYMENTS.c.person_id)
    .where(_PAYMENTS.c.status == PaymentStatus.SETTLED.value)
    .group_by(_PAYMENTS.c.person_id, _PAYMENTS.c.benefit_kind, _PAYMENTS.c.entitlement_month)
    .having(func.count() > 1)
)
_LATE_ACTS = (
    select(_PROPOSALS.c.id, _PROPOSALS.c.person_id, _DECISIONS.c.decided_at, _FILES.c.made_at)
    .join(_DECISIONS, _DECISIONS.c.proposal_id == _PROPOSALS.c.id)
    .join(_SENT, _SENT.c.proposal_id == _PROPOSALS.c.id)
    .join(_FILES, _FILES.c.id == _SENT.c.file_id)
    .where(_DECISIONS.c.decided_at > _FILES.c.made_at)
)


def acts_on_money(work: Work, after: str, most: int, now: datetime) -> list[ActFacts]:
    """Every proposal there is, by primary key: a guard that does not fit is seen by nothing but reading the row."""

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, select(_PROPOSALS.c.id), _PROPOSALS.c.id, behind, count)

    return in_turn(after, most, keys, lambda ids: acts_on_money_of(work, ids, now))


def acts_on_money_of(work: Work, ids: Sequence[str], now: datetime) -> list[ActFacts]:
    """The facts of these proposals, in their order; none of whoever was erased."""
    connection = work.connection
    mine = those(connection, _PROPOSALS.c.id, ids)
    rows = connection.execute(select(_PROPOSALS).where(mine).order_by(_PROPOSALS.c.id)).all()
    here = not_erased(connection, sorted({row.person_id for row in rows}))
    rows = [row for row in rows if row.person_id in here]
    decided = those(connection, _DECISIONS.c.proposal_id, ids)
    decisions = {row.proposal_id: row for row in connection.execute(select(_DECISIONS).where(decided))}
    resumed = sorted({row.person_id for row in rows if row.act == Act.RESUME.value})
    acts, signs = approvals_of(work, resumed, now), _instants_of_signs(work, resumed, now)
    return [_act(work, row, decisions.get(row.id), acts.get(row.person_id, []), signs) for row in rows]


def _act(
    work: Work,
    row: Row[Any],
    decision: Row[Any] | None,
    acts: Sequence[Approval],
    signs: Mapping[str, Sequence[datetime]],
) -> ActFacts:
    stopped = _stopped_before(row, acts)
    after = [at for at in signs.get(row.person_id, ()) if stopped is not None and at > stopped]
    return ActFacts(
        row.id, row.person_id, Act(row.act), Ground(row.ground), row.needs_two, row.proposed_by,
        genuine=is_genuine(work.indexes, ProposalRow, row)
        and (decision is None or is_genuine(work.indexes, DecisionRow, decision)),
        decided_by=decision.decided_by if decision else None,
        verdict=Verdict(decision.verdict) if decision else None,
        decided_at=decision.decided_at if decision else None,
        stopped_at=stopped,
        sign_at=min(after, default=None),
    )  # fmt: skip


def _stopped_before(row: Row[Any], acts: Sequence[Approval]) -> datetime | None:
    """When the newest act before this resumption took the benefit away; None where this row is no resumption in
    force."""
    mine = [one for one in acts if one.benefit == row.benefit_kind]
    resumed = next((one for one in mine if one.proposal_id == row.id and one.act is Act.RESUME), None)
    if resumed is None:
        return None
    return max((one.at for one in mine if one.act in _STOPS and one.at < resumed.at), default=None)


def _instants_of_signs(work: Work, people: Sequence[str], now: datetime) -> dict[str, list[datetime]]:
    """When something was learnt that says the person is there: passes and events, and contests that they opened."""
    found = {person: [one.known_at for one in signs] for person, signs in signs_of(work, people, now).items()}
    opened = those(work.connection, _CONTESTS.c.person_id, people)
    for row in work.connection.execute(select(_CONTESTS).where(opened, _CONTESTS.c.opened_at <= now)):
        if is_genuine(work.indexes, ContestRow, row):
            found.setdefault(row.person_id, []).append(row.opened_at)
    return found


def overrides(work: Work, after: str, most: int, now: datetime) -> list[OverrideFacts]:
    """Every reviewer of the last ninety days, counted anew for each page: reviews by the index over act and time."""
    counts = _reviewed(work, now - timedelta(days=WINDOW_DAYS), now)
    everybody = sum(counts.values(), Counter[str]())
    return [
        OverrideFacts(
            staff_id, mine["decided"], mine["accepted"], mine["against"], len(counts) - 1,
            everybody["decided"] - mine["decided"], everybody["accepted"] - mine["accepted"],
            everybody["against"] - mine["against"],
        )
        for staff_id, mine in sorted(counts.items())
        if staff_id > after
    ][:most]  # fmt: skip


def _reviewed(work: Work, since: datetime, now: datetime) -> dict[str, Counter[str]]:
    """Reviewer -> decisions, those that accepted, and those against the machine; what was taken back is none."""
    said = _REVIEWS.c.act.in_([ReviewAct.DECIDED.value, ReviewAct.TAKEN_BACK.value])
    in_time = and_(said, _REVIEWS.c.done_at >= since, _REVIEWS.c.done_at <= now)
    order = (_REVIEWS.c.evidence_id, _REVIEWS.c.number)
    decided: dict[str, Row[Any]] = {}
    for row in work.connection.execute(select(_REVIEWS).where(in_time).order_by(*order)):
        if not is_genuine(work.indexes, ReviewRow, row):
            continue
        if row.act == ReviewAct.DECIDED.value:
            decided[row.evidence_id] = row
        else:
            decided.pop(row.evidence_id, None)
    against = _unlike(work, decided)
    counts: dict[str, Counter[str]] = {}
    for evidence_id, row in decided.items():
        accepted = row.verdict == ReviewVerdict.ACCEPTED.value
        mine = counts.setdefault(row.done_by, Counter())
        mine.update(decided=1, accepted=int(accepted), against=int(accepted and evidence_id in against))
    return counts


def _unlike(work: Work, captures: Mapping[str, object]) -> frozenset[str]:
    """Those of which the machine said that the face matches nothing."""
    mine = and_(
        those(work.connection, _EVIDENCE.c.id, list(captures)), _EVIDENCE.c.zone == Zone.NON_MATCH.value
    )  # fmt: skip
    return frozenset(work.connection.execute(select(_EVIDENCE.c.id).where(mine)).scalars())


def late_rows(work: Work, after: str, most: int, now: datetime) -> list[LateRowFacts]:
    """People with two payments of one month that arrived, by the unique index of payments, which begins with person,
    benefit and month; and those with an act that was decided after its file, by the primary keys of what was sent."""
    acts: Select[Any] = _LATE_ACTS.with_only_columns(_PROPOSALS.c.person_id, maintain_column_froms=True)

    def keys(behind: str, count: int) -> list[str]:
        paid = next_keys(work, _PAID_TWICE.distinct(), _PAYMENTS.c.person_id, behind, count)
        acted = next_keys(work, acts.distinct(), _PROPOSALS.c.person_id, behind, count)
        return sorted({*paid, *acted})[:count]

    return people_in_turn(work, after, most, keys, lambda people: late_rows_of(work, people, now))


def late_rows_of(work: Work, people: Sequence[str], now: datetime) -> list[LateRowFacts]:
    """The facts of these people, in their order: second payments of a month, and acts decided after their file."""
    acts = _LATE_ACTS.where(those(work.connection, _PROPOSALS.c.person_id, people))
    found = [
        LateRowFacts(row.person_id, row.id, sent_at=row.made_at, decided_at=row.decided_at)
        for row in work.connection.execute(acts)
    ]
    found += _second_payments(work, people, now)
    return sorted(found, key=lambda one: (one.person_id, one.row_id))


def _second_payments(work: Work, people: Sequence[str], now: datetime) -> list[LateRowFacts]:
    """Each payment of a month that came with a later file than the month's first one."""
    mine = and_(
        those(work.connection, _PAYMENTS.c.person_id, people),
        _PAYMENTS.c.status == PaymentStatus.SETTLED.value,
        _PAYMENTS.c.added_at <= now,
    )
    months: dict[tuple[str, str, str], list[Row[Any]]] = {}
    for row in work.connection.execute(select(_PAYMENTS).where(mine).order_by(_PAYMENTS.c.added_at, _PAYMENTS.c.id)):
        months.setdefault((row.person_id, row.benefit_kind, row.entitlement_month), []).append(row)
    return [
        LateRowFacts(
            row.person_id, row.id, month=row.entitlement_month, paid_on=row.pay_date, amount=from_fen(row.amount_fen),
            first_at=rows[0].added_at, added_at=row.added_at,
        )
        for rows in months.values()
        for row in rows[1:]
        if row.batch_id != rows[0].batch_id
    ]  # fmt: skip
