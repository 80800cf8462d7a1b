"""What a person may see of themselves: status with a possession factor, history and all data with a fresh live pass.

A session shows who asks. For somebody in no ledger, or without a telephone on file, no code ever comes back and no pass
is made: the refusal is the same, and comes before anything about a person is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.beneficiaries.arrangements import Arrangement
from auth_service.beneficiaries.person import Beneficiary
from auth_service.beneficiaries.tags import TagChange
from auth_service.capture.one_time_code import CodeGiven
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import KeyDestroyed, LivePassNeeded, NotFound, PossessionNeeded, SessionUnknown
from auth_service.enrollment.consent import Consent
from auth_service.enrollment.own_request import OwnRequest
from auth_service.flows.see_person import Seen, Standing, shown_person
from auth_service.flows.session_terms import SessionKey, actor_of, own_session
from auth_service.notices.notice import Wishes
from auth_service.qualification.decision import Outcome
from auth_service.storage.unit import (
    IssuedCertificate,
    Store,
    StoredContest,
    StoredNotice,
    StoredProposal,
    StoredSession,
    Unit,
)

FRESH = timedelta(minutes=15)
"""For so long a code that came back, or a live pass, opens one's own data. source: own decision; reading takes minutes,
and a telephone that is handed on after that opens nothing"""


@dataclass(frozen=True, slots=True)
class OwnHistory:
    """What was told and decided, the newest first."""

    standings: tuple[Standing, ...]
    tags: tuple[TagChange, ...]
    events: tuple[Seen, ...]
    certificates: tuple[IssuedCertificate, ...]
    acts: tuple[StoredProposal, ...]
    notices: tuple[StoredNotice, ...]


@dataclass(frozen=True, slots=True)
class OwnData:
    """Everything that is kept in words about one person here."""

    person: Beneficiary
    history: OwnHistory
    consent: Consent | None
    contests: tuple[StoredContest, ...]
    requests: tuple[OwnRequest, ...]
    arranged: tuple[Arrangement, ...]
    wishes: Wishes
    made_at: datetime


class SeeOwn:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def status(self, key: SessionKey) -> tuple[Standing, ...]:
        """How each benefit stands. raises SessionUnknown, PossessionNeeded, PolicyTampered"""
        now = self._clock.now()
        with self._store.unit() as unit:
            stored = own_session(unit, key)
            if not (_has_code(stored, now) or _has_pass(unit, stored, now)):
                raise PossessionNeeded
            person_id = self._person(unit, stored, "status", now)
            return shown_person(unit, person_id, now)[0]

    def history(self, key: SessionKey) -> OwnHistory:
        """raises SessionUnknown, LivePassNeeded, PolicyTampered"""
        now = self._clock.now()
        with self._store.unit() as unit:
            person_id = self._passed(unit, key, "history", now)
            return _history(unit, person_id, now)

    def export(self, key: SessionKey) -> OwnData:
        """raises SessionUnknown, LivePassNeeded, PolicyTampered"""
        now = self._clock.now()
        with self._store.unit() as unit:
            person_id = self._passed(unit, key, "export", now)
            person = unit.people.get(person_id)
            if person is None:
                raise SessionUnknown
            return OwnData(
                person,
                _history(unit, person_id, now),
                unit.consents.current(person_id),
                tuple(reversed(unit.contests.of(person_id))),
                tuple(unit.own_requests.of_person(person_id)),
                _arranged(unit, person_id),
                unit.notice_wishes.of(person_id),
                now,
            )

    def _passed(self, unit: Unit, key: SessionKey, what: str, now: datetime) -> str:
        stored = own_session(unit, key)
        if not _has_pass(unit, stored, now):
            raise LivePassNeeded
        return self._person(unit, stored, what, now)

    def _person(self, unit: Unit, stored: StoredSession, what: str, now: datetime) -> str:
        """With a row in the audit trail: a person may ask who looked. raises SessionUnknown: erased meanwhile"""
        person_id = stored.session.person_id
        try:
            known = None if person_id is None else unit.people.get(person_id)
        except KeyDestroyed as error:
            raise SessionUnknown from error
        if person_id is None or known is None:
            raise SessionUnknown
        event = AuditEvent(actor_of(stored.session), "own_data.seen", f"person:{person_id}", {"what": what})
        unit.audit.append(event, now)
        return person_id


def _history(unit: Unit, person_id: str, now: datetime) -> OwnHistory:
    try:
        shown = shown_person(unit, person_id, now)
    except NotFound as error:
        raise SessionUnknown from error
    return OwnHistory(*shown, tuple(reversed(unit.proposals.of(person_id))), tuple(unit.notices.of_person(person_id)))


def _arranged(unit: Unit, person_id: str) -> tuple[Arrangement, ...]:
    """Contacts, proxies and accommodations, every word of each."""
    kept = (unit.contacts, unit.proxies, unit.accommodations)
    return tuple(word for one in kept for word in one.history(person_id))


def _has_code(stored: StoredSession, now: datetime) -> bool:
    session = stored.session
    given = [move.at for move in session.moves if isinstance(move, CodeGiven)]
    return session.ended_at is None and bool(given) and now < max(given) + FRESH


def _has_pass(unit: Unit, stored: StoredSession, now: datetime) -> bool:
    """Of this very session, by the person who stood before the camera, decided by itself."""
    session = stored.session
    if session.ended_at is not None or session.decided_at is None or stored.evidence_id is None:
        return False
    found = unit.evidence.get(stored.evidence_id)
    fresh = now < session.decided_at + FRESH
    return fresh and found is not None and found[1].outcome is Outcome.QUALIFIED
