"""The prints of one step come in, as soon as it was filmed: they bind its pictures and bring the next step."""

from __future__ import annotations

import hmac

from auth_service.capture.pace import Move, Pace, PacePolicy, Sealed, asked_next, check_may_seal
from auth_service.capture.session import CaptureSession, SessionPolicy, pace_while_open
from auth_service.capture.steps import StepPolicy, StepPrint, check_step
from auth_service.core.clock import Clock
from auth_service.core.errors import SessionExpired, StepConflict
from auth_service.flows.session_terms import Begun, SessionKey, begun_of, own_session, require_nonce
from auth_service.storage.unit import Store, Unit


class SealStep:
    """One instance serves all threads. The server's clock says whether it came in time."""

    def __init__(
        self, store: Store, clock: Clock, policies: tuple[SessionPolicy, PacePolicy], steps: StepPolicy
    ) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies
        self._steps = steps

    def run(self, key: SessionKey, step: StepPrint) -> Begun:
        """What is asked now; the very same prints sent again change nothing.

        raises   SessionUnknown, SessionExpired, SessionSpent, SessionNotStarted, StepRefused, StepLate (it is to be
                 asked for again), StepConflict (it was sealed with other prints)
        """
        now = self._clock.now()
        with self._store.unit() as unit:
            session = own_session(unit, key, alone=True).session
            require_nonce(session, key)
            pace = pace_while_open(session, now, self._policies[0])
            if not _sealed_before(pace, step):
                check_step(step, pace.sealed, self._steps)
                check_may_seal(pace, step, now, self._policies[1], slow=session.slow)
                self._seal(unit, session, pace, step)
        with self._store.reading() as unit:
            session = own_session(unit, key).session
            accepted = tuple(one.n for one in unit.steps.kept(session.id))
        begun = begun_of(session, accepted, now, self._policies)
        if begun is None:
            raise SessionExpired
        return begun

    def _seal(self, unit: Unit, session: CaptureSession, pace: Pace, step: StepPrint) -> None:
        sealed = Sealed(step.n, self._clock.now(), step.digest, step.count, step.size, step.frames[-1].at_ms)
        moves: list[Move] = [sealed, *asked_next(pace, sealed)]
        if not all(unit.sessions.move(session, move) for move in moves):
            raise StepConflict


def _sealed_before(pace: Pace, step: StepPrint) -> bool:
    """raises StepConflict: with other prints"""
    if not 0 <= step.n < len(pace.sealed):
        return False
    if not hmac.compare_digest(pace.sealed[step.n].digest, step.digest):
        raise StepConflict
    return True
