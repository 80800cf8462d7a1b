"""What says that people were there: passes made here, and events that their sources still stand by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from auth_service.core.clock import legal_date
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import LifeEvent, Message, own_pass
from auth_service.storage.records.life_events import LifeEvents
from auth_service.storage.records.passes import PASSED
from auth_service.storage.records.some_people import SomePeople, those
from auth_service.storage.tables import EvidenceRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_EVIDENCE = table_of(EvidenceRow)
_OWN = select(_EVIDENCE.c.id, _EVIDENCE.c.person_id, _EVIDENCE.c.kind, _EVIDENCE.c.channel, _EVIDENCE.c.taken_at)


@dataclass(frozen=True, slots=True)
class OwnPass:
    """A pass that was made here."""

    evidence_id: str
    kind: EvidenceKind
    channel: Channel
    at: datetime


@dataclass(frozen=True, slots=True)
class Sign:
    """on: the day on which it happened; known_at: when this service learnt of it"""

    kind: EventKind
    on: date
    known_at: datetime


def own_passes(work: Work, people: SomePeople, now: datetime) -> dict[str, list[OwnPass]]:
    """Of each of these people, oldest first. Read by the index over person and time."""
    wanted = _OWN.where(those(work.connection, _EVIDENCE.c.person_id, people), PASSED, _EVIDENCE.c.taken_at <= now)
    found: dict[str, list[OwnPass]] = {}
    for row in work.connection.execute(wanted.order_by(_EVIDENCE.c.taken_at, _EVIDENCE.c.id)):
        one = OwnPass(row.id, EvidenceKind(row.kind), Channel(row.channel), row.taken_at)
        found.setdefault(row.person_id, []).append(one)
    return found


def signs_of(work: Work, people: SomePeople, now: datetime) -> dict[str, list[Sign]]:
    """Passes and events of each of these people, in no order; nobody who has none is named.

    An event that its source took back is none, whatever it was worth; of one that was corrected the correction counts.
    """
    found = {
        person: [Sign(_kind_of(one), legal_date(one.at), one.at) for one in passes]
        for person, passes in own_passes(work, people, now).items()
    }
    for person, told in LifeEvents(work).of_people(people).items():
        standing = _standing(event for event in told if event.known_at <= now)
        if standing:
            found.setdefault(person, []).extend(Sign(event.kind, event.on, event.known_at) for event in standing)
    return found


def latest(signs: Iterable[Sign], kinds: Iterable[EventKind]) -> date | None:
    """The newest day of these kinds; None: there is none."""
    wanted = frozenset(kinds)
    return max((one.on for one in signs if one.kind in wanted), default=None)


def _kind_of(one: OwnPass) -> EventKind:
    return own_pass(one.evidence_id, (one.kind, one.channel), (one.at, one.at), False, None).kind


def _standing(told: Iterable[LifeEvent]) -> list[LifeEvent]:
    by_reference: dict[tuple[str, str], list[LifeEvent]] = {}
    for event in told:
        by_reference.setdefault((event.source, event.ref), []).append(event)
    return [
        max(said, key=lambda one: (one.message is Message.CORRECT, one.known_at, one.on))
        for said in by_reference.values()
        if all(one.message is not Message.VOID for one in said)
    ]
