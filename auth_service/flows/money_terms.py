"""What the flows of acts on money share: how a benefit stands, what a sum comes to, and how an act is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.person import Beneficiary, BenefitKind
from auth_service.core.audit import AuditEvent
from auth_service.core.audit_facts import PROPOSED, SETTLED
from auth_service.core.clock import legal_date
from auth_service.core.errors import (
    AccessRefused,
    ActDoesNotFollow,
    ActRefused,
    ContestIsOpen,
    FieldInvalid,
    FieldTooLong,
    KeyDestroyed,
    LateIsNoGround,
    MonthNotPossible,
    NotFound,
    NothingOwed,
    OneIsWaiting,
    PersonJustSeen,
    ProposalTooOld,
    SecondPersonNeeded,
    ServiceError,
    SumNotSure,
)
from auth_service.flows.life_pages import lives_of
from auth_service.payments.arrears import Arrears, arrears
from auth_service.payments.months import later, month_of
from auth_service.payments.overpayment import Overpayment, Payment, overpaid
from auth_service.payments.proposals import (
    Act,
    Ground,
    Proposal,
    ProposalPolicy,
    Refusal,
    Situation,
    Verdict,
    months_served,
    withheld_months,
)
from auth_service.payments.rows import ZERO, PaymentStatus, to_fen
from auth_service.payments.statement import RecoverTerms, claim_of, lines_of
from auth_service.payments.words import Why
from auth_service.qualification.evidence import EvidenceKind
from auth_service.qualification.status import status_of
from auth_service.storage.unit import MoneyDecision, StoredProposal, Unit

LONGEST_NOTE = 1000
_COUNTED = frozenset({Why.AFTER_END, Why.PERHAPS_AFTER_END})


def error_of(refusal: Refusal) -> ServiceError:
    """The error that says why an act may not be done."""
    return {
        Refusal.DOES_NOT_FOLLOW: ActDoesNotFollow(),
        Refusal.GROUND_OF_ANOTHER_ACT: FieldInvalid(field="ground"),
        Refusal.CONTEST_OPEN: ContestIsOpen(),
        Refusal.JUST_SEEN: PersonJustSeen(),
        Refusal.SECOND_PERSON_NEEDED: SecondPersonNeeded(),
        Refusal.TOO_OLD: ProposalTooOld(),
        Refusal.AMOUNT_NEEDED: NothingOwed(),
        Refusal.MONTH_NOT_POSSIBLE: MonthNotPossible(field="month"),
        Refusal.ONE_IS_WAITING: OneIsWaiting(),
        Refusal.LATE_IS_NO_GROUND: LateIsNoGround(),
    }.get(refusal, ActRefused(refusal.value))


def require(staff: StaffMember, permission: Permission) -> None:
    """raises AccessRefused"""
    if not may(staff.role, permission):
        raise AccessRefused


def checked_note(note: str) -> str:
    """raises FieldTooLong"""
    if len(note.strip()) > LONGEST_NOTE:
        raise FieldTooLong(field="note")
    return note.strip()


def alone_with(unit: Unit, person_id: str) -> Beneficiary:
    """The person; until the unit ends nobody else acts on their money. raises NotFound (erased people too)"""
    unit.alone(f"money {person_id}")
    try:
        person = unit.people.get(person_id)
    except KeyDestroyed as error:
        raise NotFound from error
    if person is None:
        raise NotFound
    return person


def situation_of(unit: Unit, person_id: str, benefit: BenefitKind, policy: ProposalPolicy, now: datetime) -> Situation:
    """Only while alone with the person."""
    return Situation(
        unit.proposals.history(person_id, benefit),
        unit.contests.open_of(person_id) is not None,
        seen_at(unit, person_id),
        unit.proposals.waiting(person_id, benefit, now - timedelta(days=policy.valid_days)),
    )


def late_may_hold(unit: Unit, proposal: Proposal, now: datetime) -> bool:
    """Whether, of a proposal whose ground is being late, the policy and the facts of today still carry it.

    Not while the person waits for us: nobody is late whose capture or request staff have not seen to yet.
    raises  PolicyTampered
    """
    if proposal.ground is not Ground.OVERDUE or _waits_for_us(unit, proposal.person_id):
        return False
    book = unit.policies.book()
    lives = lives_of(unit, [proposal.person_id], legal_date(now), book)
    return any(
        life.facts.benefit is proposal.benefit and status_of(life.facts, book, now).may_propose_hold for life in lives
    )


def _waits_for_us(unit: Unit, person_id: str) -> bool:
    return (
        unit.reviews.await_look(person_id)
        or unit.offline_records.waits_of(person_id)
        or unit.other_ways.waits_of(person_id)
    )


def seen_at(unit: Unit, person_id: str) -> datetime | None:
    """When somebody last saw the person: an attested pass, an act of restoring in person, or a step of a case."""
    attested, met = unit.evidence.last_pass_of(person_id, EvidenceKind.ASSISTED), unit.cases.last_met(person_id)
    restored = [
        stored.decision.decided_at
        for stored in unit.proposals.of(person_id)
        if stored.proposal.ground is Ground.SEEN_IN_PERSON and stored.decision is not None and is_approved(stored)
    ]
    return max([*restored, *(one for one in (attested, met) if one is not None)], default=None)


def is_approved(stored: StoredProposal) -> bool:
    return stored.decision is not None and stored.decision.verdict is Verdict.APPROVED


def next_month(unit: Unit, person_id: str, benefit: BenefitKind, today: date) -> str:
    """The first month that has not been paid yet, this one or the next."""
    this = month_of(today)
    rows = unit.payments.of(person_id, benefit)
    paid = any(row.month == this and row.status is PaymentStatus.SETTLED for row in rows)
    return later(this) if paid else this


def owed_to(unit: Unit, person: Beneficiary, benefit: BenefitKind, today: date) -> Arrears:
    """What was withheld from this benefit and neither paid nor approved since: in the months of every stop, and in any
    other month of which a row says so, as where a resumption reached the paying agency after its run."""
    history = unit.proposals.history(person.id, benefit)
    rows = unit.payments.of(person.id, benefit)
    monthly = next((one.monthly_amount for one in person.benefits if one.kind is benefit), None)
    months = {month for span in withheld_months(history, today) for month in span}
    months |= {row.month for row in rows if row.status is PaymentStatus.WITHHELD}
    served = months_served(history, today)
    return arrears(rows, sorted(months), monthly, served, _promised(unit, person.id, benefit))


def _promised(unit: Unit, person_id: str, benefit: BenefitKind) -> Mapping[str, Decimal]:
    return {month: amount for month, (_, amount) in pending_arrears(unit, person_id, benefit).items()}


def pending_arrears(unit: Unit, person_id: str, benefit: BenefitKind) -> Mapping[str, tuple[date, Decimal]]:
    """Month -> since when, and what of the arrears approved for it and not refused has not been paid since."""
    approved: dict[str, Decimal] = defaultdict(lambda: ZERO)
    since: dict[str, date] = {}
    for stored in unit.proposals.of(person_id):
        proposal = stored.proposal
        if proposal.act is not Act.BACK_PAY or proposal.benefit is not benefit or not is_approved(stored):
            continue
        if unit.paying.is_refused(proposal.id):
            continue
        for line in lines_of(proposal.statement):
            approved[line.month] += line.amount
            since.setdefault(line.month, legal_date(proposal.proposed_at))
    for row in unit.payments.of(person_id, benefit):
        if row.month in since and row.status is PaymentStatus.SETTLED and row.paid_on >= since[row.month]:
            approved[row.month] -= row.amount
    return {month: (since[month], amount) for month, amount in approved.items() if amount > 0}


def owed_by(unit: Unit, person_id: str, benefit: BenefitKind, terms: RecoverTerms) -> Overpayment:
    """What was paid too much and not asked back since the benefit was last resumed."""
    return overpaid(unit.payments.of(person_id, benefit), terms.end, terms.until, _asked(unit, person_id, benefit))


def _asked(unit: Unit, person_id: str, benefit: BenefitKind) -> set[Payment]:
    """Payments of recoveries in force; a resumption ends them, for then the ground has gone."""
    found: set[Payment] = set()
    mine = [one for one in unit.proposals.of(person_id) if one.proposal.benefit is benefit and is_approved(one)]
    for stored in sorted(mine, key=lambda one: one.decision.decided_at if one.decision else one.proposal.proposed_at):
        if stored.proposal.act is Act.RESUME:
            found = set()
        elif stored.proposal.act is Act.RECOVER:
            counted = [line for line in lines_of(stored.proposal.statement) if line.why in _COUNTED]
            found |= {(line.month, line.paid_on, line.paid) for line in counted if line.paid_on is not None}
    return found


def same_sum(unit: Unit, person: Beneficiary, proposal: Proposal, terms: RecoverTerms | None, today: date) -> bool:
    """Whether the rows still say what they said when the sum was proposed."""
    if proposal.act is Act.BACK_PAY:
        owed = owed_to(unit, person, proposal.benefit, today)
        return proposal.amount in {owed.amount, owed.sure.amount}
    if proposal.act is Act.RECOVER and terms is not None:
        found = owed_by(unit, person.id, proposal.benefit, terms)
        return not found.is_provisional and terms.claim(found, proposal.benefit) == claim_of(proposal.statement)
    return True


def sure_claim(found: Overpayment) -> None:
    """raises SumNotSure, NothingOwed"""
    if found.is_provisional:
        raise SumNotSure
    if found.most == ZERO:
        raise NothingOwed


def keep_proposal(unit: Unit, proposal: Proposal) -> None:
    """With the audit row that tells of it."""
    unit.proposals.add(proposal)
    details = {
        "proposal": proposal.id,
        "benefit": proposal.benefit.value,
        "act": proposal.act.value,
        "ground": proposal.ground.value,
        "month": proposal.month,
        "amount_fen": None if proposal.amount is None else to_fen(proposal.amount),
    }
    event = AuditEvent(f"staff:{proposal.proposed_by}", PROPOSED, f"person:{proposal.person_id}", details)
    unit.audit.append(event, proposal.proposed_at)


def keep_decision(unit: Unit, proposal: Proposal, decision: MoneyDecision) -> MoneyDecision:
    """With the audit row that tells of it; returns it as it is kept."""
    kept = unit.proposals.decide(proposal, decision)
    details = {"proposal": proposal.id, "act": proposal.act.value, "verdict": kept.verdict.value}
    event = AuditEvent(f"staff:{kept.decided_by}", SETTLED, f"person:{proposal.person_id}", details)
    unit.audit.append(event, kept.decided_at)
    return kept


def with_sum(proposal: Proposal, amount: Decimal, statement: str, *, needs_two: bool) -> Proposal:
    return replace(proposal, amount=amount, statement=statement, needs_two=needs_two)
