"""What the flows of a capture session share: how a client shows that a session is its own, and what it is told."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from auth_service.capture.challenge import Challenge
from auth_service.capture.session import CaptureSession, SessionState
from auth_service.core.errors import SessionUnknown
from auth_service.qualification.capture_outcome import CaptureOutcome
from auth_service.qualification.certificate import Certificate
from auth_service.storage.unit import StoredSession, Unit


@dataclass(frozen=True, slots=True)
class SessionKey:
    """How a client names its session.

    token  given once for the ticket; a phone keeps it in a cookie
    nonce  given with the challenge; asked of every step and of the end, so that what was captured for one session
           cannot be handed in for another
    """

    session_id: str
    token: str
    nonce: bytes = b""


@dataclass(frozen=True, slots=True)
class Begun:
    """What the client needs to run the camera. accepted: steps that are kept already, after a reload"""

    nonce: bytes
    challenge: Challenge
    expires_at: datetime
    accepted: tuple[int, ...] = ()


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
    return stored


def require_nonce(session: CaptureSession, key: SessionKey) -> None:
    """Once it is started. raises SessionUnknown"""
    if session.nonce is not None and not hmac.compare_digest(session.nonce, key.nonce):
        raise SessionUnknown


def actor_of(session: CaptureSession) -> str:
    """Whoever holds the session, as the audit trail names them: a channel, nobody by name."""
    return f"capture:{session.channel}"
