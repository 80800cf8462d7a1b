"""The camera runs: nonce and challenge are drawn, and the first step is told. The others come one by one.

Whoever starts again goes on where they were. A step that came too late, or whose pictures a page has lost, is drawn
anew with all that follows it, and that counts like another start.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from auth_service.capture.challenge import Route, StepKind, draw, redraw, route_for
from auth_service.capture.pace import Asked, Pace, PacePolicy, is_late
from auth_service.capture.session import CaptureSession, SessionPolicy, check_may_start, pace_while_open
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock
from auth_service.core.errors import ConsentMissing, SessionExpired, StepRefused
from auth_service.enrollment.consent import Consent
from auth_service.flows.session_terms import Begun, SessionKey, actor_of, begun_of, own_session, require_nonce
from auth_service.storage.unit import Store, StoredSession, Unit

NONCE_BYTES = 16
"""source: trust.md 1.5 L0, 128 bits"""
CountAttempt = Callable[[str, str, str, str], None]
"""Counts one draw: channel, device (keyed hash or empty), subject, and a name of the draw, under which it counts once.
raises AttemptsUsedUp"""


class StartSession:
    """One instance serves all threads.

    count   called before anything is drawn
    counts  the route whose challenge has bits enough here for a wished one (liveness.fusion.route_that_counts)
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policies: tuple[SessionPolicy, PacePolicy],
        count: CountAttempt,
        counts: Callable[[Route], Route] = lambda wished: wished,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies
        self._count = count
        self._counts = counts

    def route_of(self, wished: Route) -> Route:
        """The route that a session gets here, whatever the person can do."""
        return self._counts(wished)

    def run(self, key: SessionKey, lost_from: int | None = None, agreed: Consent | None = None) -> Begun:
        """What is asked now.

        lost_from  the first step whose pictures the client no longer has, though it sealed it
        agreed     to the text that the page showed; a session of a pilot does not begin without its own
        raises     SessionUnknown, SessionExpired, SessionSpent, AttemptsUsedUp, NoChallengeLeft, ConsentMissing
        """
        with self._store.reading() as unit:
            stored = own_session(unit, key)
            accepted = self._accepted(unit, stored.session)
        check_may_start(stored.session, self._clock.now(), self._policies[0])
        if stored.session.drawn is None:
            _check_consent(stored, agreed)
            self._draw(stored, agreed)
        else:
            self._mend(key, stored, accepted, lost_from)
        return self._now(key)

    def colours(self, key: SessionKey) -> Begun:
        """The colours, once the person is ready for them; from here on their time runs. Asked for again they are the
        same, and others once it is over.

        raises  as `run`; SessionNotStarted, StepRefused: they are not what is asked for now
        """
        with self._store.reading() as unit:
            stored = own_session(unit, key)
        require_nonce(stored.session, key)
        pace = self._of_colours(stored.session)
        late = self._is_late(stored.session, pace)
        if late:
            self._count_draw(stored)
        if late or not pace.colours_shown:
            with self._store.unit() as unit:
                self._show(unit, own_session(unit, key, alone=True).session, stored.session)
        return self._now(key)

    def _show(self, unit: Unit, session: CaptureSession, seen: CaptureSession) -> None:
        """Looked at again with the session held: another tab may have asked for them as well."""
        pace, now = self._of_colours(session), self._clock.now()
        late, n = self._is_late(session, pace), len(pace.sealed)
        if late and session.moves != seen.moves:
            return
        if late:
            unit.sessions.move(session, Asked(n, now, redraw(pace.challenge, n, session.accommodations)))
        if late or not pace.colours_shown:
            unit.sessions.move(session, Asked(n, now))

    def _of_colours(self, session: CaptureSession) -> Pace:
        pace = pace_while_open(session, self._clock.now(), self._policies[0])
        if pace.open_step is None or pace.open_step.kind is not StepKind.FLASH:
            raise StepRefused("no colours are asked for now")
        return pace

    def _draw(self, stored: StoredSession, agreed: Consent | None) -> None:
        """Of two starts at once one draws, and both get what it drew."""
        session = stored.session
        self._count_draw(stored)
        route = route_for(session.wished, session.accommodations)
        if stored.pilot is None:  # a pilot measures colours before they count
            route = self._counts(route)
        challenge = draw(route, session.accommodations)
        with self._store.unit() as unit:
            now = self._clock.now()
            drawn = unit.sessions.start(session, secrets.token_bytes(NONCE_BYTES), challenge, now)
            if drawn and stored.pilot is not None and agreed is not None:
                unit.audit.append(_consented(session, agreed), now)

    def _mend(self, key: SessionKey, stored: StoredSession, accepted: tuple[int, ...], lost_from: int | None) -> None:
        """Asks anew for what cannot come any more."""
        if self._anew_from(stored.session, accepted, lost_from) is None:
            return
        self._check_may_redraw(stored.session)
        self._count_draw(stored)
        with self._store.unit() as unit:
            session = own_session(unit, key, alone=True).session
            n, pace = self._anew_from(session, self._accepted(unit, session), lost_from), session.pace
            # another tab may have been faster: what was counted is that tab's draw, and it is not drawn twice
            if n is not None and pace is not None and session.moves == stored.session.moves:
                self._check_may_redraw(session)
                fresh = redraw(pace.challenge, n, session.accommodations)
                unit.sessions.move(session, Asked(n, self._clock.now(), fresh))

    def _check_may_redraw(self, session: CaptureSession) -> None:
        """raises SessionExpired: often enough; a new session begins from nothing"""
        if session.redraws >= self._policies[0].redraws:
            raise SessionExpired

    def _anew_from(self, session: CaptureSession, accepted: tuple[int, ...], lost_from: int | None) -> int | None:
        """The first step to be drawn anew, if any. What is kept stays; late colours are drawn when asked for."""
        pace = pace_while_open(session, self._clock.now(), self._policies[0])
        if lost_from is not None and max(lost_from, len(accepted)) < len(pace.sealed):
            return max(lost_from, len(accepted))
        step = pace.open_step
        late = step is not None and step.kind is not StepKind.FLASH and self._is_late(session, pace)
        return len(pace.sealed) if late else None

    def _is_late(self, session: CaptureSession, pace: Pace) -> bool:
        return is_late(pace, self._clock.now(), self._policies[1], slow=session.slow)

    def _count_draw(self, stored: StoredSession) -> None:
        """By what the session had come to when it was asked for: as many tabs as saw it so count one draw."""
        session = stored.session
        self._count(session.channel, session.device, stored.subject, f"{session.id}\0{len(session.moves)}")

    @staticmethod
    def _accepted(unit: Unit, session: CaptureSession) -> tuple[int, ...]:
        return tuple(step.n for step in unit.steps.kept(session.id))

    def _now(self, key: SessionKey) -> Begun:
        """raises SessionExpired: it was ended in this moment"""
        now = self._clock.now()
        with self._store.reading() as unit:
            session = own_session(unit, key).session
            accepted = self._accepted(unit, session)
        check_may_start(session, now, self._policies[0])
        begun = begun_of(session, accepted, now, self._policies)
        if begun is None:
            raise SessionExpired
        return begun


def _check_consent(stored: StoredSession, agreed: Consent | None) -> None:
    """raises ConsentMissing: a pilot without its own consent, or its consent for something else"""
    if (agreed is not None and agreed.is_for_pilot) != (stored.pilot is not None):
        raise ConsentMissing(field="consent")


def _consented(session: CaptureSession, agreed: Consent) -> AuditEvent:
    """All that is kept of a consent to a pilot, whose frames lie under the session's id."""
    details: Details = {
        "session": session.id,
        "text": agreed.text_version,
        "language": agreed.language,
        "shown": agreed.reference,
    }
    return AuditEvent(actor_of(session), "pilot.consented", "", details)
