"""Acts on money as proposals: which may follow which, who must stand for them, and how a benefit then stands.

rules   taking away (hold, suspend, terminate, recover) counts once a second person has approved it; giving back
        (resume, back-pay) counts at once on one person's word, long arrears aside
        nothing is stopped for good that was not held or suspended first: hold, check, decide
        while a contest is open nothing more may be taken away, and nobody just seen in person is taken for dead
source  contract.md section 6; 经办条例 art. 26 by domain.md finding 4; domain.md sections 6 (D07, P06) and 7
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.payments.months import Months, later, month_of


class Act(StrEnum):
    """Different acts, never one `stop`."""

    HOLD = "hold"
    """待核实暂缓: not paid while somebody checks."""
    SUSPEND = "suspend"
    """暂停: a ground has been confirmed that may end again, as a sentence."""
    RESUME = "resume"
    """恢复: paid again from a month on."""
    BACK_PAY = "back_pay"
    """补发: what was withheld."""
    TERMINATE = "terminate"
    """停发: the entitlement has ended, and somebody has confirmed it."""
    RECOVER = "recover"
    """追缴: what was paid too much is asked back."""


ADVERSE = frozenset({Act.HOLD, Act.SUSPEND, Act.TERMINATE, Act.RECOVER})
RESTORING = frozenset(set(Act) - ADVERSE)
WITH_AMOUNT = frozenset({Act.BACK_PAY, Act.RECOVER})


class Ground(StrEnum):
    """Why, from a fixed list; a note in words may stand beside it."""

    DEATH_RECORD = "death_record"
    NOT_REACHED = "not_reached"
    OVERDUE = "overdue"
    MISSING = "missing"
    DETAINED = "detained"
    DATA_CONFLICT = "data_conflict"
    IMPRISONED = "imprisoned"
    LEFT_COUNTRY = "left_country"
    DEATH_CONFIRMED = "death_confirmed"
    CONDITION_ENDED = "condition_ended"
    OTHER_BENEFIT = "other_benefit"
    SEEN_IN_PERSON = "seen_in_person"
    PASSED_REMOTELY = "passed_remotely"
    RECORD_WITHDRAWN = "record_withdrawn"
    ACQUITTED = "acquitted"
    RELEASED = "released"
    REAPPEARED = "reappeared"
    OUR_MISTAKE = "our_mistake"
    MONTHS_WITHHELD = "months_withheld"
    FRAUD = "fraud"
    LATE_REPORT = "late_report"
    AGENCY_ERROR = "agency_error"


GROUNDS: dict[Act, tuple[Ground, ...]] = {
    Act.HOLD: (
        Ground.DEATH_RECORD, Ground.NOT_REACHED, Ground.MISSING, Ground.DETAINED, Ground.DATA_CONFLICT,
        Ground.OTHER_BENEFIT, Ground.OVERDUE,
    ),
    Act.SUSPEND: (Ground.IMPRISONED, Ground.MISSING, Ground.LEFT_COUNTRY),
    Act.TERMINATE: (Ground.DEATH_CONFIRMED, Ground.CONDITION_ENDED, Ground.OTHER_BENEFIT, Ground.LEFT_COUNTRY),
    Act.RESUME: (
        Ground.SEEN_IN_PERSON, Ground.PASSED_REMOTELY, Ground.RECORD_WITHDRAWN, Ground.ACQUITTED, Ground.RELEASED,
        Ground.REAPPEARED, Ground.OUR_MISTAKE,
    ),
    Act.BACK_PAY: (Ground.MONTHS_WITHHELD,),
    Act.RECOVER: (Ground.FRAUD, Ground.LATE_REPORT, Ground.AGENCY_ERROR),
}  # fmt: skip
"""source: domain.md section 6, expected actions. Being late counts only where the policy of benefit and region says so,
which is off by default, and never before somebody went to see whom the policy guards (domain.md G6)"""
OF_DEATH = frozenset({Ground.DEATH_RECORD, Ground.DEATH_CONFIRMED})


class PayState(StrEnum):
    """How one benefit of one person stands."""

    PAID = "paid"
    HELD = "held"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


_NEXT: dict[Act, dict[PayState, PayState]] = {
    Act.HOLD: {PayState.PAID: PayState.HELD},
    Act.SUSPEND: {PayState.PAID: PayState.SUSPENDED, PayState.HELD: PayState.SUSPENDED},
    Act.TERMINATE: {PayState.HELD: PayState.TERMINATED, PayState.SUSPENDED: PayState.TERMINATED},
    Act.RESUME: {state: PayState.PAID for state in PayState if state is not PayState.PAID},
    Act.BACK_PAY: {PayState.PAID: PayState.PAID},
    Act.RECOVER: {state: state for state in PayState if state is not PayState.HELD},
}
"""Act -> the states in which it may be done, and what follows. A held benefit is being checked: nothing is asked back
before that is done. source: own decision on domain.md finding 4 and section 7"""


class Verdict(StrEnum):
    """What ends a proposal."""

    APPROVED = "approved"
    RETURNED = "returned"
    """退回: the checker does not agree; the maker may propose anew."""
    WITHDRAWN = "withdrawn"
    """By its maker."""


class Refusal(StrEnum):
    """Why an act may not be done now. Values, not errors: they are what the rules are for."""

    DOES_NOT_FOLLOW = "does_not_follow"
    GROUND_OF_ANOTHER_ACT = "ground_of_another_act"
    CONTEST_OPEN = "contest_open"
    JUST_SEEN = "just_seen"
    SECOND_PERSON_NEEDED = "second_person_needed"
    TOO_OLD = "too_old"
    AMOUNT_NEEDED = "amount_needed"
    MONTH_NOT_POSSIBLE = "month_not_possible"
    ONE_IS_WAITING = "one_is_waiting"
    LATE_IS_NO_GROUND = "late_is_no_ground"


@dataclass(frozen=True, slots=True)
class ProposalPolicy:
    """valid_days       after which a proposal that nobody approved must be made anew, on fresh facts
    long_arrears_months  arrears of more months than these take a second person, like taking away
    just_seen_days   for so long after an officer saw a person, nobody may act on a record of their death

    source  valid_days: domain.md section 8, the longest clock of a case, 20 working days; long_arrears_months:
            domain.md section 6 P06; just_seen_days: own decision on D07, time for the source to answer
    """

    valid_days: int = 28
    long_arrears_months: int = 12
    just_seen_days: int = 30

    def __post_init__(self) -> None:
        if min(self.valid_days, self.long_arrears_months, self.just_seen_days) < 1:
            raise ValueError("every number is at least one")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One act that somebody proposes.

    month      the first month it touches
    amount     of back-pay and recovery; None for the others
    statement  JSON of the lines behind the amount; empty for the others
    needs_two  whether it takes a second person
    """

    id: str
    person_id: str
    benefit: BenefitKind
    act: Act
    ground: Ground
    month: str
    proposed_by: str
    proposed_at: datetime
    needs_two: bool
    amount: Decimal | None = None
    statement: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """An act in force, as far as later acts must know it."""

    act: Act
    ground: Ground
    month: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known about one benefit at the moment of an act.

    history       acts in force, oldest first
    contest_open  somebody says that the person is alive and entitled
    seen_at       when an officer last saw the person
    waiting       acts of other proposals on this benefit that nobody has ended yet
    late_may_hold whether the policy lets people propose a hold because this benefit is overdue, today
    """

    history: Sequence[Approved]
    contest_open: bool = False
    seen_at: datetime | None = None
    waiting: frozenset[Act] = frozenset()
    late_may_hold: bool = False


def needs_two(act: Act, months_owed: int, policy: ProposalPolicy) -> bool:
    return act in ADVERSE or (act is Act.BACK_PAY and months_owed > policy.long_arrears_months)


def state_after(history: Iterable[Approved]) -> PayState:
    """How a benefit stands after the acts in force, oldest first."""
    state = PayState.PAID
    for act in history:
        state = _NEXT[act.act].get(state, state)
    return state


def possible_after(state: PayState) -> tuple[Act, ...]:
    """The acts that may be done in a state."""
    return tuple(act for act in Act if state in _NEXT[act])


def refuse(proposal: Proposal, situation: Situation, policy: ProposalPolicy, now: datetime) -> Refusal | None:
    """Why this act may not be proposed, or approved, now; None where it may."""
    if proposal.ground not in GROUNDS[proposal.act]:
        return Refusal.GROUND_OF_ANOTHER_ACT
    if (proposal.amount is not None) != (proposal.act in WITH_AMOUNT):
        return Refusal.AMOUNT_NEEDED
    return _refuse_situation(proposal, situation, policy, now) or _refuse_month(proposal, situation)


def _refuse_situation(
    proposal: Proposal, situation: Situation, policy: ProposalPolicy, now: datetime
) -> Refusal | None:
    if state_after(situation.history) not in _NEXT[proposal.act]:
        return Refusal.DOES_NOT_FOLLOW
    if proposal.act in ADVERSE and situation.contest_open:
        return Refusal.CONTEST_OPEN
    if proposal.ground is Ground.OVERDUE and not situation.late_may_hold:
        return Refusal.LATE_IS_NO_GROUND
    if proposal.ground in OF_DEATH and _just_seen(situation.seen_at, policy, now):
        return Refusal.JUST_SEEN
    return Refusal.ONE_IS_WAITING if proposal.act in situation.waiting else None


def _refuse_month(proposal: Proposal, situation: Situation) -> Refusal | None:
    """A month already paid cannot be held, and none may be paid again before it was stopped."""
    first = month_of(legal_date(proposal.proposed_at))
    if proposal.act in {Act.HOLD, Act.SUSPEND} and not first <= proposal.month <= later(first, 12):
        return Refusal.MONTH_NOT_POSSIBLE
    stopped = [act.month for act in since_paid(situation.history)]
    if proposal.act is Act.RESUME and stopped and proposal.month < min(stopped):
        return Refusal.MONTH_NOT_POSSIBLE
    return Refusal.MONTH_NOT_POSSIBLE if proposal.month > later(first, 12) else None


def _just_seen(seen_at: datetime | None, policy: ProposalPolicy, now: datetime) -> bool:
    return seen_at is not None and now < seen_at + timedelta(days=policy.just_seen_days)


def refuse_approval(
    proposal: Proposal, situation: Situation, by: str, policy: ProposalPolicy, now: datetime
) -> Refusal | None:
    """Why this person may not approve it now; None where they may."""
    if proposal.needs_two and by == proposal.proposed_by:
        return Refusal.SECOND_PERSON_NEEDED
    if now >= proposal.proposed_at + timedelta(days=policy.valid_days):
        return Refusal.TOO_OLD
    return refuse(proposal, situation, policy, now)


def since_paid(history: Sequence[Approved]) -> list[Approved]:
    """The acts since the benefit was last paid that took it away."""
    since: list[Approved] = []
    for act in history:
        if act.act is Act.RESUME:
            since = []
        elif act.act in {Act.HOLD, Act.SUSPEND, Act.TERMINATE}:
            since.append(act)
    return since


def withheld_months(history: Sequence[Approved], today: date) -> tuple[Months, ...]:
    """Every span of months in which this benefit was not to be paid, the one that goes on up to today included."""
    spans: list[Months] = []
    begun: str | None = None
    for act in history:
        if act.act is Act.RESUME and begun is not None:
            spans.append(Months(begun, later(act.month, -1)))
            begun = None
        elif act.act in {Act.HOLD, Act.SUSPEND, Act.TERMINATE}:
            begun = act.month if begun is None else min(begun, act.month)
    if begun is not None:
        spans.append(Months(begun, month_of(today)))
    return tuple(span for span in spans if span.first <= span.last)


def months_served(history: Sequence[Approved], today: date) -> tuple[Months, ...]:
    """Months of a sentence: suspended as imprisoned and not acquitted after. source: domain.md section 6 S01, S02"""
    spans: list[Months] = []
    begun: str | None = None
    for act in history:
        if act.act is Act.SUSPEND and act.ground is Ground.IMPRISONED:
            begun = act.month
        elif act.act is Act.RESUME and begun is not None:
            if act.ground not in {Ground.ACQUITTED, Ground.OUR_MISTAKE}:
                spans.append(Months(begun, later(act.month, -1)))
            begun = None
    if begun is not None:
        spans.append(Months(begun, month_of(today)))
    return tuple(span for span in spans if span.first <= span.last)
