"""A film and what was asked while it was made: the challenge, and when in the film each step lies.

A pilot keeps it beside the film as `challenge.json`, in the words of the answer that started the session, with
`from_ms` and `to_ms` of each step in the film's own time; of the colours, from the instant the first one showed:

    {"route": "flash", "flash": ["white", "blue", ...],
     "steps": [{"kind": "neutral", "from_ms": 400, "to_ms": 1500},
               {"kind": "motion", "motion": "turn_left", "hold_ms": 600, "from_ms": 2300, "to_ms": 4800}, ...,
               {"kind": "flash", "from_ms": 9100, "to_ms": 12300}]}

`"as_sent": true` says that the frames are just those which the page sent: none of them is left out again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from auth_service.capture.challenge import (
    FLASH_MS,
    FLASHES,
    Ask,
    Below,
    Challenge,
    Colour,
    Motion,
    Planned,
    Route,
    StepKind,
    draw,
)
from auth_service.capture.steps import CapturedFrame, CapturedStep, StepPolicy, check_step
from auth_service.core.errors import FieldInvalid, StepRefused

RATE = 6
"""Frames a second that the page takes. source: web/capture_page/selection.js"""
NEUTRAL_FRAMES, MOTION_FRAMES = 6, 18
"""Most of one step that the page sends. source: as RATE"""

MOST_MOTIONS = 8
"""Twice as many as any session asks for: what is longer is no session of ours."""
_LONG_MS = {StepKind.NEUTRAL: 1000, StepKind.MOTION: 3000, StepKind.FLASH: FLASHES * FLASH_MS}
"""How long the page films: NEUTRAL_FRAMES, MOTION_FRAMES, the colours."""

Window = tuple[int, int]
"""From and to, in ms of the film."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """windows  one of each step of the challenge, in their order
    as_sent  the frames are those of a session, not of a film
    """

    challenge: Challenge
    windows: tuple[Window, ...]
    as_sent: bool = False

    @property
    def quotas(self) -> tuple[int, ...]:
        """Most frames of each step, as the page shares them out; what it sent is not shared out again."""
        if self.as_sent:
            return tuple(StepPolicy().most_frames for _ in self.windows)
        flash = FLASHES * FLASH_MS * RATE // 1000 + 1 if self.challenge.flash else 0
        left = (StepPolicy().most_frames - NEUTRAL_FRAMES - flash) // max(len(self.challenge.asks), 1)
        most = {StepKind.NEUTRAL: NEUTRAL_FRAMES, StepKind.FLASH: flash, StepKind.MOTION: min(left, MOTION_FRAMES)}
        return tuple(most[step.kind] for step in self.challenge.steps)


def read_recorded(data: bytes) -> Recorded:
    """raises FieldInvalid: no JSON, another form, or steps that no session has"""
    try:
        given = json.loads(data)
        steps = given["steps"]
        asks = tuple(_ask(step) for step in steps if step["kind"] == StepKind.MOTION)
        challenge = Challenge(Route(given["route"]), asks, tuple(Colour(one) for one in given.get("flash") or ()))
        kinds = [StepKind(step["kind"]) for step in steps]
        windows = tuple((int(step["from_ms"]), int(step["to_ms"])) for step in steps)
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise FieldInvalid(f"challenge.json: {type(wrong).__name__} {wrong}", field="challenge") from wrong
    if kinds != [planned.kind for planned in challenge.steps] or not 0 < len(asks) <= MOST_MOTIONS:
        raise FieldInvalid("challenge.json: the steps are not those of its route and colours", field="challenge")
    ends = [at for window in windows for at in window]
    if ends[0] < 0 or any(later < earlier for earlier, later in pairwise(ends)):
        raise FieldInvalid("challenge.json: the steps' times do not follow each other", field="challenge")
    return Recorded(challenge, windows, as_sent=given.get("as_sent") is True)


def written(challenge: Challenge, steps: Sequence[CapturedStep]) -> bytes:
    """challenge.json of a session as it was sent: each step reaches from its first frame to its last."""
    told: list[dict[str, Any]] = []
    for planned, step in zip(challenge.steps, steps, strict=True):
        asked = {} if planned.ask is None else {"motion": planned.ask.motion.value, "hold_ms": planned.ask.hold_ms}
        window = {"from_ms": step.frames[0].at_ms, "to_ms": step.frames[-1].at_ms + 1}
        told.append({"kind": planned.kind.value, **asked, **window})
    document = {"route": challenge.route.value, "flash": [one.value for one in challenge.flash], "steps": told}
    return json.dumps({**document, "as_sent": True}, indent=1).encode()


def unprompted(length_ms: int, below: Below) -> Recorded:
    """What a film meets that was made before anything was asked: a challenge of the flash route, and from the film's
    beginning as much for each step as the page films of it, or as there is.
    """
    challenge = draw(Route.FLASH, (), below)
    shares = [_LONG_MS[step.kind] for step in challenge.steps]
    ends = [min(length_ms, sum(shares)) * part // sum(shares) for part in accumulate(shares, initial=0)]
    return Recorded(challenge, tuple(pairwise(ends)))


def in_steps(frames: Sequence[CapturedFrame], recorded: Recorded) -> tuple[CapturedStep, ...]:
    """The frames of each step, thinned as the page thins them. raises StepRefused, as for a session"""
    steps: list[CapturedStep] = []
    parts = zip(recorded.challenge.steps, recorded.windows, recorded.quotas, strict=True)
    for planned, (first, last), most in parts:
        step = CapturedStep(planned.n, _thinned([one for one in frames if first <= one.at_ms < last], most))
        _check(step, steps, planned)
        steps.append(step)
    return tuple(steps)


def _check(step: CapturedStep, before: Sequence[CapturedStep], planned: Planned) -> None:
    try:
        check_step(step.prints, before, StepPolicy())
    except StepRefused as refused:
        raise StepRefused(f"step {planned.n} ({planned.kind}): {refused.detail}", field="frames") from refused


def _thinned(frames: Sequence[CapturedFrame], most: int) -> tuple[CapturedFrame, ...]:
    """Evenly, with the first and the last. source: thin() of selection.js"""
    if len(frames) <= most:
        return tuple(frames)
    return tuple(frames[round(place * (len(frames) - 1) / (most - 1))] for place in range(most))


def _ask(step: dict[str, Any]) -> Ask:
    return Ask(Motion(step["motion"]), int(step.get("hold_ms", 0)))
