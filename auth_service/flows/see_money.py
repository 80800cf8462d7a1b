"""What staff see of somebody's money: how each benefit stands and why, what is proposed, and what was contested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.person import Beneficiary, BenefitKind
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import KeyDestroyed, NotFound
from auth_service.flows.find_person import found_person
from auth_service.flows.money_terms import late_may_hold, owed_to, require, seen_at, situation_of
from auth_service.payments.arrears import Arrears
from auth_service.payments.proposals import (
    Act,
    Approved,
    PayState,
    ProposalPolicy,
    Refusal,
    possible_after,
    refuse_approval,
    since_paid,
    state_after,
)
from auth_service.payments.rows import PaymentRow
from auth_service.qualification.evidence import EvidenceKind
from auth_service.storage.queries import PersonSummary
from auth_service.storage.unit import PayingAnswer, Store, StoredContest, StoredProposal, Unit

_NEWEST_ROWS = 12


@dataclass(frozen=True, slots=True)
class BenefitMoney:
    """One benefit. stopped: the acts since it was last paid; possible: what may be proposed now; rows: the newest"""

    kind: BenefitKind
    state: PayState
    stopped: tuple[Approved, ...]
    possible: tuple[Act, ...]
    owed: Arrears
    rows: tuple[PaymentRow, ...]


@dataclass(frozen=True, slots=True)
class PersonMoney:
    """Everything about one person. names: staff id -> user name"""

    person: PersonSummary
    benefits: tuple[BenefitMoney, ...]
    proposals: tuple[StoredProposal, ...]
    contests: tuple[StoredContest, ...]
    seen_at: datetime | None
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class ProposalShown:
    """One act. refusal: why this visitor may not approve it now; None where they may, or it has ended"""

    stored: StoredProposal
    person: PersonSummary
    names: dict[str, str]
    refusal: Refusal | None
    file_id: str | None
    answers: tuple[PayingAnswer, ...]


@dataclass(frozen=True, slots=True)
class ContestShown:
    """One contest. stopped: benefits that are not paid now; passed_at: of a remote live pass since it was opened"""

    stored: StoredContest
    person: PersonSummary
    names: dict[str, str]
    stopped: tuple[BenefitMoney, ...]
    passed_at: datetime | None


class SeeMoney:
    """One instance serves all threads. Every look at a person is in the audit trail."""

    def __init__(self, store: Store, clock: Clock, policy: ProposalPolicy) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy

    def find(self, words: str, staff: StaffMember) -> str:
        """The person with this ID number or person key. raises AccessRefused, FieldMissing, BeneficiaryUnknown"""
        require(staff, Permission.SEE_MONEY)
        return found_person(self._store, words, self._clock.now())

    def person(self, person_id: str, staff: StaffMember) -> PersonMoney:
        """raises AccessRefused, NotFound"""
        require(staff, Permission.SEE_MONEY)
        now = self._clock.now()
        with self._store.unit() as unit:
            person = _known(unit, person_id)
            found = PersonMoney(
                self._summary(person_id),
                self._benefits(unit, person, now),
                tuple(reversed(unit.proposals.of(person_id))),
                tuple(reversed(unit.contests.of(person_id))),
                seen_at(unit, person_id),
                _names(unit),
            )
            self._tell(unit, staff, person_id, "person")
        return found

    def proposal(self, proposal_id: str, staff: StaffMember) -> ProposalShown:
        """raises AccessRefused, NotFound"""
        require(staff, Permission.SEE_MONEY)
        now = self._clock.now()
        with self._store.unit() as unit:
            stored = unit.proposals.get(proposal_id)
            if stored is None:
                raise NotFound
            person_id = stored.proposal.person_id
            _known(unit, person_id)
            found = ProposalShown(
                stored,
                self._summary(person_id),
                _names(unit),
                self._refusal(unit, stored, staff, now),
                unit.paying.file_of(proposal_id),
                tuple(unit.paying.answers(proposal_id)),
            )
            self._tell(unit, staff, person_id, proposal_id)
        return found

    def contest(self, contest_id: str, staff: StaffMember) -> ContestShown:
        """raises AccessRefused, NotFound"""
        require(staff, Permission.SEE_MONEY)
        now = self._clock.now()
        with self._store.unit() as unit:
            stored = unit.contests.get(contest_id)
            if stored is None:
                raise NotFound
            person = _known(unit, stored.contest.person_id)
            passed = unit.evidence.last_pass_of(person.id, EvidenceKind.FACE)
            benefits = self._benefits(unit, person, now)
            found = ContestShown(
                stored,
                self._summary(person.id),
                _names(unit),
                tuple(one for one in benefits if one.state is not PayState.PAID),
                passed if passed is not None and passed >= stored.contest.opened_at else None,
            )
            self._tell(unit, staff, person.id, contest_id)
        return found

    def _summary(self, person_id: str) -> PersonSummary:
        found = self._store.queries.person_summary(person_id)
        if found is None:
            raise NotFound
        return found

    def _benefits(self, unit: Unit, person: Beneficiary, now: datetime) -> tuple[BenefitMoney, ...]:
        return tuple(self._benefit(unit, person, benefit.kind, now) for benefit in person.benefits)

    def _benefit(self, unit: Unit, person: Beneficiary, kind: BenefitKind, now: datetime) -> BenefitMoney:
        situation = situation_of(unit, person.id, kind, self._policy, now)
        state = state_after(situation.history)
        possible = tuple(act for act in possible_after(state) if act is not Act.RESUME and act not in situation.waiting)
        owed = owed_to(unit, person, kind, legal_date(now))
        rows = tuple(reversed(unit.payments.of(person.id, kind)[-_NEWEST_ROWS:]))
        return BenefitMoney(kind, state, tuple(since_paid(situation.history)), possible, owed, rows)

    def _refusal(self, unit: Unit, stored: StoredProposal, staff: StaffMember, now: datetime) -> Refusal | None:
        if stored.decision is not None or not may(staff.role, Permission.APPROVE_MONEY):
            return None
        proposal = stored.proposal
        known = situation_of(unit, proposal.person_id, proposal.benefit, self._policy, now)
        others = replace(known, waiting=frozenset(), late_may_hold=late_may_hold(unit, proposal, now))
        return refuse_approval(proposal, others, staff.id, self._policy, now)

    def _tell(self, unit: Unit, staff: StaffMember, person_id: str, what: str) -> None:
        event = AuditEvent(f"staff:{staff.id}", "money.seen", f"person:{person_id}", {"what": what})
        unit.audit.append(event, self._clock.now())


def _known(unit: Unit, person_id: str) -> Beneficiary:
    """raises NotFound: nobody, or somebody who was erased"""
    try:
        person = unit.people.get(person_id)
    except KeyDestroyed as error:
        raise NotFound from error
    if person is None:
        raise NotFound
    return person


def _names(unit: Unit) -> dict[str, str]:
    return {member.id: member.username for member in unit.staff.all()}
