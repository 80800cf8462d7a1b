"""Acts on money that count: approved, and written by this service as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from auth_service.payments.proposals import Act, Ground, Verdict
from auth_service.storage.records.guards import is_genuine
from auth_service.storage.records.some_people import SomePeople, those
from auth_service.storage.tables import DecisionRow, ProposalRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PROPOSALS, _DECISIONS = table_of(ProposalRow), table_of(DecisionRow)


@dataclass(frozen=True, slots=True)
class Approval:
    """One act in force. statement: JSON of the lines behind an amount, else empty"""

    proposal_id: str
    person_id: str
    benefit: str
    act: Act
    ground: Ground
    month: str
    statement: str
    at: datetime


def approvals_of(work: Work, people: SomePeople, now: datetime) -> dict[str, list[Approval]]:
    """Of each of these people, oldest first; no note is opened."""
    mine = those(work.connection, _PROPOSALS.c.person_id, people)
    counted = (_DECISIONS.c.verdict == Verdict.APPROVED.value) & (_DECISIONS.c.decided_at <= now)
    joined = _DECISIONS.c.proposal_id == _PROPOSALS.c.id
    wanted = select(_DECISIONS).join(_PROPOSALS, joined).where(mine, counted)
    decided = {
        row.proposal_id: row.decided_at
        for row in work.connection.execute(wanted)
        if is_genuine(work.indexes, DecisionRow, row)
    }
    found: dict[str, list[Approval]] = {}
    for row in work.connection.execute(select(_PROPOSALS).join(_DECISIONS, joined).where(mine, counted)):
        if row.id in decided and is_genuine(work.indexes, ProposalRow, row):
            found.setdefault(row.person_id, []).append(_approval(row, decided[row.id]))
    return {person: sorted(acts, key=lambda one: (one.at, one.proposal_id)) for person, acts in found.items()}


def _approval(row: Row[Any], at: datetime) -> Approval:
    return Approval(
        row.id, row.person_id, row.benefit_kind, Act(row.act), Ground(row.ground), row.month, row.statement, at
    )
