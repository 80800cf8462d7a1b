"""What is kept of a session so that its film is recognised when it is shown again.

Per frame: when, the beginning of the pixels' digest, and the low frequencies of the face. A face can be drawn from
these numbers, coarsely: they are biometric data, kept encrypted, and erased with the person's templates.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import ScoreInvalid
from auth_service.liveness.measures import WAVES, FrameMeasures, SessionMeasures, StepMeasures

VERSION = 1
"""Of the bytes and of what the numbers mean: another window or other frequencies are another version. Frames' digests
are the same in all versions, so that `cells` find a frame of any release."""
_MARK = b"RP"
_HEAD = struct.Struct(">2sBB")
_STEP = struct.Struct(">BB")
_FRAME = struct.Struct(f">I8s{WAVES}s")
DIGEST = 8
_NO_FACE = bytes(DIGEST)
_SCALE = 127.0
MOST_CELLS = 8


@dataclass(frozen=True, slots=True)
class PrintedStep:
    """The frames of step `n` that have a window.

    times    int64 (N,), milliseconds from the session's beginning
    digests  the first 8 bytes of each frame's pixel digest; zeros where no face was seen, for a covered lens gives the
             same pixels to everybody
    waves    int8 (N, 63), a 127th each (measures.py)
    """

    n: int
    times: NDArray[np.int64]
    digests: tuple[bytes, ...]
    waves: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class ReplayPrint:
    """A whole session: at most 60 frames of 75 bytes."""

    steps: tuple[PrintedStep, ...]

    @property
    def digests(self) -> frozenset[bytes]:
        """Of all frames that show a face."""
        return frozenset(digest for step in self.steps for digest in step.digests) - {_NO_FACE}

    @property
    def cells(self) -> tuple[bytes, ...]:
        """What an index finds the same frames by, whoever they were shown for: the MOST_CELLS smallest digests.

        Two films that share half their frames share some of these as good as always, so that not every frame needs a
        row. source  bottom-k sketches: Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007
        """
        return tuple(sorted(self.digests)[:MOST_CELLS])

    def to_bytes(self) -> bytes:
        parts = [_HEAD.pack(_MARK, VERSION, len(self.steps))]
        for step in self.steps:
            parts.append(_STEP.pack(step.n, len(step.times)))
            rows = zip(step.times, step.digests, step.waves, strict=True)
            parts.extend(_FRAME.pack(int(at), digest, wave.tobytes()) for at, digest, wave in rows)
        return b"".join(parts)

    @staticmethod
    def from_bytes(data: bytes) -> ReplayPrint | None:
        """None: of another version, which cannot be compared. raises ScoreInvalid: broken"""
        try:
            mark, version, count = _HEAD.unpack_from(data)
            if mark != _MARK:
                raise ScoreInvalid("no replay print")
            if version != VERSION:
                return None
            steps, place = [], _HEAD.size
            for _ in range(count):
                n, frames = _STEP.unpack_from(data, place)
                rows = [_FRAME.unpack_from(data, place + _STEP.size + i * _FRAME.size) for i in range(frames)]
                place += _STEP.size + frames * _FRAME.size
                steps.append(_step(n, [(at, digest, np.frombuffer(wave, np.int8)) for at, digest, wave in rows]))
        except struct.error as broken:
            raise ScoreInvalid("a replay print that ends early") from broken
        if place != len(data):
            raise ScoreInvalid("a replay print with a tail")
        return ReplayPrint(tuple(steps))


NO_FILM = ReplayPrint(())
"""Of a session of which nothing can be kept."""


@dataclass(frozen=True, slots=True)
class KnownPrint:
    """An earlier session's of the same person. `session_id` is for the reviewer, it plays no part in the finding."""

    session_id: str
    print: ReplayPrint


@dataclass(frozen=True, slots=True)
class StoredPrint:
    """As storage holds it. print: None where another release made it in a way that this one cannot compare"""

    session_id: str
    print: ReplayPrint | None


@dataclass(frozen=True, slots=True)
class SharedFilm:
    """An earlier session of anybody that shows the same pixels in so many frames, of the MOST_CELLS that are kept."""

    session_id: str
    frames: int


class KnownPrints(Protocol):
    """What storage offers. Both answer from an index; neither reads more than `most` rows."""

    def of_person(self, person_id: str, most: int) -> Sequence[StoredPrint]:
        """The person's own, passes first and then the newest."""
        ...

    def sharing(self, digests: Iterable[bytes], most: int) -> Sequence[SharedFilm]:
        """Anybody's, one of whose cells is among these; storage keeps keyed hashes of cells, never the cells."""
        ...


def print_of(measures: SessionMeasures) -> ReplayPrint:
    """raises ScoreInvalid: numbers that are not finite"""
    return ReplayPrint(tuple(_step(step.n, list(_rows(step))) for step in measures.steps))


def _rows(step: StepMeasures) -> Iterator[tuple[int, bytes, NDArray[np.int8]]]:
    for frame in step.frames:
        if frame.waves is not None:
            yield max(0, frame.at_ms), _digest(frame), _rounded(frame.waves)


def _digest(frame: FrameMeasures) -> bytes:
    return frame.pixel_digest[:DIGEST] if frame.faces else _NO_FACE


def _rounded(waves: NDArray[np.float32]) -> NDArray[np.int8]:
    if waves.shape != (WAVES,) or not np.all(np.isfinite(waves)):
        raise ScoreInvalid("waves that are not finite")
    return np.asarray(np.clip(np.rint(waves * _SCALE), -_SCALE, _SCALE), np.int8)


def _step(n: int, rows: Sequence[tuple[int, bytes, NDArray[np.int8]]]) -> PrintedStep:
    waves = np.stack([wave for _, _, wave in rows]) if rows else np.zeros((0, WAVES), np.int8)
    return PrintedStep(n, np.array([at for at, _, _ in rows], np.int64), tuple(one for _, one, _ in rows), waves)
