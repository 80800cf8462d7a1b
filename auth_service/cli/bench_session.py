"""What measuring one capture session costs the processor: each frame, and once per session. Decoding is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.cli.bench_sides import Item
from auth_service.engines.capture_reader import EngineCaptureReader
from auth_service.engines.catalogue import ReaderSpec, build_capture_parts, build_reader
from auth_service.engines.decoding import IntakePolicy, decode
from auth_service.engines.reader import EngineFaceReader
from auth_service.engines.staging import as_frame

FRAME_SIZE, FRAME_QUALITY = (320, 240), 80
"""As the page sends frames: 320 pixels on the longest side."""
FRAMES_A_STEP = 6
_APART_MS = 167
_STEP_PIXELS = 3
"""By which the picture moves from one frame to the next, so that there is something to follow."""
CHALLENGE = Challenge(Route.FLASH, (Ask(Motion.TURN_LEFT, 600), Ask(Motion.NOD, 600)), (Colour.WHITE, Colour.DARK) * 4)
"""The flash route, which is the default: neutral, two motions, colours."""


@dataclass(slots=True)
class SessionCosts:
    """CPU milliseconds, one per session; `layout` of the points says which finder was there."""

    layout: str
    frame: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {
            "points": self.layout,
            "sessions": len(self.frame),
            "frames_a_session": FRAMES_A_STEP * len(CHALLENGE.steps),
            "frame_size": list(FRAME_SIZE),
            "frame_ms": [round(one, 2) for one in self.frame],
            "rest_ms": [round(one, 2) for one in self.rest],
        }

    @property
    def a_frame(self) -> float:
        return median(self.frame)

    @property
    def the_rest(self) -> float:
        return median(self.rest)


def session_costs(spec: ReaderSpec, items: Sequence[Item], sessions: int, done: Callable[[int], None]) -> SessionCosts:
    """One session per item, in turn; the first warms up and does not count."""
    reader, parts = build_reader(spec), build_capture_parts(spec)
    captures = EngineCaptureReader(reader, parts)
    costs = SessionCosts(parts.layout)
    try:
        for number in range(sessions + 1):
            steps = staged_session(Path(items[number % len(items)]["probe"]).read_bytes())
            frame, rest = _measured(reader, captures, steps)
            if number:
                costs.frame.append(frame)
                costs.rest.append(rest)
                done(1)
    finally:
        reader.close()
    return costs


def staged_session(photo: bytes) -> list[CapturedStep]:
    """Frames cut from one capture, each a little beside the one before."""
    pixels = decode(photo, IntakePolicy()).pixels
    count = FRAMES_A_STEP * len(CHALLENGE.steps)
    room = _STEP_PIXELS * FRAMES_A_STEP
    height, width = pixels.shape[0] - room, pixels.shape[1] - room
    frames = []
    for number in range(count):
        at = _STEP_PIXELS * (number % FRAMES_A_STEP)
        window = pixels[at : at + height, at : at + width]
        frames.append(CapturedFrame(as_frame(window, FRAME_SIZE, FRAME_QUALITY), number * _APART_MS))
    return [
        CapturedStep(n, tuple(frames[n * FRAMES_A_STEP : (n + 1) * FRAMES_A_STEP])) for n in range(len(CHALLENGE.steps))
    ]


def _measured(
    reader: EngineFaceReader, captures: EngineCaptureReader, steps: Sequence[CapturedStep]
) -> tuple[float, float]:
    """CPU milliseconds of each frame, the decoder's process among them, and of the rest."""
    count = sum(len(step.frames) for step in steps)
    decoder, started = _decoder_seconds(reader), time.thread_time()
    seen = captures.look(steps)
    looked, decoded = time.thread_time(), _decoder_seconds(reader)
    captures.conclude(seen, CHALLENGE)
    ended = time.thread_time()
    return (looked - started + decoded - decoder) * 1e3 / count, (ended - looked) * 1e3


def _decoder_seconds(reader: EngineFaceReader) -> float:
    """CPU seconds of the decoder's process. 0.0 where the system does not tell. source: Linux, /proc/PID/schedstat"""
    try:
        return int(Path(f"/proc/{reader.decoder_pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except OSError:
        return 0.0
