"""Pictures and films of an evaluation, as a phone's page would have sent them, and what the engine measures in them.

Files are the operator's own: films are opened in this process, pictures behind the fences as everybody's are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from auth_service.capture.challenge import Challenge, Route
from auth_service.capture.recorded import RATE, Window
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.errors import FileUnreadable, NoFaceFound
from auth_service.engines.capture_reader import MOST_FRAME_PIXELS, CaptureParts, EngineCaptureReader
from auth_service.engines.reader import EngineFaceReader
from auth_service.faces.image import Pixels
from auth_service.faces.template import Template
from auth_service.liveness.measures import SessionMeasures

FRAME_SIDE, FRAME_QUALITY = 480, 80
"""As the page writes a frame down. source: FULL in channels/phone/assets/optics.js"""
NOTHING_ASKED = Challenge(Route.NO_FLASH, ())
LONGEST_FILM_MS = 240_000
"""As long as the slowest session; what comes later is not looked at. source: capture.session.SessionPolicy"""


class PresentationReader:
    """For one thread, as the readers it is made of."""

    def __init__(self, reader: EngineFaceReader, parts: CaptureParts) -> None:
        self._reader = reader
        self._parts = parts
        self._captures = EngineCaptureReader(reader, parts)

    @property
    def has_model(self) -> bool:
        """Whether the MiniFASNet pair is installed."""
        return self._parts.model is not None

    def picture(self, data: bytes) -> SessionMeasures:
        """A single picture as a session of one frame. The model is asked of it whatever its quality: in a session it
        sees the best frames, and here there is no better one.

        raises   NoFaceFound, and as EngineCaptureReader.measure
        """
        (step,) = self._captures.look([CapturedStep(0, (CapturedFrame(self._sized(data), 0),))])
        (seen,) = step.frames
        if seen.face is None:
            raise NoFaceFound
        found = self._captures.conclude([step], NOTHING_ASKED)
        if self._parts.model is None:
            return found
        share = self._parts.model.live_share(seen.pixels, seen.face.box)
        (judged,) = found.steps
        return replace(found, steps=(replace(judged, frames=(replace(judged.frames[0], model=share),)),))

    def session(self, steps: Sequence[CapturedStep], challenge: Challenge) -> SessionMeasures:
        """raises   NoFaceFound: in no frame at all; and as EngineCaptureReader.measure"""
        found = self._captures.measure(steps, challenge)
        if not any(frame.faces for frame in found.frames):
            raise NoFaceFound
        return found

    def reference(self, data: bytes) -> Template:
        """Of an enrolled photo, made as enrolment makes it. raises ImageRefused, EngineFault"""
        return self._reader.read(data).template

    def close(self) -> None:
        self._reader.close()

    def _sized(self, data: bytes) -> bytes:
        """The bytes as they are; a picture larger than a frame may be, as the page scales it."""
        with self._reader.opened(data) as image:
            pixels = image.pixels
        return data if pixels.shape[0] * pixels.shape[1] <= MOST_FRAME_PIXELS else _as_sent(pixels[..., ::-1])


def film_length_ms(path: Path) -> int:
    """To the beginning of its last frame. raises FileUnreadable: no film, or one without pictures"""
    with _opened(path) as film:
        *_, last = (-1, *_grabbed(film))
    if last < 0:
        raise FileUnreadable(f"{path.name}: no film that can be opened")
    return last


def film_frames(path: Path, windows: Sequence[Window]) -> list[CapturedFrame]:
    """RATE frames a second of each window, from its very beginning. raises FileUnreadable"""
    due = [
        first + 1000 * number // RATE for first, last in windows for number in range(-(-(last - first) * RATE // 1000))
    ]
    frames: list[CapturedFrame] = []
    with _opened(path) as film:
        for at_ms in _grabbed(film):
            passed = sum(one <= at_ms for one in due)
            if passed:
                del due[:passed]
                read, picture = film.retrieve()
                if read:
                    frames.append(CapturedFrame(_as_sent(np.asarray(picture, np.uint8)), at_ms))
    if not frames:
        raise FileUnreadable(f"{path.name}: no film that can be opened")
    return frames


def frame_of(path: Path) -> bytes:
    """A picture as a frame. raises FileUnreadable: no picture that can be opened"""
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileUnreadable(f"{path.name}: no picture that can be opened")
    return _as_sent(np.asarray(picture, np.uint8))


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    film = cv2.VideoCapture(str(path))
    try:
        yield film
    finally:
        film.release()


def _grabbed(film: cv2.VideoCapture) -> Iterator[int]:
    """The time of each frame in ms, while it can be retrieved; rising, also where a film tells none."""
    rate, before = film.get(cv2.CAP_PROP_FPS) or 30.0, -1
    while film.grab() and before < LONGEST_FILM_MS:
        told = film.get(cv2.CAP_PROP_POS_MSEC) or (before + 1000.0 / rate if before >= 0 else 0.0)
        before = max(round(told), before + 1)
        yield before


def _as_sent(bgr: Pixels) -> bytes:
    scale = FRAME_SIDE / max(bgr.shape[:2])
    if scale < 1.0:
        size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
        bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, FRAME_QUALITY])[1].tobytes()
