"""Facts of lives as they are judged, and whose status may have changed: what a sweep reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, or_, select, union

from auth_service.beneficiaries.person import BenefitKind
from auth_service.beneficiaries.tags import Tag
from auth_service.core.clock import end_of, legal_date
from auth_service.core.errors import KeyMissing
from auth_service.matching.comparison import Zone
from auth_service.qualification.decision import Outcome
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.life import LifeEvent, LifeFacts, Outage, own_pass
from auth_service.qualification.status import counted_from
from auth_service.storage.records.arrangements import Accommodations
from auth_service.storage.records.life_acts import LifeActs, acts_of
from auth_service.storage.records.life_events import LifeEvents
from auth_service.storage.records.people import People
from auth_service.storage.records.some_people import SomePeople, Span, those
from auth_service.storage.tables import (
    ArrangementRow,
    BenefitRow,
    CertificateRow,
    ContestActRow,
    ContestRow,
    DecisionRow,
    EvidenceRow,
    LifeEventRow,
    LifeStateRow,
    LinkActRow,
    LinkFindingRow,
    PersonRow,
    ProposalRow,
    TagChangeRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PEOPLE, _BENEFITS, _STATES = table_of(PersonRow), table_of(BenefitRow), table_of(LifeStateRow)
_EVIDENCE, _CERTIFICATES = table_of(EvidenceRow), table_of(CertificateRow)
_EVENTS, _TAGS = table_of(LifeEventRow), table_of(TagChangeRow)
_PROPOSALS, _DECISIONS = table_of(ProposalRow), table_of(DecisionRow)
_CONTESTS, _CONTEST_STEPS = table_of(ContestRow), table_of(ContestActRow)
_ARRANGED = table_of(ArrangementRow)
_LINKS, _LINK_ACTS = table_of(LinkFindingRow), table_of(LinkActRow)
_NAMED = _PEOPLE.c.id_number_sealed != b""
"""Whoever was erased is asked about no more."""
_PASSES = (
    select(
        _EVIDENCE.c.person_id, _EVIDENCE.c.kind, _EVIDENCE.c.channel, _EVIDENCE.c.zone, _EVIDENCE.c.attested_by,
        _EVIDENCE.c.taken_at, _CERTIFICATES.c.issued_at, _EVIDENCE.c.id,
    )
    .outerjoin(_CERTIFICATES, _CERTIFICATES.c.evidence_id == _EVIDENCE.c.id)
    .where(or_(_EVIDENCE.c.outcome == Outcome.QUALIFIED.value, _CERTIFICATES.c.serial.is_not(None)))
)  # fmt: skip
"""As records/passes.py has it, with the certificate that it asks for anyway; one evidence has one at most."""
_OF_BENEFITS = (
    select(
        _PEOPLE.c.id, _PEOPLE.c.region_code, _BENEFITS.c.kind, _BENEFITS.c.award_month, _BENEFITS.c.known_since,
        case((_BENEFITS.c.known_since.is_(None), _PEOPLE.c.created_at)).label("created_at"),
    )
    .join(_BENEFITS, _BENEFITS.c.person_id == _PEOPLE.c.id)
    .where(_NAMED)
)  # fmt: skip
_OVERLAP = timedelta(days=1)
"""What was written while the last sweep began may show up behind it; a day is far more than a transaction takes."""
_MOST_ALIKE = 200_000


@dataclass(frozen=True, slots=True)
class Life:
    """One benefit of one person with all that is known of it. region: the person's own, as `facts.region` may not be"""

    person_id: str
    region: str
    facts: LifeFacts


@dataclass(frozen=True, slots=True)
class LifeTerms:
    """What facts are read for.

    as_of        the day at whose end they are judged: nothing that was decided or contested later counts
    by_birthday  kinds whose cycle asks for a birth month, which is decrypted
    """

    as_of: date
    outages: tuple[Outage, ...]
    by_birthday: frozenset[BenefitKind]


@dataclass(slots=True)
class Alike:
    """Lives of own passes alone that differ in nothing that a status rests on share one object: its references, its
    region and the hours in it are those of the first. A sweep of a million judges and builds each kind of life once.

    policies  kind and region -> what is the same where the same policies hold
    """

    policies: Callable[[BenefitKind, str], object]
    known: dict[object, LifeFacts] = field(default_factory=dict)
    places: dict[tuple[str, str | None], object] = field(default_factory=dict)

    def place(self, kind: str, region: str | None) -> object:
        found = self.places.get((kind, region))
        if found is None:
            found = self.places[kind, region] = self.policies(BenefitKind(kind), region or "")
        return found

    def keep(self, key: object, facts: LifeFacts) -> None:
        if len(self.known) >= _MOST_ALIKE:
            self.known.clear()
        self.known[key] = facts


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of some people besides their benefits. own: passes made here, as rows"""

    own: dict[str, list[Row[*tuple[Any, ...]]]]
    events: dict[str, list[LifeEvent]]
    tags: dict[str, frozenset[Tag]]
    acts: LifeActs
    until: datetime


class Lives:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._events = LifeEvents(work)

    def everybody(self, after: str, limit: int) -> Span | None:
        """The next people in the order of ids; None: there are none."""
        wanted = select(_PEOPLE.c.id).where(_PEOPLE.c.id > after, _NAMED).order_by(_PEOPLE.c.id).limit(limit).subquery()
        found = self._work.connection.execute(select(func.max(wanted.c.id), func.count()).select_from(wanted)).one()
        return Span(after, *found) if found[1] else None

    def number(self) -> int:
        """How many there are."""
        return int(self._work.connection.execute(select(func.count()).select_from(_PEOPLE).where(_NAMED)).scalar_one())

    def touched(self, since: datetime, today: date) -> list[str]:
        """People whose status may have changed: time has come, or something was learnt since. In the order of ids.

        A superset: it narrows, and judges nobody.
        """
        since -= _OVERLAP
        decided = _DECISIONS.c.proposal_id == _PROPOSALS.c.id
        linked = _LINK_ACTS.c.finding_id == _LINKS.c.id
        stepped = _CONTEST_STEPS.c.contest_id == _CONTESTS.c.id
        parts = (
            select(_STATES.c.person_id).where(_STATES.c.next_look_on <= today),
            select(_BENEFITS.c.person_id).where(_BENEFITS.c.changed_at > since),
            select(_EVIDENCE.c.person_id).where(_EVIDENCE.c.taken_at > since, _EVIDENCE.c.person_id.is_not(None)),
            select(_CERTIFICATES.c.person_id).where(_CERTIFICATES.c.issued_at > since),
            select(_EVENTS.c.person_id).where(_EVENTS.c.known_at > since),
            select(_TAGS.c.person_id).where(_TAGS.c.known_at > since),
            select(_PROPOSALS.c.person_id).join(_DECISIONS, decided).where(_DECISIONS.c.decided_at > since),
            select(_CONTESTS.c.person_id).where(_CONTESTS.c.opened_at > since),
            select(_CONTESTS.c.person_id).join(_CONTEST_STEPS, stepped).where(_CONTEST_STEPS.c.done_at > since),
            select(_TAGS.c.person_id).where(_TAGS.c.holds_until.between(legal_date(since), today)),
            select(_LINKS.c.person_id).where(_LINKS.c.found_at > since),
            select(_LINKS.c.person_id).join(_LINK_ACTS, linked).where(_LINK_ACTS.c.done_at > since),
            select(_ARRANGED.c.person_id).where(_ARRANGED.c.known_at > since),
            select(_ARRANGED.c.person_id).where(_ARRANGED.c.holds_until.between(legal_date(since), today)),
        )
        return sorted(self._work.connection.execute(union(*parts)).scalars())

    def facts(self, people: SomePeople, terms: LifeTerms, alike: Alike | None = None) -> list[Life]:
        """Everything about these people, by person and kind of benefit. alike: whose facts may be shared"""
        told, known = self._told(people, terms), {} if alike is None else alike.known
        apart = frozenset(told.events) | told.acts.concern()
        reduced = {person: _reduced(rows, told.until) for person, rows in told.own.items()} if alike else {}
        wanted = _OF_BENEFITS.where(those(self._work.connection, _PEOPLE.c.id, people))
        found = []
        for row in self._work.connection.execute(wanted.order_by(_PEOPLE.c.id, _BENEFITS.c.kind)).all():
            person, region, kind, award, since, created = row
            month = self._birth_month(person) if kind in terms.by_birthday else None
            if alike is None or person in apart:
                found.append(Life(person, region or "", _facts(row, month, told, terms)))
                continue
            start = counted_from(_first_of(award), since or legal_date(created))
            key = (kind, alike.place(kind, region), start, month, told.tags.get(person), reduced.get(person))
            facts = known.get(key)
            if facts is None:
                facts = _facts(row, month, told, terms)
                alike.keep(key, facts)
            found.append(Life(person, region or "", facts))
        return found

    def outages(self) -> tuple[Outage, ...]:
        return self._events.outages()

    def _told(self, people: SomePeople, terms: LifeTerms) -> _Told:
        own: dict[str, list[Row[*tuple[Any, ...]]]] = {}
        wanted = _PASSES.where(those(self._work.connection, _EVIDENCE.c.person_id, people))
        for row in self._work.connection.execute(wanted).all():
            own.setdefault(row[0], []).append(row)
        until = end_of(terms.as_of)
        tags = self._events.tags_of(people, terms.as_of)
        for person, needs in Accommodations(self._work).tags_of(people, terms.as_of).items():
            tags[person] = tags.get(person, frozenset()) | needs
        return _Told(own, self._events.of_people(people), tags, acts_of(self._work, people, until), until)

    def _birth_month(self, person_id: str) -> int | None:
        try:
            person = People(self._work).get(person_id)
        except KeyMissing:  # erased between two reads
            return None
        return person.birth_date.month if person is not None and person.birth_date is not None else None


def _own(row: Row[*tuple[Any, ...]]) -> LifeEvent:
    """A pass that was made here; a photo alone never is one (the database refuses it)."""
    return own_pass(
        row.id,
        (EvidenceKind(row.kind), Channel(row.channel)),
        (row.taken_at, row.issued_at or row.taken_at),
        row.attested_by is not None,
        Zone(row.zone) if row.zone else None,
    )


def _reduced(rows: list[Row[*tuple[Any, ...]]], until: datetime) -> object:
    """What a status rests on of passes made here: references say nothing, and hours no more than the legal day.

    Legal days begin at 16:00 UTC, so that four hours of UTC lie in one of them.
    """
    found = []
    for _, kind, channel, zone, attested, taken, issued, _ in rows:
        known = issued or taken
        day = (taken.toordinal(), taken.hour // 4, known.toordinal(), known.hour // 4, known > until)
        found.append((kind, channel, zone or "", attested is None, day))
    return found[0] if len(found) == 1 else tuple(sorted(found))


def _first_of(month: str | None) -> date | None:
    return date(int(month[:4]), int(month[5:]), 1) if month else None


def _facts(row: Row[*tuple[Any, ...]], birth_month: int | None, told: _Told, terms: LifeTerms) -> LifeFacts:
    person = row.id
    return LifeFacts(
        benefit=BenefitKind(row.kind),
        region=row.region_code or "",
        award_month=_first_of(row.award_month),
        known_since=row.known_since or legal_date(row.created_at),
        birth_month=birth_month,
        events=(*told.events.get(person, ()), *(_own(one) for one in told.own.get(person, ()))),
        acts=told.acts.acts.get((person, row.kind), ()),
        tags=told.tags.get(person, frozenset()),
        outages=terms.outages,
        contested=person in told.acts.contested,
        death_hint_at=told.acts.doubts.get(person),
    )
