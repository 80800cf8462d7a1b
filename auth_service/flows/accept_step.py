"""The pictures of one step come in, as they were sealed before: looked at quickly, kept encrypted, and final."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence

from auth_service.capture.ports import FrameLook, StepLook
from auth_service.capture.session import CaptureSession, SessionPolicy, check_may_start, check_may_step
from auth_service.capture.steps import CapturedStep
from auth_service.core.clock import Clock
from auth_service.core.errors import SessionNotStarted, StepConflict
from auth_service.flows.session_terms import SessionKey, own_session, require_nonce
from auth_service.storage.unit import KeptStep, Store, Unit


class AcceptStep:
    """One instance serves all threads. The answer speaks of framing, light and movement, never of liveness."""

    def __init__(
        self,
        store: Store,
        look: FrameLook,
        clock: Clock,
        sessions: SessionPolicy,
        count: Callable[[str, int], None] = lambda _session, _n: None,
    ) -> None:
        """count  called before each look: session id and step. raises RateLimited"""
        self._store = store
        self._look = look
        self._clock = clock
        self._sessions = sessions
        self._count = count

    def run(self, key: SessionKey, step: CapturedStep) -> StepLook:
        """Keeps the step; the very same step sent again gets the same answer.

        raises   SessionUnknown, SessionExpired, SessionSpent, SessionNotStarted, StepRefused (it was not sealed),
                 StepConflict (other pictures than those sealed), ImageRefused (a frame cannot be decoded), RateLimited
                 (looked at too often), CapacityExceeded
        """
        with self._store.reading() as unit:
            session = self._session(unit, key, alone=False)
            kept = unit.steps.kept(session.id)
            before = self._answered(unit, kept, step)
        if before is not None:
            return before
        self._check(session, kept, step)
        if session.challenge is None:
            raise SessionNotStarted
        self._count(session.id, step.n)
        look = self._look.look(step, session.challenge.steps[step.n])  # no transaction is held meanwhile
        return self._keep(key, step, look)

    def _keep(self, key: SessionKey, step: CapturedStep, look: StepLook) -> StepLook:
        """Looked at again with the session held: another tab, or the end of the session, may have been faster."""
        now = self._clock.now()
        with self._store.unit() as unit:
            session = self._session(unit, key, alone=True)
            kept = unit.steps.kept(session.id)
            before = self._answered(unit, kept, step)
            if before is not None:
                return before
            self._check(session, kept, step)
            if not unit.steps.add(session, step, look, now):
                raise StepConflict
        return look

    def _session(self, unit: Unit, key: SessionKey, *, alone: bool) -> CaptureSession:
        session = own_session(unit, key, alone=alone).session
        require_nonce(session, key)
        check_may_start(session, self._clock.now(), self._sessions)
        return session

    def _answered(self, unit: Unit, kept: Sequence[KeptStep], step: CapturedStep) -> StepLook | None:
        """The answer that this step got before. raises StepConflict: step `n` holds other pictures"""
        same = next((one for one in kept if one.n == step.n), None)
        if same is None:
            return None
        if not unit.steps.is_same(same, step):
            raise StepConflict
        return same.look

    def _check(self, session: CaptureSession, kept: Sequence[KeptStep], step: CapturedStep) -> None:
        accepted = [one.n for one in kept]
        sealed = check_may_step(session, step.n, accepted, self._clock.now(), self._sessions)
        if not hmac.compare_digest(sealed.digest, step.digest):
            raise StepConflict
