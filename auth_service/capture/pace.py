"""What a session asks for comes step by step, and each step has to be sealed soon after it was asked for.

Whoever sends files instead of a camera's pictures learns what is asked only when it is asked, and has that step's time
for making an answer. The page seals a step by the prints of its frames (steps.py): they fit into one packet, so the
time allows for a slow line's delay and not for its upload. The server's clock alone counts.

A step that was not sealed in time, or whose pictures a page lost in a reload, is asked for again with everything that
follows it drawn anew; that is one draw of the day's more (SessionPolicy.attempts_per_day).

source  docs/decisions/0029-capture-and-liveness.md
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.capture.challenge import Challenge, Planned, StepKind
from auth_service.capture.one_time_code import CodeMove
from auth_service.capture.steps import StepPrint
from auth_service.core.errors import StepLate, StepRefused

_ROUNDING = timedelta(milliseconds=250)
"""Browsers round their clocks by up to 100 ms, and two clocks drift apart by some ms a minute."""


@dataclass(frozen=True, slots=True)
class PacePolicy:
    """neutral_seconds  from the prompt to the last frame: the page waits up to 4 s for a good picture and films 1 s
    motion_seconds   the page's longest: two rounds of 8 s to begin, then hold and way back
    flash_seconds    8 colours of 0.4 s, and what a weak phone needs to write 21 JPEGs; the same in slow mode
    line_seconds     there and back of the prints: 2 s of delay on slow 2G, one lost try, and the page's pauses
    slow_factor      in slow mode, on all but the colours, which are not slower

    source  the page's own times (web/capture_page/guide.js, PACE); docs/decisions/0029-capture-and-liveness.md
    """

    neutral_seconds: float = 12.0
    motion_seconds: float = 24.0
    flash_seconds: float = 7.0
    line_seconds: float = 8.0
    slow_factor: float = 2.0

    @property
    def is_unlimited(self) -> bool:
        """Whether there is time for editing a film by hand between a prompt and its answer."""
        return max(self.budget(kind, slow=True) for kind in StepKind) > timedelta(seconds=120)

    def budget(self, kind: StepKind, *, slow: bool) -> timedelta:
        """From what is asked, or from the colours, to its prints."""
        planned = {
            StepKind.NEUTRAL: self.neutral_seconds,
            StepKind.MOTION: self.motion_seconds,
            StepKind.FLASH: self.flash_seconds,
        }[kind]
        factor = self.slow_factor if slow else 1.0
        if kind is not StepKind.FLASH:
            planned *= factor
        return timedelta(seconds=planned + self.line_seconds * factor)


@dataclass(frozen=True, slots=True)
class Asked:
    """Step `n` was told to the client; for the colours, the colours themselves. What was sealed from `n` on is void.

    redrawn  what the session asks from here on; None: as before. Colours that were drawn anew are told later, by a move
             of their own
    """

    n: int
    at: datetime
    redrawn: Challenge | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """The prints of step `n` came. digest: of them; last_ms: of the last, by the phone's clock"""

    n: int
    at: datetime
    digest: bytes
    count: int
    size: int
    last_ms: int


Move = Asked | Sealed


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a started session stands.

    challenge  as it is asked now
    sealed     by step, in their order
    asked_at   when the open step was told; None where it is the colours and they were not shown yet
    """

    challenge: Challenge
    sealed: tuple[Sealed, ...]
    asked_at: datetime | None

    @property
    def open_step(self) -> Planned | None:
        """The step that may be sealed next; None: all are."""
        steps = self.challenge.steps
        return steps[len(self.sealed)] if len(self.sealed) < len(steps) else None

    @property
    def known(self) -> tuple[Planned, ...]:
        """The steps that the client may be told."""
        return self.challenge.steps[: len(self.sealed) + 1]

    @property
    def colours_shown(self) -> bool:
        """Whether the open step is the colours, and they were told."""
        step = self.open_step
        return step is not None and step.kind is StepKind.FLASH and self.asked_at is not None

    def time_left(self, now: datetime, policy: PacePolicy, *, slow: bool) -> timedelta | None:
        """For the open step; negative: late. None while nothing runs."""
        step = self.open_step
        if step is None or self.asked_at is None:
            return None
        return self.asked_at + policy.budget(step.kind, slow=slow) - now


def pace_of(drawn: Challenge, moves: Sequence[Move | CodeMove]) -> Pace:
    """drawn: when the session began; moves: all since, in their order"""
    challenge, sealed, asked_at = drawn, list[Sealed](), None
    for move in moves:
        if isinstance(move, Sealed):
            sealed.append(move)
            asked_at = None
        elif isinstance(move, Asked):
            challenge = move.redrawn or challenge
            waits = move.redrawn is not None and challenge.steps[move.n].kind is StepKind.FLASH
            asked_at = None if waits else move.at
            del sealed[move.n :]
    return Pace(challenge, tuple(sealed), asked_at)


def is_late(pace: Pace, now: datetime, policy: PacePolicy, *, slow: bool) -> bool:
    """Whether the open step has to be drawn anew."""
    left = pace.time_left(now, policy, slow=slow)
    return left is not None and left < timedelta(0)


def check_may_seal(pace: Pace, step: StepPrint, now: datetime, policy: PacePolicy, *, slow: bool) -> None:
    """Whether these prints may seal the open step now. Whether `step` is of a fit size: steps.check_step.

    raises  StepRefused: another step is open, it was not shown yet, or the phone's times do not fit between what was
            asked and now; StepLate: it is to be asked for again
    """
    if pace.open_step is None or step.n != pace.open_step.n:
        raise StepRefused("another step is asked for", field="n")
    if pace.asked_at is None:
        raise StepRefused("its colours were not shown", field="n")
    if is_late(pace, now, policy, slow=slow):
        raise StepLate
    lasted = timedelta(milliseconds=step.frames[-1].at_ms - step.frames[0].at_ms)
    before = pace.sealed[-1].last_ms if pace.sealed else -1
    if lasted > now - pace.asked_at + _ROUNDING or step.frames[0].at_ms <= before:
        raise StepRefused("frames out of time")


def asked_next(pace: Pace, sealed: Sealed) -> Iterator[Asked]:
    """What a seal brings: the next step, unless it is the colours, which are told when the person is ready."""
    following = pace.challenge.steps[sealed.n + 1 : sealed.n + 2]
    yield from (Asked(one.n, sealed.at) for one in following if one.kind is not StepKind.FLASH)
