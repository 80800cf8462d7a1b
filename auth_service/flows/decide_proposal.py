"""A second member of staff approves a proposal or returns it; its maker may withdraw it."""

from __future__ import annotations

from dataclasses import replace

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.person import Beneficiary
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    AccessRefused,
    AccountTampered,
    KeyDestroyed,
    MakerGone,
    NotFound,
    ProposalTooOld,
    StaleJudgement,
)
from auth_service.flows.money_terms import (
    alone_with,
    checked_note,
    error_of,
    keep_decision,
    late_may_hold,
    require,
    same_sum,
    situation_of,
)
from auth_service.flows.notice_terms import require_told, tell_decided, tell_ended
from auth_service.notices.plan import SILENT, NoticePlan
from auth_service.payments.proposals import Act, Proposal, ProposalPolicy, Verdict, refuse_approval
from auth_service.payments.statement import terms_of
from auth_service.storage.unit import MoneyDecision, Store, StoredProposal, Unit


class DecideProposal:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, policy: ProposalPolicy, plan: NoticePlan = SILENT) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._plan = plan

    def approve(self, proposal_id: str, note: str, staff: StaffMember) -> MoneyDecision:
        """From here on the act counts.

        raises   AccessRefused, SecondPersonNeeded (one's own), NotFound, StaleJudgement (it has ended), ActRefused
                 (subclasses: it may not be done any more, the rows have changed, or its maker is gone), FieldTooLong
        """
        require(staff, Permission.APPROVE_MONEY)
        said, now = checked_note(note), self._clock.now()
        with self._store.unit() as unit:
            stored = _waiting(unit, proposal_id)
            proposal = stored.proposal
            person = alone_with(unit, proposal.person_id)
            situation = situation_of(unit, person.id, proposal.benefit, self._policy, now)
            # the proposal itself is what waits
            late = late_may_hold(unit, proposal, now)
            others = replace(situation, waiting=frozenset(), late_may_hold=late)
            refusal = refuse_approval(proposal, others, staff.id, self._policy, now)
            if refusal is not None:
                raise error_of(refusal)
            if not _may_still_propose(unit, proposal):
                raise MakerGone
            terms = terms_of(proposal.statement) if proposal.act is Act.RECOVER else None
            if not same_sum(unit, person, proposal, terms, legal_date(now)):
                raise ProposalTooOld("the payment rows say another sum now")
            require_told(unit, self._plan, proposal, now)
            tell_decided(unit, self._plan, person, proposal, now)
            return keep_decision(unit, proposal, MoneyDecision(Verdict.APPROVED, staff.id, now, said))

    def give_back_to_maker(self, proposal_id: str, note: str, staff: StaffMember) -> MoneyDecision:
        """Returns it (退回). raises AccessRefused, SecondPersonNeeded, NotFound, StaleJudgement, FieldTooLong"""
        require(staff, Permission.APPROVE_MONEY)
        return self._end(proposal_id, Verdict.RETURNED, note, staff)

    def withdraw(self, proposal_id: str, note: str, staff: StaffMember) -> MoneyDecision:
        """raises AccessRefused (it is somebody else's), NotFound, StaleJudgement, FieldTooLong"""
        require(staff, Permission.PROPOSE_MONEY)
        return self._end(proposal_id, Verdict.WITHDRAWN, note, staff)

    def _end(self, proposal_id: str, verdict: Verdict, note: str, staff: StaffMember) -> MoneyDecision:
        said, now = checked_note(note), self._clock.now()
        with self._store.unit() as unit:
            stored = _waiting(unit, proposal_id)
            if (stored.proposal.proposed_by == staff.id) != (verdict is Verdict.WITHDRAWN):
                raise AccessRefused
            person = _named(unit, stored.proposal.person_id)
            if person is not None:
                tell_ended(unit, self._plan, person, stored.proposal, now)
            return keep_decision(unit, stored.proposal, MoneyDecision(verdict, staff.id, now, said))


def _waiting(unit: Unit, proposal_id: str) -> StoredProposal:
    """raises NotFound, StaleJudgement"""
    found = unit.proposals.get(proposal_id)
    if found is None:
        raise NotFound
    unit.alone(f"money {found.proposal.person_id}")
    found = unit.proposals.get(proposal_id)
    if found is None:
        raise NotFound
    if found.decision is not None:
        raise StaleJudgement
    return found


def _named(unit: Unit, person_id: str) -> Beneficiary | None:
    """None: erased since; a proposal about nobody is ended all the same."""
    try:
        return unit.people.get(person_id)
    except KeyDestroyed:
        return None


def _may_still_propose(unit: Unit, proposal: Proposal) -> bool:
    """An account that is disabled since, as a stolen one is, takes nothing away any more."""
    try:
        maker = unit.staff.get(proposal.proposed_by)
    except AccountTampered:
        return False
    return maker is not None and not maker.disabled and may(maker.role, Permission.PROPOSE_MONEY)
