"""One member of staff gives back what was held, at once: the benefit is paid again, and what was withheld with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.person import Beneficiary, BenefitKind
from auth_service.casework.contest import ContestAct
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import EvidenceMissing, NothingHeld
from auth_service.core.ids import new_id
from auth_service.flows.contest_terms import settle_contest
from auth_service.flows.money_terms import (
    alone_with,
    checked_note,
    error_of,
    keep_decision,
    keep_proposal,
    next_month,
    owed_to,
    require,
    with_sum,
)
from auth_service.flows.notice_terms import tell_decided
from auth_service.notices.plan import SILENT, NoticePlan
from auth_service.payments.arrears import Arrears
from auth_service.payments.proposals import (
    Act,
    Approved,
    Ground,
    PayState,
    Proposal,
    ProposalPolicy,
    Situation,
    Verdict,
    needs_two,
    refuse,
    since_paid,
    state_after,
)
from auth_service.payments.rows import ZERO
from auth_service.payments.statement import of_arrears
from auth_service.qualification.evidence import EvidenceKind
from auth_service.storage.unit import MoneyDecision, Store, Unit


@dataclass(frozen=True, slots=True)
class Restoring:
    """Whose benefits are paid again, and why. benefits: None for all that are not paid now"""

    person_id: str
    ground: Ground
    note: str = ""
    benefits: tuple[BenefitKind, ...] | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done.

    back_paid  arrears approved with it
    left_open  benefits whose arrears take a second person
    awaited    benefits with months of which the paying agency has sent no row yet: their arrears follow when it has
    """

    benefits: tuple[BenefitKind, ...]
    back_paid: Decimal
    left_open: tuple[BenefitKind, ...]
    awaited: tuple[BenefitKind, ...]


class GiveBack:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, policy: ProposalPolicy, plan: NoticePlan = SILENT) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._plan = plan

    def run(self, wish: Restoring, staff: StaffMember) -> Restored:
        """Resumes, pays arrears where one person may, and settles the person's contest with it.

        raises   AccessRefused, NotFound, NothingHeld, EvidenceMissing (no remote pass since), ActRefused (subclasses),
                 FieldInvalid (a ground of another act), FieldTooLong
        """
        require(staff, Permission.GIVE_BACK)
        note, now = checked_note(wish.note), self._clock.now()
        with self._store.unit() as unit:
            person = alone_with(unit, wish.person_id)
            stopped = _stopped(unit, person, wish.benefits)
            if wish.ground is Ground.PASSED_REMOTELY:
                _require_pass(unit, person.id, list(stopped.values()))
            back_paid, left_open, awaited = ZERO, [], []
            for benefit in stopped:
                self._resume(unit, person, benefit, (wish.ground, note, staff.id, now))
                owed = owed_to(unit, person, benefit, legal_date(now))
                awaited += [benefit] if owed.is_provisional else []
                paid = self._pay_arrears(unit, (person.id, benefit), owed.sure, (staff.id, now))
                back_paid += paid or ZERO
                left_open += [benefit] if paid is None else []
            act = ContestAct.SEEN if wish.ground is Ground.SEEN_IN_PERSON else ContestAct.RESTORED
            settle_contest(unit, person.id, act, (staff.id, note, now))
        return Restored(tuple(stopped), back_paid, tuple(left_open), tuple(awaited))

    def _resume(
        self, unit: Unit, person: Beneficiary, benefit: BenefitKind, said: tuple[Ground, str, str, datetime]
    ) -> None:
        ground, note, staff_id, now = said
        history = unit.proposals.history(person.id, benefit)
        month = max(next_month(unit, person.id, benefit, legal_date(now)), _first_stopped(history))
        resume = Proposal(
            new_id(), person.id, benefit, Act.RESUME, ground, month, staff_id, now, needs_two=False, note=note
        )
        refusal = refuse(resume, Situation(history), self._policy, now)
        if refusal is not None:
            raise error_of(refusal)
        keep_proposal(unit, resume)
        keep_decision(unit, resume, MoneyDecision(Verdict.APPROVED, staff_id, now))
        tell_decided(unit, self._plan, person, resume, now)

    def _pay_arrears(
        self, unit: Unit, whose: tuple[str, BenefitKind], owed: Arrears, by: tuple[str, datetime]
    ) -> Decimal | None:
        """How much was approved; None where it takes a second person, who finds it proposed."""
        (person_id, benefit), (staff_id, now) = whose, by
        if not owed.amount:
            return ZERO
        two = needs_two(Act.BACK_PAY, owed.months_owed, self._policy)
        month = next_month(unit, person_id, benefit, legal_date(now))
        plain = Proposal(
            new_id(), person_id, benefit, Act.BACK_PAY, Ground.MONTHS_WITHHELD, month, staff_id, now, needs_two=two
        )
        proposal = with_sum(plain, owed.amount, of_arrears(owed), needs_two=two)
        keep_proposal(unit, proposal)
        if two:
            return None
        keep_decision(unit, proposal, MoneyDecision(Verdict.APPROVED, staff_id, now))
        return owed.amount


def _stopped(
    unit: Unit, person: Beneficiary, wished: Sequence[BenefitKind] | None
) -> dict[BenefitKind, tuple[Approved, ...]]:
    """Benefits that are not paid now, with their acts. raises NothingHeld"""
    found = {}
    for benefit in person.benefits:
        history = unit.proposals.history(person.id, benefit.kind)
        if state_after(history) is not PayState.PAID and (wished is None or benefit.kind in wished):
            found[benefit.kind] = history
    if not found:
        raise NothingHeld
    return found


def _require_pass(unit: Unit, person_id: str, histories: Sequence[Sequence[Approved]]) -> None:
    """raises EvidenceMissing: no remote live pass after the newest act that took something away"""
    passed = unit.evidence.last_pass_of(person_id, EvidenceKind.FACE)
    newest = max(act.at for history in histories for act in history)
    if passed is None or passed < newest:
        raise EvidenceMissing


def _first_stopped(history: Sequence[Approved]) -> str:
    """The month of the act that took it away first; a hold that begins later is lifted before it begins."""
    return min((act.month for act in since_paid(history)), default="")
