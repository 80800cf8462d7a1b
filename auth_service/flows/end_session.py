"""Ending a capture session before its decision: the person leaves, or takes the consent back. Frames go at once."""

from __future__ import annotations

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.flows.session_terms import SessionKey, actor_of, own_session
from auth_service.storage.unit import Store


class EndSession:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, key: SessionKey) -> bool:
        """Whether it ended now. What is decided stays decided: evidence is a fact, and a withdrawal after it is a
        request to the privacy officer. A session that is being decided ends without a decision.

        raises   SessionUnknown
        """
        now = self._clock.now()
        with self._store.unit() as unit:
            session = own_session(unit, key, alone=True).session
            if not unit.sessions.end(session.id, now):
                return False
            unit.steps.remove(session.id)
            subject = f"person:{session.person_id}" if session.person_id else ""
            unit.audit.append(AuditEvent(actor_of(session), "session.ended", subject, {"session": session.id}), now)
        return True
