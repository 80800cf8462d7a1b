"""Where a capture session stands: for a page that was reloaded, and for an answer that was lost on the way."""

from __future__ import annotations

from auth_service.capture.pace import PacePolicy
from auth_service.capture.session import SessionPolicy, SessionState
from auth_service.core.clock import Clock
from auth_service.flows.session_terms import Begun, SessionKey, SessionView, begun_of, own_session
from auth_service.qualification.capture_outcome import capture_outcome, reviewed_outcome
from auth_service.qualification.review import ReviewState, state_of
from auth_service.storage.unit import Store, StoredSession, Unit


class SeeSession:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, policies: tuple[SessionPolicy, PacePolicy]) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies

    def run(self, key: SessionKey) -> SessionView:
        """raises SessionUnknown"""
        now = self._clock.now()
        with self._store.reading() as unit:
            stored = own_session(unit, key)
            state = stored.session.state(now, self._policies[0])
            if state is SessionState.DECIDED and stored.evidence_id is not None:
                return self._decided(unit, stored, stored.evidence_id)
            begun = self._begun(unit, stored) if state is SessionState.STARTED else None
        return SessionView(state, stored.session.expires_at(self._policies[0]), begun)

    def _begun(self, unit: Unit, stored: StoredSession) -> Begun | None:
        accepted = tuple(step.n for step in unit.steps.kept(stored.session.id))
        return begun_of(stored.session, accepted, self._clock.now(), self._policies)

    def _decided(self, unit: Unit, stored: StoredSession, evidence_id: str) -> SessionView:
        found = unit.evidence.get(evidence_id)
        outcome = None if found is None else capture_outcome(found[1], found[0].quality)
        certificate = unit.certificates.of_evidence(evidence_id)
        if state_of(unit.reviews.of(evidence_id)) is ReviewState.SETTLED:
            outcome = reviewed_outcome(accepted=certificate is not None)
        return SessionView(
            SessionState.DECIDED, stored.session.expires_at(self._policies[0]), outcome=outcome, certificate=certificate
        )
