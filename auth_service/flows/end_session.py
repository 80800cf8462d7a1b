"""Ending a capture session before its decision: the person leaves, or takes the consent back. Frames go at once."""

from __future__ import annotations

from datetime import datetime

from auth_service.capture.session import CaptureSession
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.flows.session_terms import SessionKey, actor_of, own_session
from auth_service.storage.unit import Store, Unit


class EndSession:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, key: SessionKey) -> bool:
        """Whether it ended now; a photo that was left for staff goes in any case. What is decided stays decided:
        evidence is a fact, and a withdrawal after it is a request to the privacy officer. A session that is being
        decided ends without a decision.

        raises   SessionUnknown
        """
        now = self._clock.now()
        with self._store.unit() as unit:
            session = own_session(unit, key, alone=True).session
            _take_back_photo(unit, session, now)
            if not unit.sessions.end(session.id, now):
                return False
            unit.steps.remove(session.id)
            subject = f"person:{session.person_id}" if session.person_id else ""
            unit.audit.append(AuditEvent(actor_of(session), "session.ended", subject, {"session": session.id}), now)
        return True


def _take_back_photo(unit: Unit, session: CaptureSession, now: datetime) -> None:
    """The request stays: whoever takes the picture back is still to be called."""
    left = unit.other_ways.uploaded(session.id)
    if left is not None and left.photo_id is not None and unit.photos.erase(left.photo_id, now):
        unit.audit.append(AuditEvent(actor_of(session), "photo.taken_back", f"person:{session.person_id}", {}), now)
