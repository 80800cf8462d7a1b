"""What people decided about payments, and what is contested, as far as a status rests on it.

A row that this service did not write counts for nothing, as everywhere (records/guards.py). No note is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row, select

from auth_service.casework.contest import ContestAct, ContestStep, is_open
from auth_service.core.clock import legal_date
from auth_service.payments.proposals import OF_DEATH, Act, Ground, Verdict
from auth_service.qualification.life import ActKind, PaymentAct
from auth_service.storage.records.guards import is_genuine
from auth_service.storage.records.links import DeathTold, deaths_told
from auth_service.storage.records.some_people import SomePeople, those
from auth_service.storage.tables import ContestActRow, ContestRow, DecisionRow, ProposalRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PROPOSALS, _DECISIONS = table_of(ProposalRow), table_of(DecisionRow)
_CONTESTS, _STEPS = table_of(ContestRow), table_of(ContestActRow)
_KINDS = {
    Act.HOLD.value: ActKind.HOLD,
    Act.SUSPEND.value: ActKind.SUSPEND,
    Act.TERMINATE.value: ActKind.TERMINATE,
    Act.RESUME.value: ActKind.RESUME,
}
"""Back-pay and recovery are sums: a benefit stands after them as before."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_OF_DOUBT = {ground.value for ground in OF_DEATH} | {Ground.DATA_CONFLICT.value}
"""Grounds on which signs that anybody can make do not do. source: domain.md 5: with no open death or conflict flag"""


@dataclass(frozen=True, slots=True)
class LifeActs:
    """acts       (person, kind of benefit) -> oldest first
    contested  people of whom a contest is open
    doubts     person -> since when an act stands that rests on a record of death or a conflict of sources, or a
               registry's row stands that surely means them and speaks of their death
    """

    acts: Mapping[tuple[str, str], tuple[PaymentAct, ...]] = field(default_factory=dict)
    contested: frozenset[str] = frozenset()
    doubts: Mapping[str, datetime] = field(default_factory=dict)

    def concern(self) -> frozenset[str]:
        """The people of whom any of this speaks."""
        return frozenset(person for person, _ in self.acts) | self.contested | frozenset(self.doubts)


def acts_of(work: Work, people: SomePeople, until: datetime) -> LifeActs:
    """What was decided and contested about these people up to an instant."""
    connection, acts, doubts = work.connection, dict[tuple[str, str], tuple[PaymentAct, ...]](), dict[str, datetime]()
    told = deaths_told(work, people, until)
    for benefit, rows in _approved(work, people, until).items():
        acts[benefit] = tuple(_act(proposal, decision) for proposal, decision in rows)
        since = _in_doubt_since(rows, told.get(benefit[0], DeathTold()).taken_back_at)
        if since is not None:
            doubts[benefit[0]] = min(since, doubts.get(benefit[0], since))
    for person, death in told.items():
        if death.open_since is not None and death.open_since > _last_resumed(acts, person):
            doubts[person] = min(death.open_since, doubts.get(person, death.open_since))
    opened = select(_CONTESTS).where(those(connection, _CONTESTS.c.person_id, people), _CONTESTS.c.opened_at <= until)
    contests = [row for row in connection.execute(opened) if is_genuine(work.indexes, ContestRow, row)]
    contested = _still_open(work, contests, until) if contests else frozenset()
    return LifeActs(acts, contested, doubts)


def _approved(
    work: Work, people: SomePeople, until: datetime
) -> dict[tuple[str, str], list[tuple[Row[Any], Row[Any]]]]:
    """Of each benefit the approved proposals with their decisions, in the order of the decisions."""
    mine = those(work.connection, _PROPOSALS.c.person_id, people) & _PROPOSALS.c.act.in_(sorted(_KINDS))
    counted = (_DECISIONS.c.verdict == Verdict.APPROVED.value) & (_DECISIONS.c.decided_at <= until)
    joined = _DECISIONS.c.proposal_id == _PROPOSALS.c.id
    proposals = work.connection.execute(select(_PROPOSALS).join(_DECISIONS, joined).where(mine, counted)).all()
    if not proposals:
        return {}
    decisions = {
        row.proposal_id: row
        for row in work.connection.execute(select(_DECISIONS).join(_PROPOSALS, joined).where(mine, counted))
        if is_genuine(work.indexes, DecisionRow, row)
    }
    found: dict[tuple[str, str], list[tuple[Row[Any], Row[Any]]]] = {}
    for row in proposals:
        if row.id in decisions and is_genuine(work.indexes, ProposalRow, row):
            found.setdefault((row.person_id, row.benefit_kind), []).append((row, decisions[row.id]))
    return {benefit: sorted(rows, key=lambda pair: pair[1].decided_at) for benefit, rows in found.items()}


def _act(proposal: Row[Any], decision: Row[Any]) -> PaymentAct:
    """It counts from the decision on, so that no two screens of ours disagree; the month is what the person is told."""
    return PaymentAct(
        id=proposal.id,
        kind=_KINDS[proposal.act],
        effective_on=legal_date(decision.decided_at),
        decided_at=decision.decided_at,
        made_by=proposal.proposed_by,
        approved_by=decision.decided_by,
        from_month=date.fromisoformat(f"{proposal.month}-01"),
    )


def _last_resumed(acts: Mapping[tuple[str, str], tuple[PaymentAct, ...]], person: str) -> datetime:
    """When somebody last gave this person a benefit back, which answers every doubt before it."""
    resumed = (act.decided_at for (of, _), said in acts.items() if of == person for act in said if _is_resume(act))
    return max(resumed, default=_NEVER)


def _is_resume(act: PaymentAct) -> bool:
    return act.kind is ActKind.RESUME


def _in_doubt_since(rows: Iterable[tuple[Row[Any], Row[Any]]], taken_back_at: datetime | None) -> datetime | None:
    """rows: of one benefit, oldest first. A resumption answers every doubt before it, and so does a registry that took
    back everything it said of a death, for what was decided on that ground before. The benefit stays as it is."""
    since: datetime | None = None
    for proposal, decision in rows:
        if proposal.act == Act.RESUME.value:
            since = None
        elif taken_back_at is not None and proposal.ground in OF_DEATH and decision.decided_at <= taken_back_at:
            continue
        elif proposal.ground in _OF_DOUBT and since is None:
            since = decision.decided_at
    return since


def _still_open(work: Work, contests: list[Row[Any]], until: datetime) -> frozenset[str]:
    ids = [row.id for row in contests]
    wanted = select(_STEPS).where(those(work.connection, _STEPS.c.contest_id, ids), _STEPS.c.done_at <= until)
    steps: dict[str, list[ContestStep]] = {}
    for row in work.connection.execute(wanted.order_by(_STEPS.c.number)):
        if is_genuine(work.indexes, ContestActRow, row):
            steps.setdefault(row.contest_id, []).append(ContestStep(ContestAct(row.act), row.done_by, row.done_at))
    return frozenset(row.person_id for row in contests if is_open(steps.get(row.id, [])))
