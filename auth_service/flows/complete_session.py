"""One capture session, from its steps to a decision, in two transactions.

The first claims the session before any slow work: of any number of tabs and processes one goes on, and a process that
dies leaves a session that is spent and no pass. The second records everything that follows, or nothing.
"""

from __future__ import annotations

from datetime import datetime

from auth_service.capture.session import SessionPolicy, check_may_complete
from auth_service.core.clock import Clock
from auth_service.core.errors import SessionExpired, SessionSpent
from auth_service.flows.session_decision import Completed, SessionDecision, Terms
from auth_service.flows.session_terms import SessionKey, own_session, require_nonce
from auth_service.storage.unit import Store, StoredSession


class CompleteSession:
    """A client hands its session in. One instance serves all threads."""

    def __init__(self, store: Store, decision: SessionDecision, clock: Clock, policy: SessionPolicy) -> None:
        self._store = store
        self._decision = decision
        self._clock = clock
        self._policy = policy

    def run(self, key: SessionKey, portrait: bytes | None = None) -> Completed:
        """One attempt.

        portrait  of a card's chip that was read beside it; compared in memory, kept nowhere

        raises   SessionUnknown, SessionExpired, SessionSpent, SessionNotStarted, StepsMissing, CalibrationMissing;
                 after the claim ImageRefused, CapacityExceeded, EngineFault, StorageFault, Unavailable: then the
                 session is spent without a decision, and the person may open a new one
        """
        now = self._clock.now()
        calibration = self._decision.calibration()  # before the claim: nobody who did all is sent away for it
        stored = self._claim(key, now)
        measured = self._decision.measure(stored, calibration, Terms(now, portrait=portrait, device_id=key.device_id))
        with self._store.unit() as unit:
            return self._decision.record(unit, stored, measured)

    def _claim(self, key: SessionKey, now: datetime) -> StoredSession:
        """The first transaction; exactly one of many gets through."""
        with self._store.unit() as unit:
            stored = own_session(unit, key)
            if stored.pilot is not None:  # it authenticates nobody, whatever its process was set up for
                raise SessionExpired
            require_nonce(stored.session, key)
            accepted = [step.n for step in unit.steps.kept(stored.session.id)]
            check_may_complete(stored.session, accepted, now, self._policy)
            if not unit.sessions.claim(stored.session.id, now):
                raise SessionSpent
        return stored
