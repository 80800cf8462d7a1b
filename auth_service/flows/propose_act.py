"""One member of staff proposes an act on somebody's money. Nothing follows from it before another has approved it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.person import Beneficiary, BenefitKind
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import FieldInvalid, FieldMissing, NothingOwed
from auth_service.core.ids import new_id
from auth_service.flows.money_terms import (
    alone_with,
    checked_note,
    error_of,
    keep_proposal,
    late_may_hold,
    next_month,
    owed_by,
    owed_to,
    require,
    situation_of,
    sure_claim,
    with_sum,
)
from auth_service.flows.notice_terms import tell_proposed
from auth_service.notices.plan import SILENT, NoticePlan
from auth_service.payments.months import checked_month
from auth_service.payments.proposals import RESTORING, Act, Ground, Proposal, ProposalPolicy, needs_two, refuse
from auth_service.payments.statement import RecoverTerms, of_arrears, of_recovery
from auth_service.storage.unit import Store, Unit


@dataclass(frozen=True, slots=True)
class Wish:
    """What is proposed for one benefit of one person.

    month  the first it touches; None for the first one that is not paid yet
    terms  of a recovery
    """

    person_id: str
    benefit: BenefitKind
    act: Act
    ground: Ground
    month: str | None = None
    note: str = ""
    terms: RecoverTerms | None = None


class ProposeAct:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, policy: ProposalPolicy, plan: NoticePlan = SILENT) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._plan = plan

    def run(self, wish: Wish, staff: StaffMember) -> Proposal:
        """Puts a proposal before whoever may approve it.

        raises   AccessRefused, NotFound, ActRefused (subclasses: why it may not be done now), FieldInvalid,
                 FieldMissing (terms of a recovery), FieldTooLong, DateInvalid, AmountInvalid
        """
        require(staff, Permission.PROPOSE_MONEY)
        if wish.act in RESTORING and wish.act is not Act.BACK_PAY:
            raise FieldInvalid("what gives back is done at once", field="act")
        note, now = checked_note(wish.note), self._clock.now()
        with self._store.unit() as unit:
            person = alone_with(unit, wish.person_id)
            if all(benefit.kind is not wish.benefit for benefit in person.benefits):
                raise FieldInvalid(field="benefit")
            proposal = self._drafted(unit, person, wish, (staff.id, note, now))
            situation = situation_of(unit, person.id, wish.benefit, self._policy, now)
            situation = replace(situation, late_may_hold=late_may_hold(unit, proposal, now))
            refusal = refuse(proposal, situation, self._policy, now)
            if refusal is not None:
                raise error_of(refusal)
            keep_proposal(unit, proposal)
            tell_proposed(unit, self._plan, person, proposal)
        return proposal

    def _drafted(self, unit: Unit, person: Beneficiary, wish: Wish, by: tuple[str, str, datetime]) -> Proposal:
        staff_id, note, now = by
        today = legal_date(now)
        month = checked_month(wish.month) if wish.month else next_month(unit, person.id, wish.benefit, today)
        plain = Proposal(
            new_id(), person.id, wish.benefit, wish.act, wish.ground, month, staff_id, now,
            needs_two(wish.act, 0, self._policy), note=note,
        )  # fmt: skip
        summed: dict[Act, Callable[[], Proposal]] = {
            Act.RECOVER: lambda: _recovery(unit, plain, wish.terms),
            Act.BACK_PAY: lambda: _back_pay(unit, person, plain, self._policy),
        }
        return summed.get(wish.act, lambda: plain)()


def _recovery(unit: Unit, plain: Proposal, terms: RecoverTerms | None) -> Proposal:
    if terms is None:
        raise FieldMissing(field="end")
    found = owed_by(unit, plain.person_id, plain.benefit, terms)
    sure_claim(found)
    asked = terms.claim(found, plain.benefit)
    if not asked.net:
        raise NothingOwed
    return with_sum(plain, asked.net, of_recovery(terms, found, asked), needs_two=True)


def _back_pay(unit: Unit, person: Beneficiary, plain: Proposal, policy: ProposalPolicy) -> Proposal:
    owed = owed_to(unit, person, plain.benefit, legal_date(plain.proposed_at))
    if not owed.amount:
        raise NothingOwed
    two = needs_two(Act.BACK_PAY, owed.months_owed, policy)
    return with_sum(plain, owed.amount, of_arrears(owed), needs_two=two)
