"""What staff see of one person's standing: status, time line, tags, evidence, certificates; and the list of who is due.

Every look at a person, and every list that leaves as a file, is in the audit trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.tags import TagChange
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import AccessRefused, KeyDestroyed, NotFound
from auth_service.flows.find_person import found_person
from auth_service.flows.life_pages import lives_of
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import LifeEvent
from auth_service.qualification.passes import passes
from auth_service.qualification.status import Status, status_of
from auth_service.qualification.time_line import Change, time_line
from auth_service.storage.queries import DueFilter, DuePage, PersonSummary
from auth_service.storage.unit import IssuedCertificate, Life, Store, StoredNotice, Unit

MOST_EXPORTED = 10_000
"""Rows of one file. source: own decision; a county's list of a month, and a region filter makes it shorter"""
_NEWEST = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """One benefit: how it stands, and how it came to that, the newest change first."""

    kind: BenefitKind
    status: Status
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One event with what became of it. counts: it is a pass, or part of one"""

    event: LifeEvent
    counts: bool


@dataclass(frozen=True, slots=True)
class PersonShown:
    """Everything about one person but their money and their face, the newest first."""

    person: PersonSummary
    standings: tuple[Standing, ...]
    tags: tuple[TagChange, ...]
    events: tuple[Seen, ...]
    certificates: tuple[IssuedCertificate, ...]
    notices: tuple[StoredNotice, ...]


class SeePerson:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, words: str, staff: StaffMember) -> str:
        """The person with this ID number or person key. raises AccessRefused, FieldMissing, BeneficiaryUnknown"""
        _require(staff)
        return found_person(self._store, words, self._clock.now())

    def person(self, person_id: str, staff: StaffMember) -> PersonShown:
        """raises AccessRefused, NotFound, PolicyTampered"""
        _require(staff)
        now = self._clock.now()
        with self._store.unit() as unit:
            shown, notices = shown_person(unit, person_id, now), tuple(unit.notices.of_person(person_id)[:_NEWEST])
            event = AuditEvent(f"staff:{staff.id}", "person.seen", f"person:{person_id}", {"what": "standing"})
            unit.audit.append(event, now)
        summary = self._store.queries.person_summary(person_id)
        if summary is None:
            raise NotFound
        return PersonShown(summary, *shown, notices)

    def due(self, wanted: DueFilter, staff: StaffMember) -> DuePage:
        """The list as it leaves in a file: masked as on the screen. raises AccessRefused"""
        _require(staff)
        page = self._store.queries.due(wanted, None, MOST_EXPORTED, most=MOST_EXPORTED)
        asked = (wanted.state, wanted.benefit, wanted.region, wanted.last)
        details: Details = {"rows": len(page.rows), "filter": "/".join(str(one or "") for one in asked)}
        with self._store.unit() as unit:
            unit.audit.append(AuditEvent(f"staff:{staff.id}", "due.exported", "", details), self._clock.now())
        return page


def shown_person(
    unit: Unit, person_id: str, now: datetime
) -> tuple[tuple[Standing, ...], tuple[TagChange, ...], tuple[Seen, ...], tuple[IssuedCertificate, ...]]:
    """Standings, tags, events and certificates of one person. raises NotFound, PolicyTampered"""
    try:
        known = unit.people.get(person_id)
    except KeyDestroyed as error:
        raise NotFound from error
    if known is None:
        raise NotFound
    book, today = unit.policies.book(), legal_date(now)
    lives = lives_of(unit, [person_id], today, book)
    standings = tuple(
        Standing(
            life.facts.benefit,
            status_of(life.facts, book, now),
            tuple(reversed(list(time_line(life.facts, book, life.facts.known_since, today))))[:_NEWEST],
        )
        for life in lives
    )
    counted = {(one.on, one.kind) for life in lives for one in passes(life.facts, book, now) if one.taken_back is None}
    return (
        standings,
        tuple(reversed(unit.life_events.tag_history(person_id))),
        _events(lives[:1], counted),
        tuple(unit.receipts.of_person(person_id)[:_NEWEST]),
    )


def _events(lives: list[Life], counted: set[tuple[date, EventKind]]) -> tuple[Seen, ...]:
    found = [Seen(event, (event.on, event.kind) in counted) for life in lives for event in life.facts.events]
    return tuple(sorted(found, key=lambda one: (one.event.on, one.event.known_at), reverse=True)[:_NEWEST])


def _require(staff: StaffMember) -> None:
    if not may(staff.role, Permission.SEE_PEOPLE):
        raise AccessRefused
