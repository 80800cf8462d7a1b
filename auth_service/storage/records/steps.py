"""The frames of accepted steps, sealed whole, final."""

from __future__ import annotations

import hmac
import json
import struct
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from auth_service.capture.ports import FramingHint, StepLook
from auth_service.capture.session import CaptureSession
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.errors import SealBroken
from auth_service.storage.sealing import Place
from auth_service.storage.tables import CaptureStepRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work, to_json

_STEPS = table_of(CaptureStepRow)
_FRAME = struct.Struct("<qI")
"""at_ms, bytes of the picture; then the picture."""
_KEPT = ("n", "digest", "frame_count", "byte_count", "look")


@dataclass(frozen=True, slots=True)
class KeptStep:
    """An accepted step without its pictures, and the answer that was given for it."""

    n: int
    count: int
    size: int
    look: StepLook
    digest: bytes


class Steps:
    """Accepted steps within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, session: CaptureSession, step: CapturedStep, look: StepLook, now: datetime) -> bool:
        """False: step `n` of this session is there already, whatever it holds. raises KeyDestroyed"""
        sealed = self._work.keys.of(session.person_id).seal(_place(session.id, step.n), _packed(step))
        values = {
            "session_id": session.id,
            "n": step.n,
            "digest": self._digest(step),
            "frame_count": step.count,
            "byte_count": step.size,
            "look": to_json({"hints": list(look.hints), "movement": look.movement}),
            "frames_sealed": sealed,
            "accepted_at": now,
        }
        statement = insert_or_ignore(self._work.connection, CaptureStepRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def kept(self, session_id: str) -> list[KeptStep]:
        """In their order; opens no picture."""
        wanted = select(*(_STEPS.c[name] for name in _KEPT)).where(_STEPS.c.session_id == session_id)
        return [
            KeptStep(row.n, row.frame_count, row.byte_count, _look(row.look), row.digest)
            for row in self._work.connection.execute(wanted.order_by(_STEPS.c.n))
        ]

    def is_same(self, kept: KeptStep, step: CapturedStep) -> bool:
        """Whether just these pictures, with these times, were accepted."""
        return hmac.compare_digest(kept.digest, self._digest(step))

    def of(self, session: CaptureSession) -> list[CapturedStep]:
        """With their pictures, in their order. raises KeyMissing (erased meanwhile), SealBroken"""
        wanted = select(_STEPS.c.n, _STEPS.c.frames_sealed).where(_STEPS.c.session_id == session.id)
        key = self._work.keys.of(session.person_id)
        rows = self._work.connection.execute(wanted.order_by(_STEPS.c.n)).all()
        return [CapturedStep(row.n, _frames(key.open(_place(session.id, row.n), row.frames_sealed))) for row in rows]

    def one(self, session: CaptureSession, n: int) -> CapturedStep | None:
        """A single step with its pictures; None: it is not kept. raises KeyMissing, SealBroken"""
        wanted = select(_STEPS.c.frames_sealed).where(_STEPS.c.session_id == session.id, _STEPS.c.n == n)
        sealed = self._work.connection.execute(wanted).scalar_one_or_none()
        if sealed is None:
            return None
        return CapturedStep(n, _frames(self._work.keys.of(session.person_id).open(_place(session.id, n), sealed)))

    def remove(self, session_id: str) -> int:
        """Frames that nobody needs any more; returns how many steps."""
        return self._work.connection.execute(delete(_STEPS).where(_STEPS.c.session_id == session_id)).rowcount

    def _digest(self, step: CapturedStep) -> bytes:
        """Keyed: whoever holds a picture cannot ask the database whether it was sent."""
        return self._work.indexes.of("capture_step", step.digest)


def _place(session_id: str, n: int) -> Place:
    return Place("capture_steps", f"{session_id}.{n}", "frames")


def _packed(step: CapturedStep) -> bytes:
    parts = [part for frame in step.frames for part in (_FRAME.pack(frame.at_ms, len(frame.data)), frame.data)]
    return b"".join(parts)


def _frames(packed: bytes) -> tuple[CapturedFrame, ...]:
    frames, at = [], 0
    while at < len(packed):
        at_ms, length = _FRAME.unpack_from(packed, at)
        at += _FRAME.size
        if at + length > len(packed):
            raise SealBroken("capture_steps.frames")
        frames.append(CapturedFrame(packed[at : at + length], at_ms))
        at += length
    return tuple(frames)


def _look(text: str) -> StepLook:
    told = json.loads(text)
    return StepLook(tuple(FramingHint(hint) for hint in told["hints"]), told["movement"])
