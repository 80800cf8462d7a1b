"""The facts of one person's benefit, from which alone its status follows: events, acts of people, outages.

Facts are never edited. What was told wrongly is told again: a correction or a void is another fact beside the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.tags import Tag
from auth_service.core.clock import legal_date
from auth_service.matching.comparison import Zone
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.grades import EventKind
from auth_service.qualification.policy import LivenessLevel

OWN = "own"
"""The source of what this service saw itself."""


class Message(StrEnum):
    """What a source says with an event. source: contract.md section 8"""

    NEW = "new"
    CORRECT = "correct"
    """In place of what it said under the same reference."""
    VOID = "void"
    """What it said under this reference never was."""


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """Something that happened, as a source told it.

    ref       the source's own reference; a correction and a void carry the one that they mean
    on        the day on which it happened; nothing counts from the day on which a file came in
    known_at  when this service learnt of it
    channel, level, zone  of face passes made here: where, what stood for presence, what the comparison said
    """

    source: str
    ref: str
    kind: EventKind
    on: date
    known_at: datetime
    message: Message = Message.NEW
    channel: Channel | None = None
    level: LivenessLevel | None = None
    zone: Zone | None = None


_SEEN = {(EvidenceKind.ASSISTED, channel): EventKind.ASSISTED for channel in Channel} | {
    (EvidenceKind.FACE, channel): EventKind.FACE_IN_PERSON
    if channel in {Channel.COUNTER, Channel.KIOSK}
    else EventKind.FACE_REMOTE
    for channel in Channel
}


def own_pass(
    ref: str,
    seen: tuple[EvidenceKind, Channel],
    instants: tuple[datetime, datetime],
    attested: bool,
    zone: Zone | None,
) -> LifeEvent:
    """A pass that was made here. instants: when it was taken, and when it came to count. A photo alone is none."""
    taken_at, known_at = instants
    return LifeEvent(
        source=OWN,
        ref=ref,
        kind=_SEEN[seen],
        on=legal_date(taken_at),
        known_at=known_at,
        channel=seen[1],
        level=LivenessLevel.ATTESTED if attested else LivenessLevel.LIVE,
        zone=zone,
    )


class ActKind(StrEnum):
    """What people decided about a payment. source: architecture.md, words"""

    HOLD = "hold"
    SUSPEND = "suspend"
    TERMINATE = "terminate"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class PaymentAct:
    """An act that people decided. Only RESUME counts with one of them.

    made_by, approved_by  pseudonymous ids; approved_by None: nobody has
    from_month            first day of the first month that is paid otherwise, which the person is told; None: the day
                          on which it takes effect
    """

    id: str
    kind: ActKind
    effective_on: date
    decided_at: datetime
    made_by: str
    approved_by: str | None = None
    from_month: date | None = None

    @property
    def stands(self) -> bool:
        """Whether as many people as it takes stand behind it. source: docs/decisions/0006; the database asks too"""
        return self.kind is ActKind.RESUME or (self.approved_by is not None and self.approved_by != self.made_by)


@dataclass(frozen=True, slots=True)
class Outage:
    """Days on which the service could not be used. ended_on None: it goes on"""

    began_on: date
    ended_on: date | None
    known_at: datetime


@dataclass(frozen=True, slots=True)
class LifeFacts:
    """All that is known of one benefit of one person.

    region        code, empty where the ledger has none
    award_month   its first day; None where the ledger has none
    known_since   the day on which this service first knew of the benefit: nobody is late for a time before it
    birth_month   1 to 12; None where nobody knows it, or the policy does not ask
    contested     the person says that they are there, and nobody has answered yet
    death_hint_at when a death record or a conflict of sources came in that is still open; None: none is
    """

    benefit: BenefitKind
    region: str
    award_month: date | None
    known_since: date
    birth_month: int | None = None
    events: tuple[LifeEvent, ...] = ()
    acts: tuple[PaymentAct, ...] = ()
    tags: frozenset[Tag] = frozenset()
    outages: tuple[Outage, ...] = ()
    contested: bool = False
    death_hint_at: datetime | None = None
