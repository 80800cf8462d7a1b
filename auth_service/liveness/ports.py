"""What this stage asks of an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from auth_service.capture.challenge import Challenge
from auth_service.capture.steps import CapturedStep
from auth_service.liveness.measures import SessionMeasures


class CaptureReader(Protocol):
    """Measures the frames of a session. Shared by threads."""

    @property
    def shows_turns(self) -> bool:
        """Whether its points tell a turned head from a bent print: YuNet's do, dlib's do not (measured.md)."""
        ...

    def measure(self, steps: Sequence[CapturedStep], challenge: Challenge) -> SessionMeasures:
        """raises ImageRefused (a frame cannot be decoded), CapacityExceeded, EngineFault"""
        ...
