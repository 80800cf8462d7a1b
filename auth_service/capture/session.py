"""One capture session: who it is for, how long it may take, and where it stands. Rules only; storage keeps it.

opened --start--> started --complete--> claimed --(decided in the same flow)--> decided
   any of them --DELETE or time--> over
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    redraw_seconds    what a motion that is drawn anew gives back of the time that it took, at most
    slow_redraw_seconds  the same for whoever asked for more time
    attempts_per_day  challenges drawn, again or anew, of one person on one channel and device: whoever could have them
                      drawn at will would wait for one that a film fits
    redraws           how often motions are drawn anew within one session, which keeps those before: whoever could have
                      it done at will would match a film motion by motion (docs/decisions/0029 counts it)

    source  trust.md 1.5 L0 and 2.5 (10 min token, TTL 120 s, 240 s in slow mode; 8 a day); a redraw gives back what
            PacePolicy allows a motion, so that one late answer costs no more than itself
    """

    open_seconds: int = 600
    capture_seconds: int = 120
    slow_seconds: int = 240
    redraw_seconds: int = 32
    slow_redraw_seconds: int = 64
    attempts_per_day: int = 8
    redraws: int = 2

    @property
    def is_unlimited(self) -> bool:
        """Whether somebody could draw challenges, or edit an answer to one, for as long as they like."""
        if self.attempts_per_day < 1 or self.redraws > 7 or max(self.redraw_seconds, self.slow_redraw_seconds) > 120:
            return True
        return max(self.capture_seconds, self.slow_seconds) > 600


PHOTO_HOURS = 2
"""After the opening a photo may be left in a session for so long. source: own decision: a session without a decision is
removed then (core/retention_rules.py), and one with a decision is no more"""


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
        return sum(1 for _ in self._redrawn())

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
        """When it is over unless it is handed in before. Motions that were drawn anew give back the time they took."""
        if self.started_at is None:
            return self.opened_at + timedelta(seconds=policy.open_seconds)
        planned, most = policy.capture_seconds, policy.redraw_seconds
        if self.slow:
            planned, most = policy.slow_seconds, policy.slow_redraw_seconds
        given_back = sum((min(took, timedelta(seconds=most)) for took in self._redrawn()), timedelta(0))
        return self.started_at + timedelta(seconds=planned) + given_back

    def _redrawn(self) -> Iterator[timedelta]:
        """Of each time that motions were drawn anew: how long ago the first of them had been asked for."""
        motions = 0 if self.drawn is None else len(self.drawn.asks)
        asked_at = dict[int, datetime]()
        for move in self.moves:
            if isinstance(move, Asked):
                if move.redrawn is not None and move.n <= motions:
                    yield move.at - asked_at.get(move.n, move.at)
                asked_at[move.n] = move.at

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


def check_may_leave_photo(session: CaptureSession, now: datetime) -> None:
    """Before the camera, instead of it or after the outcome, until the person ends it. raises SessionExpired"""
    if session.ended_at is not None or now >= session.opened_at + timedelta(hours=PHOTO_HOURS):
        raise SessionExpired


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
