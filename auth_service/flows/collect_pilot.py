"""A session of a pilot ends here: its frames go into the operator's folder, and nothing is decided about anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.capture.challenge import Challenge
from auth_service.capture.session import SessionPolicy, check_may_complete
from auth_service.capture.steps import CapturedStep
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import AccessRefused, SessionExpired, SessionSpent
from auth_service.flows.session_terms import SessionKey, actor_of, own_session, require_nonce
from auth_service.liveness.pilot import PilotTag
from auth_service.storage.unit import Store


class PilotShelf(Protocol):
    """The operator's folder."""

    def put(self, tag: PilotTag, session_id: str, challenge: Challenge, steps: Sequence[CapturedStep]) -> None:
        """Whole or not at all. raises StorageFault"""
        ...

    def remove(self, session_id: str) -> bool:
        """False: it is not there. raises StorageFault"""
        ...

    def of_subject(self, subject: str) -> list[str]:
        """Ids of the sessions under this number."""
        ...


class CollectPilot:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, policy: SessionPolicy, shelf: PilotShelf) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._shelf = shelf

    def run(self, key: SessionKey) -> bool:
        """Takes a session's frames in; again for who asks again. False: it is no pilot's.

        The audit row comes before the files, so that none lies there without a trace.

        raises   SessionUnknown, SessionExpired, SessionSpent, SessionNotStarted, StepsMissing, StorageFault
        """
        now = self._clock.now()
        with self._store.reading() as unit:
            stored = own_session(unit, key)
        if stored.pilot is None:
            return False
        session = stored.session
        require_nonce(session, key)
        if session.claimed_at is not None and session.ended_at is not None:
            return True
        with self._store.unit() as unit:
            accepted = [step.n for step in unit.steps.kept(session.id)]
            check_may_complete(session, accepted, now, self._policy)
            if not unit.sessions.claim(session.id, now):
                raise SessionSpent
            details = {"session": session.id, "label": stored.pilot.label}
            unit.audit.append(AuditEvent(actor_of(session), "pilot.collected", "", details), now)
        with self._store.reading() as unit:
            steps = unit.steps.of(session)
        if session.challenge is None or len(steps) != len(session.challenge.steps):
            raise SessionExpired  # ended in this moment
        self._shelf.put(stored.pilot, session.id, session.challenge, steps)
        with self._store.unit() as unit:
            kept = unit.sessions.end(session.id, self._clock.now())
            unit.steps.remove(session.id)
        if not kept:  # consent was withdrawn in this moment
            self._shelf.remove(session.id)
            raise SessionExpired
        return True

    def withdraw(self, key: SessionKey) -> bool:
        """Whoever took part takes the consent back: the frames go at once. False: it is no pilot's, or nothing lies
        there. raises SessionUnknown, StorageFault"""
        with self._store.reading() as unit:
            stored = own_session(unit, key)
        if stored.pilot is None or not self._shelf.remove(stored.session.id):
            return False
        self._note(actor_of(stored.session), stored.session.id, self._clock.now())
        return True

    def remove(self, subject: str, member: StaffMember) -> list[str]:
        """All sessions under a number of the pilot's list, because the person asked for it; returns their ids.

        raises   AccessRefused, StorageFault
        """
        if member.disabled or not may(member.role, Permission.COLLECT_PILOT):
            raise AccessRefused(f"{member.role.value} may not: {Permission.COLLECT_PILOT.value}")
        gone = []
        for session_id in self._shelf.of_subject(subject):
            if self._shelf.remove(session_id):
                self._note(f"staff:{member.id}", session_id, self._clock.now())
                gone.append(session_id)
        return gone

    def _note(self, actor: str, session_id: str, now: datetime) -> None:
        with self._store.unit() as unit:
            unit.audit.append(AuditEvent(actor, "pilot.withdrawn", "", {"session": session_id}), now)
