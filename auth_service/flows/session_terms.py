"""What the flows of a capture session share: how a client shows that a session is its own, and what it is told."""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.beneficiaries.names import folded_name
from auth_service.capture.challenge import Colour, Planned, Route
from auth_service.capture.pace import PacePolicy
from auth_service.capture.session import CaptureSession, SessionPolicy, SessionState
from auth_service.core.errors import SealBroken, SessionUnknown, StorageFault
from auth_service.qualification.capture_outcome import CaptureOutcome
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import Store, StoredSession, Unit


@dataclass(frozen=True, slots=True)
class SessionKey:
    """How a client names its session.

    token    given once for the ticket; a phone keeps it in a cookie
    nonce    given with the challenge; asked of every step and of the end, so that what was captured for one session
             cannot be handed in for another
    channel  on which it comes: what a kiosk opened, and signs for, goes on nowhere else
    device   the device's own word for itself, where it has proved it; the session has to be of this device then
    """

    session_id: str
    token: str
    nonce: bytes = b""
    channel: Channel = Channel.PHONE
    device: str = ""

    @property
    def device_id(self) -> str | None:
        """Of the registry; None for a client that is in none."""
        return self.device.rpartition(" ")[2] if self.channel is Channel.KIOSK else None


@dataclass(frozen=True, slots=True)
class Begun:
    """What the client may know while the camera runs.

    steps      up to the one that is open; `count` of them will come
    colours    of the open step, once they were asked for; `flashes` of them will come
    accepted   steps whose pictures are kept
    sealed     steps whose prints are kept, from 0
    time_left  until the open step's prints have to be here; None while nothing runs
    """

    nonce: bytes
    route: Route
    steps: tuple[Planned, ...]
    count: int
    colours: tuple[Colour, ...]
    flashes: int
    started_at: datetime
    expires_at: datetime
    time_left: timedelta | None
    accepted: tuple[int, ...] = ()
    sealed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionView:
    """Where a session stands. begun: from the start to the end of the capture; outcome: once it is decided"""

    state: SessionState
    expires_at: datetime
    begun: Begun | None = None
    outcome: CaptureOutcome | None = None
    certificate: Certificate | None = None


def own_session(unit: Unit, key: SessionKey, *, alone: bool = False) -> StoredSession:
    """The session of this key. raises SessionUnknown: whatever does not fit, no more is said"""
    stored = unit.sessions.by_token(key.token, alone=alone)
    if stored is None or not hmac.compare_digest(stored.session.id, key.session_id):
        raise SessionUnknown
    of_device = not key.device or stored.session.device == unit.sessions.hidden_device(key.device)
    if stored.session.channel != key.channel.value or not of_device:
        raise SessionUnknown
    return stored


def begun_of(
    session: CaptureSession, accepted: tuple[int, ...], now: datetime, policies: tuple[SessionPolicy, PacePolicy]
) -> Begun | None:
    """None before the camera runs."""
    pace, (sessions, paces) = session.pace, policies
    if session.nonce is None or pace is None or session.started_at is None:
        return None
    return Begun(
        nonce=session.nonce,
        route=pace.challenge.route,
        steps=pace.known,
        count=len(pace.challenge.steps),
        colours=pace.challenge.flash if pace.colours_shown else (),
        flashes=len(pace.challenge.flash),
        started_at=session.started_at,
        expires_at=session.expires_at(sessions),
        time_left=pace.time_left(now, paces, slow=session.slow),
        accepted=accepted,
        sealed=tuple(one.n for one in pace.sealed),
    )


def require_nonce(session: CaptureSession, key: SessionKey) -> None:
    """Once it is started. raises SessionUnknown"""
    if session.nonce is not None and not hmac.compare_digest(session.nonce, key.nonce):
        raise SessionUnknown


def actor_of(session: CaptureSession) -> str:
    """Whoever holds the session, as the audit trail names them: a channel, nobody by name."""
    return f"capture:{session.channel}"


def named_person(store: Store, number: str, name: str | None) -> str | None:
    """The person with this ID number and, where one is given, this name; None: nobody, or another name.

    Read in the same way for everybody: for a number in no ledger, somebody else's record is opened.
    raises  SealBroken: the record is of another ID number; KeyMissing
    """
    with store.reading() as unit:
        found = unit.people.id_of(number)
        if found is not None:
            return found if _is_of(unit, found, number, name) else None
        with suppress(StorageFault):
            _is_of(unit, unit.people.next_to(number) or "", None, name)
        return None


def _is_of(unit: Unit, person_id: str, number: str | None, name: str | None) -> bool:
    person = unit.people.get(person_id)
    if person is None or (number is not None and person.id_number.number != number):
        raise SealBroken("the index leads to a record with another ID number")
    return name is None or folded_name(person.name) == folded_name(name)
