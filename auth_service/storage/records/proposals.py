"""Acts on money and who stands for them. Append-only; a row that this service did not write counts for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, select

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.errors import KeyDestroyed, StaleJudgement
from auth_service.payments.proposals import Act, Approved, Ground, Proposal, Verdict
from auth_service.payments.rows import from_fen, to_fen
from auth_service.storage.records.guards import guard_of, is_genuine
from auth_service.storage.records.some_people import SomePeople, those
from auth_service.storage.sealing import Place
from auth_service.storage.tables import DecisionRow, ProposalRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PROPOSALS, _DECISIONS = table_of(ProposalRow), table_of(DecisionRow)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class MoneyDecision:
    """What ended a proposal."""

    verdict: Verdict
    decided_by: str
    decided_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A proposal and what ended it, None while it waits. note_gone: there were words, and the person was erased"""

    proposal: Proposal
    decision: MoneyDecision | None
    note_gone: bool = False


class Proposals:
    """Acts on money within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, proposal: Proposal) -> None:
        """raises KeyDestroyed (the person was erased), StorageFault (one of whom the database knows nothing)"""
        values = {
            "id": proposal.id,
            "person_id": proposal.person_id,
            "benefit_kind": proposal.benefit.value,
            "act": proposal.act.value,
            "ground": proposal.ground.value,
            "month": proposal.month,
            "amount_fen": None if proposal.amount is None else to_fen(proposal.amount),
            "statement": proposal.statement,
            "needs_two": proposal.needs_two,
            "note_sealed": self._sealed(proposal.person_id, "payment_proposals", proposal.id, proposal.note),
            "proposed_by": proposal.proposed_by,
            "proposed_at": proposal.proposed_at,
        }
        values["guard"] = guard_of(self._work.indexes, ProposalRow, values)
        self._work.connection.execute(insert(_PROPOSALS), values)

    def decide(self, proposal: Proposal, decision: MoneyDecision) -> MoneyDecision:
        """Ends a proposal; returns the decision as it is kept: later than every earlier one about this benefit, so that
        their order is certain.

        raises   StaleJudgement (it has ended meanwhile), StorageFault (one person for an act that takes two)
        """
        newest = max((one.at for one in self.history(proposal.person_id, proposal.benefit)), default=None)
        at = decision.decided_at if newest is None else max(decision.decided_at, newest + _TICK)
        values = {
            "proposal_id": proposal.id,
            "verdict": decision.verdict.value,
            "needs_two": proposal.needs_two,
            "proposed_by": proposal.proposed_by,
            "note_sealed": self._sealed(proposal.person_id, "payment_decisions", proposal.id, decision.note),
            "decided_by": decision.decided_by,
            "decided_at": at,
        }
        values["guard"] = guard_of(self._work.indexes, DecisionRow, values)
        if self._ended(proposal.id):
            raise StaleJudgement
        self._work.connection.execute(insert(_DECISIONS), values)
        return MoneyDecision(decision.verdict, decision.decided_by, at, decision.note)

    def get(self, proposal_id: str) -> StoredProposal | None:
        """None where there is none that this service wrote. raises KeyMissing, SealBroken"""
        return next(iter(self._all(_PROPOSALS.c.id == proposal_id)), None)

    def decided(self, proposal_id: str) -> datetime | None:
        """When it was ended by a row that this service wrote."""
        row = self._decisions([proposal_id]).get(proposal_id)
        return None if row is None else row.decided_at

    def of(self, person_id: str) -> Sequence[StoredProposal]:
        """All about one person, oldest first. raises KeyMissing, SealBroken"""
        return self._all(_PROPOSALS.c.person_id == person_id)

    def history(self, person_id: str, benefit: BenefitKind) -> tuple[Approved, ...]:
        """The acts in force on one benefit, oldest first; no notes are opened."""
        found = [
            (decision.decided_at, Approved(Act(row.act), Ground(row.ground), row.month, decision.decided_at))
            for row, decision in self._genuine(self._about(person_id, benefit))
            if decision is not None and decision.verdict == Verdict.APPROVED.value
        ]
        return tuple(act for _, act in sorted(found, key=lambda one: one[0]))

    def histories(self, people: SomePeople) -> dict[tuple[str, str], list[Approved]]:
        """The same of every benefit of these people, by person and kind, in two statements."""
        mine = those(self._work.connection, _PROPOSALS.c.person_id, people)
        counted = select(_DECISIONS).join(_PROPOSALS, _PROPOSALS.c.id == _DECISIONS.c.proposal_id).where(mine)
        decisions = {
            row.proposal_id: row
            for row in self._work.connection.execute(counted.where(_DECISIONS.c.verdict == Verdict.APPROVED.value))
            if is_genuine(self._work.indexes, DecisionRow, row)
        }
        found: dict[tuple[str, str], list[Approved]] = {}
        for row in self._work.connection.execute(select(_PROPOSALS).where(mine)):
            decision = decisions.get(row.id)
            if decision is not None and is_genuine(self._work.indexes, ProposalRow, row):
                act = Approved(Act(row.act), Ground(row.ground), row.month, decision.decided_at)
                found.setdefault((row.person_id, row.benefit_kind), []).append(act)
        return {benefit: sorted(acts, key=lambda act: act.at) for benefit, acts in found.items()}

    def waiting(self, person_id: str, benefit: BenefitKind, since: datetime) -> frozenset[Act]:
        """Acts proposed after an instant that nobody has ended yet."""
        rows = self._genuine(self._about(person_id, benefit) & (_PROPOSALS.c.proposed_at > since))
        return frozenset(Act(row.act) for row, decision in rows if decision is None)

    def people(self, after: str, most: int) -> list[str]:
        """People about whom something was proposed, by id, behind the one given."""
        wanted = select(_PROPOSALS.c.person_id).distinct().where(_PROPOSALS.c.person_id > after)
        return list(self._work.connection.execute(wanted.order_by(_PROPOSALS.c.person_id).limit(most)).scalars())

    def _about(self, person_id: str, benefit: BenefitKind) -> ColumnElement[bool]:
        return (_PROPOSALS.c.person_id == person_id) & (_PROPOSALS.c.benefit_kind == benefit.value)

    def _ended(self, proposal_id: str) -> bool:
        wanted = select(_DECISIONS.c.proposal_id).where(_DECISIONS.c.proposal_id == proposal_id)
        return self._work.connection.execute(wanted).first() is not None

    def _all(self, which: ColumnElement[bool]) -> list[StoredProposal]:
        return [self._read(row, decision) for row, decision in self._genuine(which)]

    def _genuine(self, which: ColumnElement[bool]) -> list[tuple[Row[Any], Row[Any] | None]]:
        """Proposals that this service wrote, with the decisions that it wrote."""
        rows = self._work.connection.execute(_ordered(select(_PROPOSALS).where(which))).all()
        rows = [row for row in rows if is_genuine(self._work.indexes, ProposalRow, row)]
        decisions = self._decisions([row.id for row in rows])
        return [(row, decisions.get(row.id)) for row in rows]

    def _decisions(self, ids: Iterable[str]) -> dict[str, Row[Any]]:
        wanted = select(_DECISIONS).where(_DECISIONS.c.proposal_id.in_(list(ids)))
        rows = self._work.connection.execute(wanted)
        return {row.proposal_id: row for row in rows if is_genuine(self._work.indexes, DecisionRow, row)}

    def _read(self, row: Row[Any], decision: Row[Any] | None) -> StoredProposal:
        note, gone = self._opened(row.person_id, "payment_proposals", row.id, row.note_sealed)
        proposal = Proposal(
            row.id, row.person_id, BenefitKind(row.benefit_kind), Act(row.act), Ground(row.ground), row.month,
            row.proposed_by, row.proposed_at, row.needs_two,
            None if row.amount_fen is None else from_fen(row.amount_fen), row.statement, note,
        )  # fmt: skip
        if decision is None:
            return StoredProposal(proposal, None, gone)
        said, said_gone = self._opened(row.person_id, "payment_decisions", row.id, decision.note_sealed)
        ended = MoneyDecision(Verdict(decision.verdict), decision.decided_by, decision.decided_at, said)
        return StoredProposal(proposal, ended, gone or said_gone)

    def _sealed(self, person_id: str, table: str, row_id: str, note: str) -> bytes | None:
        return self._work.keys.of(person_id).seal(Place(table, row_id, "note"), note.encode()) if note else None

    def _opened(self, person_id: str, table: str, row_id: str, sealed: bytes | None) -> tuple[str, bool]:
        if sealed is None:
            return "", False
        try:
            return self._work.keys.of(person_id).open(Place(table, row_id, "note"), sealed).decode(), False
        except KeyDestroyed:
            return "", True


def _ordered(wanted: Select[Any]) -> Select[Any]:
    return wanted.order_by(_PROPOSALS.c.proposed_at, _PROPOSALS.c.id)
