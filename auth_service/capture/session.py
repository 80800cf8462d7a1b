"""One capture session: who it is for, how long it may take, and where it stands. Rules only; storage keeps it.

opened --start--> started --complete--> claimed --(decided in the same flow)--> decided
   any of them --DELETE or time--> over
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from auth_service.capture.challenge import Accommodation, Challenge, Route
from auth_service.capture.one_time_code import CodeGiven, CodeMove
from auth_service.capture.pace import Asked, Move, Pace, Sealed, pace_of
from auth_service.core.errors import (
    SessionExpired,
    SessionNotStarted,
    SessionSpent,
    StepConflict,
    StepRefused,
    StepsMissing,
)


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """open_seconds    from the page's first words to the camera; consent is read meanwhile
    capture_seconds   from the moment the camera runs
    slow_seconds      the same for whoever asked for more time
    attempts_per_day  challenges drawn, again or anew, of one person on one channel and device: whoever could have them
                      drawn at will would wait for one that a film fits
    redraws           how often motions are drawn anew within one session, which keeps those before: whoever could have
                      it done at will would match a film motion by motion (docs/decisions/0029 counts it)

    source  trust.md 1.5 L0 and 2.5 (10 min token, TTL 120 s, 240 s in slow mode; 8 a day)
    """

    open_seconds: int = 600
    capture_seconds: int = 120
    slow_seconds: int = 240
    attempts_per_day: int = 8
    redraws: int = 2

    @property
    def is_unlimited(self) -> bool:
        """Whether somebody could draw challenges, or edit an answer to one, for as long as they like."""
        return self.attempts_per_day < 1 or self.redraws > 7 or max(self.capture_seconds, self.slow_seconds) > 600


class SessionState(StrEnum):
    """Where a session stands at an instant."""

    OPENED = "opened"
    STARTED = "started"
    CLAIMED = "claimed"
    """Handed in; the decision is being made."""
    DECIDED = "decided"
    EXPIRED = "expired"
    ENDED = "ended"
    """By the person, or because somebody withdrew consent."""


@dataclass(frozen=True, slots=True)
class CaptureSession:
    """One attempt.

    id             names the session; no secret
    person_id      None for a number that is not in the ledger: the session goes on all the same and tells nothing
    channel        value of qualification.evidence.Channel; the stage before it knows the word only
    device         keyed hash of the device key, or empty
    consent_id     the consent that was given before the camera; None while it is missing
    wished         the route that was asked for; the challenge says which one it became
    nonce          16 random bytes, drawn with the challenge; None until the camera runs
    drawn          the challenge as it was drawn at the start; `challenge` is what is asked now
    moves          what was told and sealed since
    """

    id: str
    person_id: str | None
    channel: str
    device: str
    consent_id: str | None
    wished: Route
    accommodations: frozenset[Accommodation]
    slow: bool
    opened_at: datetime
    started_at: datetime | None = None
    nonce: bytes | None = None
    drawn: Challenge | None = None
    claimed_at: datetime | None = None
    decided_at: datetime | None = None
    ended_at: datetime | None = None
    moves: tuple[Move | CodeMove, ...] = ()

    @property
    def possession(self) -> bool:
        """Whether the one-time code to the telephone on file came back in this session."""
        return any(isinstance(move, CodeGiven) for move in self.moves)

    @property
    def redraws(self) -> int:
        """How often its motions were drawn anew."""
        if self.drawn is None:
            return 0
        drawn = [move.n for move in self.moves if isinstance(move, Asked) and move.redrawn is not None]
        return sum(n <= len(self.drawn.asks) for n in drawn)

    @property
    def pace(self) -> Pace | None:
        """Where the steps stand; None until the camera runs."""
        return None if self.drawn is None else pace_of(self.drawn, self.moves)

    @property
    def challenge(self) -> Challenge | None:
        """All that is asked, as it stands now; the client knows `pace.known` of it."""
        pace = self.pace
        return None if pace is None else pace.challenge

    def expires_at(self, policy: SessionPolicy) -> datetime:
        """When it is over unless it is handed in before."""
        if self.started_at is None:
            return self.opened_at + timedelta(seconds=policy.open_seconds)
        return self.started_at + timedelta(seconds=policy.slow_seconds if self.slow else policy.capture_seconds)

    def state(self, now: datetime, policy: SessionPolicy) -> SessionState:
        if self.ended_at is not None:
            return SessionState.ENDED
        if self.decided_at is not None:
            return SessionState.DECIDED
        if self.claimed_at is not None:
            return SessionState.CLAIMED
        if now >= self.expires_at(policy):
            return SessionState.EXPIRED
        return SessionState.STARTED if self.started_at is not None else SessionState.OPENED


def check_may_start(session: CaptureSession, now: datetime, policy: SessionPolicy) -> None:
    """Starting again gives the same challenge, so that a reload loses nothing. raises SessionExpired, SessionSpent"""
    _check_open(session, now, policy)


def check_may_step(
    session: CaptureSession, n: int, accepted: Sequence[int], now: datetime, policy: SessionPolicy
) -> Sealed:
    """What step `n` has to be, if its pictures may come now.

    raises  SessionExpired, SessionSpent, SessionNotStarted, StepRefused, StepConflict
    """
    pace = pace_while_open(session, now, policy)
    if not 0 <= n < len(pace.challenge.steps):
        raise StepRefused("there is no such step", field="n")
    if n in accepted:
        raise StepConflict
    if n != len(accepted):
        raise StepRefused("an earlier step is missing", field="n")
    if n >= len(pace.sealed):
        raise StepRefused("its prints come first", field="n")
    return pace.sealed[n]


def check_may_complete(session: CaptureSession, accepted: Sequence[int], now: datetime, policy: SessionPolicy) -> None:
    """Whether it can be handed in. raises SessionExpired, SessionSpent, SessionNotStarted, StepsMissing"""
    pace = pace_while_open(session, now, policy)
    if pace.open_step is not None or sorted(accepted) != [step.n for step in pace.challenge.steps]:
        raise StepsMissing


def pace_while_open(session: CaptureSession, now: datetime, policy: SessionPolicy) -> Pace:
    """Where its steps stand. raises SessionExpired, SessionSpent, SessionNotStarted"""
    _check_open(session, now, policy)
    pace = session.pace
    if pace is None:
        raise SessionNotStarted
    return pace


def _check_open(session: CaptureSession, now: datetime, policy: SessionPolicy) -> None:
    state = session.state(now, policy)
    if state in {SessionState.EXPIRED, SessionState.ENDED}:
        raise SessionExpired
    if state in {SessionState.CLAIMED, SessionState.DECIDED}:
        raise SessionSpent
