"""What this stage asks of an engine while the person is still before the camera."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from auth_service.capture.challenge import Planned
from auth_service.capture.steps import CapturedStep


class FramingHint(StrEnum):
    """What the person can do better: the words of faces/quality.py, so that a client has one list, and two more."""

    NO_FACE = "no_face"
    COVERED = "covered"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "face_too_small"
    TOO_CLOSE = "face_too_close"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class StepLook:
    """What a quick look at one step says to the person; nothing that a layer of liveness found.

    hints     the most helpful first; empty when the frames can be used
    movement  whether anything moved between its frames; a person, a photo and a film move alike
    """

    hints: tuple[FramingHint, ...]
    movement: bool


class CodeSender(Protocol):
    """Hands a one-time code to whatever reaches the agency's people. Shared by threads."""

    def send(self, phone: str | None, code: str, now: datetime) -> None:
        """phone: None: there is nobody to reach; as much is done. raises Unavailable"""
        ...


class FrameLook(Protocol):
    """Looks at the frames of one step, in a few milliseconds each. Shared by threads."""

    def look(self, step: CapturedStep, planned: Planned) -> StepLook:
        """raises ImageRefused (a frame cannot be decoded), CapacityExceeded, EngineFault"""
        ...
