"""Random journals of one life: what sources told, in the order in which it arrived, and what people decided."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.qualification.evidence import Channel
from auth_service.qualification.grades import WORTH, EventKind, Grade
from auth_service.qualification.life import OWN, ActKind, LifeEvent, LifeFacts, Message, PaymentAct
from auth_service.qualification.period import Cycle, CycleKind, month_end_of, next_due
from auth_service.qualification.policy import LivenessLevel, Policy, PolicyBook, PolicySet, PolicyVersion
from tests.unit.qualification.lives import at

BEGIN = date(2020, 1, 1)
DAYS = 5 * 365
CYCLES = (
    Cycle(),
    Cycle(months=6),
    Cycle(CycleKind.HALF_YEAR),
    Cycle(CycleKind.BIRTHDAY_WINDOW),
    Cycle(month_end=False),
)
STRONG = [kind for kind, worth in WORTH.items() if worth.grade is Grade.STRONG]
SILENT = [kind for kind in STRONG if WORTH[kind].silent]
WORDLESS = [EventKind.PHARMACY, EventKind.PREMIUM_PAID, EventKind.VISIT_ATTEMPT]


@dataclass
class Journal:
    """policy: the one in force all the time. arrivals: events in the order in which they became known"""

    policy: Policy
    arrivals: list[LifeEvent] = field(default_factory=list)
    acts: list[PaymentAct] = field(default_factory=list)

    @property
    def book(self) -> PolicyBook:
        return PolicyBook([PolicyVersion(date(1990, 1, 1), PolicySet("p", (self.policy,)))])

    def facts(self, random: Random) -> LifeFacts:
        """The same facts in any order: a database promises none."""
        events, acts = list(self.arrivals), list(self.acts)
        random.shuffle(events)
        random.shuffle(acts)
        return LifeFacts(BenefitKind.RESIDENT_PENSION, "130203", date(2019, 6, 1), BEGIN, 5, tuple(events), tuple(acts))


def draw(random: Random) -> Journal:
    """Up to nine messages: new, late, the same again, corrected, voided, each before or after what it means."""
    cycle = random.choice(CYCLES)
    policy = Policy(BenefitKind.RESIDENT_PENSION, cycle=cycle, hold_for_overdue=random.random() < 0.5, reuse_days=400)
    journal = Journal(policy)
    told: list[LifeEvent] = []
    for number in range(random.randint(1, 6)):
        told.extend(_messages(random, number))
    journal.arrivals = sorted(told[:9], key=lambda event: event.known_at)
    for number in range(random.choice((0, 0, 0, 1, 2, 3))):
        journal.acts.append(_act(random, number))
    return journal


def _messages(random: Random, number: int) -> list[LifeEvent]:
    on = BEGIN + timedelta(days=random.randrange(DAYS))
    kind = random.choice(STRONG if random.random() < 0.8 else WORDLESS)
    own = kind in {EventKind.FACE_REMOTE, EventKind.FACE_IN_PERSON, EventKind.ASSISTED}
    source = OWN if own else random.choice(("health", "railway"))
    event = LifeEvent(source, f"r{number}", kind, on, _known(random, on))
    if own:
        event = replace(event, channel=random.choice(list(Channel)), level=LivenessLevel.LIVE, known_at=at(on))
    told = [event]
    chance = random.random()
    if chance < 0.15:
        told.append(replace(event, known_at=_known(random, on)))
    elif chance < 0.35:
        moved = on + timedelta(days=random.randint(-30, 30))
        told.append(replace(event, message=Message.CORRECT, on=moved, known_at=_known(random, max(on, moved))))
    if random.random() < 0.2:
        told.append(replace(event, message=Message.VOID, known_at=_known(random, on)))
    return told


def _known(random: Random, on: date) -> datetime:
    """Mostly soon, sometimes up to a year late; no two at one instant."""
    late = 0 if random.random() < 0.4 else random.randrange(365)
    return at(on + timedelta(days=late)) + timedelta(microseconds=random.randrange(10**9))


def _act(random: Random, number: int) -> PaymentAct:
    day = BEGIN + timedelta(days=random.randrange(DAYS))
    approver = random.choice(("checker", "maker", None))
    return PaymentAct(f"a{number}", random.choice(list(ActKind)), day, at(day), "maker", approver)


class Replay:
    """The life told as a story, message by message, without a look ahead: what the one function must agree with."""

    def __init__(self, policy: Policy) -> None:
        self._cycle = policy.cycle
        self._standing: dict[tuple[str, str], LifeEvent] = {}
        self._corrected: set[tuple[str, str]] = set()
        self._ended: set[tuple[str, str]] = set()
        self._voids: list[tuple[str, date]] = []
        self._promised: list[date] = []
        self._notice = policy.notice_days

    def hear(self, message: LifeEvent) -> None:
        key, today = (message.source, message.ref), legal_date(message.known_at)
        if message.message is Message.VOID:
            self._take_back(key, today)
            self._ended.add(key)
            self._voids.append((message.source, today))
        elif key in self._ended or (message.message is Message.NEW and key in self._corrected):
            return
        else:
            self._take_back(key, today)
            self._corrected |= {key} if message.message is Message.CORRECT else set()
            if self._believed(message, today):
                self._standing[key] = message

    def _believed(self, message: LifeEvent, today: date) -> bool:
        worth = WORTH[message.kind]
        if worth.grade is not Grade.STRONG or message.on > today:
            return False
        stale = worth.silent and message.message is Message.NEW
        return not (stale and any(source == message.source and message.on < day for source, day in self._voids))

    def _take_back(self, key: tuple[str, str], today: date) -> None:
        was = self._standing.pop(key, None)
        if was is not None:
            end = today + timedelta(days=self._notice)
            end = month_end_of(end) if self._cycle.month_end else end
            self._promised.append(min(next_due(self._cycle, was.on, 5), end))

    @property
    def passed_on(self) -> date | None:
        return max((event.on for event in self._standing.values()), default=None)

    @property
    def due_on(self) -> date:
        days = [BEGIN, *(event.on for event in self._standing.values())]
        return max([next_due(self._cycle, day, 5) for day in days] + self._promised)
