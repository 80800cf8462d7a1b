"""A photo is left in a capture session for staff to check. It passes nobody: an officer compares it with papers first.

Whoever the session is for, known or not, enrolled or not: the same is read, sealed and written, and the same answered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from auth_service.capture.session import check_may_leave_photo
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import ConsentMissing, PhotoConflict, QualityTooLow, SessionExpired
from auth_service.enrollment.consent import Consent
from auth_service.faces.copies import CopyPolicy
from auth_service.faces.ports import FaceReader
from auth_service.faces.template import EngineIdentity
from auth_service.flows.known_person import Known, KnownPeople
from auth_service.flows.session_terms import SessionKey, actor_of, own_session, require_nonce
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import NewUpload, Store, StoredSession, Unit


@dataclass(frozen=True, slots=True)
class PhotoDesk:
    """What looks at the picture. identity: of the engine whose templates count"""

    reader: FaceReader
    identity: Callable[[], EngineIdentity]
    copies: CopyPolicy


@dataclass(frozen=True, slots=True)
class PhotoCounts:
    """Called before the picture is decoded.

    look  a session's id: how often one is looked at. raises RateLimited
    wish  network address, and what stands for the number: a request for another way. raises RateLimited, Unavailable
    """

    look: Callable[[str], None]
    wish: Callable[[str, str], None]


class LeavePhoto:
    """One instance serves all threads."""

    def __init__(self, store: Store, desk: PhotoDesk, clock: Clock, counts: PhotoCounts) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._counts = counts
        self._people = KnownPeople(store, desk.identity, desk.copies)

    def run(self, key: SessionKey, photo: bytes, client: str = "") -> None:
        """One photo a session; the very same sent again changes nothing.

        raises   SessionUnknown, SessionExpired, ConsentMissing (what was agreed to speaks of no photo), PhotoConflict
                 (another was left before), ImageRefused, QualityTooLow, RateLimited, CapacityExceeded, Unavailable
        """
        digest = hashlib.sha256(photo).hexdigest()
        with self._store.reading() as unit:
            stored = self._session(unit, key, alone=False)
            if _left_before(unit, stored, digest):
                return
        consent = _consent(stored)
        self._counts.look(stored.session.id)
        sample = self._desk.reader.read(photo)
        if not sample.quality.acceptable:  # now, while the person can take another, and not when staff would accept it
            raise QualityTooLow(",".join(reason.value for reason in sample.quality.reasons), field="photo")
        jpeg = self._desk.reader.reencode(photo)
        self._counts.wish(client, stored.subject)
        today = legal_date(self._clock.now())
        known = self._people.of(stored.session.person_id, stored.subject, today)
        with self._store.unit() as unit:
            stored = self._session(unit, key, alone=True)
            if not _left_before(unit, stored, digest):  # another tab may have been faster
                self._leave(unit, stored, (digest, jpeg, consent), wanted=_is_wanted(known))

    def _session(self, unit: Unit, key: SessionKey, *, alone: bool) -> StoredSession:
        stored = own_session(unit, key, alone=alone)
        require_nonce(stored.session, key)
        check_may_leave_photo(stored.session, self._clock.now())
        if stored.pilot is not None:  # it only measures
            raise SessionExpired
        return stored

    def _leave(self, unit: Unit, stored: StoredSession, left: tuple[str, bytes, Consent], *, wanted: bool) -> None:
        """The request stands whoever is known; the picture is kept where an officer could make something of it."""
        session, now, (digest, jpeg, consent) = stored.session, self._clock.now(), left
        photo_id = None
        if wanted and session.person_id is not None:
            photo_id = unit.photos.put(session.person_id, "review", jpeg, now)
        else:
            unit.photos.pretend(len(jpeg))
        new = NewUpload(session.id, session.person_id, Channel(session.channel), digest, consent, photo_id)
        unit.other_ways.leave(new, now)
        subject = f"person:{session.person_id}" if session.person_id else ""
        details: Details = {"session": session.id, "kept": photo_id is not None}
        unit.audit.append(AuditEvent(actor_of(session), "photo.left", subject, details), now)


def _left_before(unit: Unit, stored: StoredSession, digest: str) -> bool:
    """raises PhotoConflict: another was"""
    before = unit.other_ways.uploaded(stored.session.id, digest)
    if before is not None and not before.same:
        raise PhotoConflict(field="photo")
    return before is not None


def _consent(stored: StoredSession) -> Consent:
    """raises ConsentMissing"""
    if stored.consent is None or not stored.consent.covers_photo:
        raise ConsentMissing("the text that was agreed to speaks of no photo for staff", field="consent")
    return stored.consent


def _is_wanted(known: Known) -> bool:
    """Nobody whose enrolled photos can be used, or whose self-upload an officer accepted before, needs another."""
    return known.reference is None or known.reference.template is None
