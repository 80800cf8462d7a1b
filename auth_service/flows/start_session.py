"""The camera runs: nonce and challenge are drawn, once, and the clock starts."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from auth_service.capture.challenge import Challenge, Route, draw, route_for
from auth_service.capture.session import CaptureSession, SessionPolicy, check_may_start
from auth_service.core.clock import Clock
from auth_service.core.errors import SessionExpired
from auth_service.flows.session_terms import Begun, SessionKey, own_session
from auth_service.storage.unit import Store, StoredSession

NONCE_BYTES = 16
"""source: trust.md 1.5 L0, 128 bits"""
CountAttempt = Callable[[str, str, str], None]
"""Counts one attempt: channel, device (keyed hash or empty), subject. raises AttemptsUsedUp"""


class StartSession:
    """One instance serves all threads.

    count   called before a challenge is drawn, never for a second start of the same session
    counts  the route whose challenge has bits enough here for a wished one (liveness.fusion.route_that_counts)
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policy: SessionPolicy,
        count: CountAttempt,
        counts: Callable[[Route], Route] = lambda wished: wished,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._count = count
        self._counts = counts

    def run(self, key: SessionKey) -> Begun:
        """Nonce and challenge; the same again for a second start, with the steps that are kept.

        raises   SessionUnknown, SessionExpired, SessionSpent, AttemptsUsedUp, NoChallengeLeft
        """
        now = self._clock.now()
        with self._store.reading() as unit:
            stored = own_session(unit, key)
            accepted = tuple(step.n for step in unit.steps.kept(stored.session.id))
        check_may_start(stored.session, now, self._policy)
        if stored.session.challenge is None:
            stored = self._draw(stored, key, now)
        return self._begun(stored.session, accepted)

    def _draw(self, stored: StoredSession, key: SessionKey, now: datetime) -> StoredSession:
        """Of two starts at once one draws, and both get what it drew."""
        session = stored.session
        self._count(session.channel, session.device, stored.subject)
        challenge = self._challenge(session)
        nonce = secrets.token_bytes(NONCE_BYTES)
        with self._store.unit() as unit:
            if unit.sessions.start(session, nonce, challenge, now):
                started = replace(session, nonce=nonce, challenge=challenge, started_at=now)
                return replace(stored, session=started)
        with self._store.reading() as unit:
            stored = own_session(unit, key)
        check_may_start(stored.session, now, self._policy)
        return stored

    def _challenge(self, session: CaptureSession) -> Challenge:
        route = self._counts(route_for(session.wished, session.accommodations))
        return draw(route, session.accommodations)

    def _begun(self, session: CaptureSession, accepted: tuple[int, ...]) -> Begun:
        """raises SessionExpired: it was ended in this moment"""
        if session.nonce is None or session.challenge is None:
            raise SessionExpired
        return Begun(session.nonce, session.challenge, session.expires_at(self._policy), accepted)
