"""What came back for one step of a challenge: frames with the times at which the phone says it took them.

First come their prints, which fit into one packet and seal the step within a short time on the poorest line; the
pictures follow at the line's own pace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from auth_service.core.errors import StepRefused


@dataclass(frozen=True, slots=True)
class StepPolicy:
    """What one session may send.

    most_frames        of all steps together
    most_bytes         of all steps together
    most_frame_bytes   one JPEG of 480 pixels is 15 to 60 KB
    fewest_frames      of one step: a movement needs a beginning, a middle and an end
    longest_ms         from a step's first frame to its last
    looks_a_step       quick looks at what came for one step: each decodes frames and finds faces

    source  trust.md 1.5 L3 (24 to 60 frames); measured.md (5 to 6 frames a second show a turn)
    """

    most_frames: int = 60
    most_bytes: int = 25_000_000
    most_frame_bytes: int = 600_000
    fewest_frames: int = 3
    longest_ms: int = 20_000
    looks_a_step: int = 5


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """One picture.

    data   the JPEG as it was sent
    at_ms  the phone's own clock, from the start of the session; a claim, never trusted alone
    """

    data: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class FramePrint:
    """What binds one frame before its picture is sent. sha256: of the JPEG, 32 bytes; size: of it, in bytes"""

    at_ms: int
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class StepPrint:
    """What binds the frames of step `n`, in the order in which they were taken. It fits into one packet."""

    n: int
    frames: tuple[FramePrint, ...]

    @property
    def count(self) -> int:
        """How many frames."""
        return len(self.frames)

    @property
    def size(self) -> int:
        """Bytes of all frames."""
        return sum(frame.size for frame in self.frames)

    @property
    def digest(self) -> bytes:
        """sha256 over number, times, sizes and pictures: the same step sent again has the same."""
        total = hashlib.sha256(self.n.to_bytes(2, "big"))
        for frame in self.frames:
            total.update(frame.at_ms.to_bytes(8, "big", signed=True))
            total.update(frame.size.to_bytes(8, "big"))
            total.update(frame.sha256)
        return total.digest()


class Counted(Protocol):
    """What is asked of a sealed step: how much it holds."""

    @property
    def count(self) -> int: ...

    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class CapturedStep:
    """The frames of step `n`, in the order in which they were taken."""

    n: int
    frames: tuple[CapturedFrame, ...]

    @property
    def count(self) -> int:
        """How many frames."""
        return len(self.frames)

    @property
    def size(self) -> int:
        """Bytes of all frames."""
        return sum(len(frame.data) for frame in self.frames)

    @property
    def prints(self) -> StepPrint:
        """What the page sends of it first."""
        frames = (FramePrint(one.at_ms, len(one.data), hashlib.sha256(one.data).digest()) for one in self.frames)
        return StepPrint(self.n, tuple(frames))

    @property
    def digest(self) -> bytes:
        """As of its prints."""
        return self.prints.digest


def check_step(step: StepPrint, before: Sequence[Counted], policy: StepPolicy) -> None:
    """Whether a step may stand beside those that were sealed. raises StepRefused, saying what is wrong"""
    times, sizes = [frame.at_ms for frame in step.frames], [frame.size for frame in step.frames]
    if len(times) < policy.fewest_frames:
        raise StepRefused("too few frames")
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise StepRefused("frames out of order")
    if times[0] < 0 or times[-1] - times[0] > policy.longest_ms:
        raise StepRefused("frames out of time")
    if any(not 0 < size <= policy.most_frame_bytes for size in sizes):
        raise StepRefused("a frame is empty or too large")
    if sum(one.count for one in before) + step.count > policy.most_frames:
        raise StepRefused("too many frames")
    if sum(one.size for one in before) + step.size > policy.most_bytes:
        raise StepRefused("too many bytes")
