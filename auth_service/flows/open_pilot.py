"""A member of staff opens a session of a pilot, for nobody in the ledger, and hands its link to who takes part."""

from __future__ import annotations

from collections.abc import Iterable

from auth_service.accounts.credentials import StaffMember, new_token
from auth_service.accounts.roles import Permission, may
from auth_service.capture.challenge import Accommodation, Route, draw, route_for
from auth_service.capture.session import CaptureSession, SessionPolicy
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import AccessRefused, NoChallengeLeft
from auth_service.core.ids import new_id
from auth_service.flows.open_session import Opened
from auth_service.liveness.pilot import PilotTag
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import NewSession, Store


class OpenPilot:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, policy: SessionPolicy) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy

    def run(
        self, tag: PilotTag, member: StaffMember, accommodations: Iterable[Accommodation] = (), *, slow: bool = False
    ) -> Opened:
        """The route with colours, whether or not they count here: they are what a pilot measures.

        raises   AccessRefused, NoChallengeLeft (who cannot stand the light takes no part), Unavailable
        """
        if member.disabled or not may(member.role, Permission.COLLECT_PILOT):
            raise AccessRefused(f"{member.role.value} may not: {Permission.COLLECT_PILOT.value}")
        able = frozenset(accommodations)
        route = route_for(Route.FLASH, able)
        if route is not Route.FLASH:
            raise NoChallengeLeft("without colours there is nothing to measure")
        draw(route, able)
        now, ticket, session_id = self._clock.now(), new_token(), new_id()
        session = CaptureSession(
            id=session_id,
            person_id=None,
            channel=Channel.PHONE.value,
            device="",
            consent_id=None,
            wished=Route.FLASH,
            accommodations=able,
            slow=slow,
            opened_at=now,
        )
        with self._store.unit() as unit:
            # counted by itself: a pilot uses up nobody's tries
            unit.sessions.open(NewSession(session, None, f"pilot {session_id}", ticket, pilot=tag))
            details = {"session": session_id, "label": tag.label}
            unit.audit.append(AuditEvent(f"staff:{member.id}", "pilot.opened", "", details), now)
        return Opened(session_id, ticket, session.expires_at(self._policy))
