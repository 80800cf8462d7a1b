"""What this stage asks of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from auth_service.capture.challenge import Challenge
from auth_service.capture.steps import CapturedStep
from auth_service.faces.sample import PhotoHash
from auth_service.liveness.decision import PadDecision
from auth_service.liveness.layers import Layer, LayerFinding, Mode
from auth_service.liveness.measures import SessionMeasures
from auth_service.liveness.replay_print import KnownPrint, SharedFilm


class CaptureReader(Protocol):
    """Measures the frames of a session. Shared by threads."""

    @property
    def shows_turns(self) -> bool:
        """Whether its points tell a turned head from a bent print: YuNet's do, dlib's do not (measured.md)."""
        ...

    def measure(self, steps: Sequence[CapturedStep], challenge: Challenge) -> SessionMeasures:
        """raises ImageRefused (a frame cannot be decoded), CapacityExceeded, EngineFault"""
        ...


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """A picture that this person's past holds: enrolled, or remembered from an earlier attempt.

    passed  from an attempt that qualified, or enrolled: what somebody would play again
    """

    photo_hash: PhotoHash
    passed: bool


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier attempts left, for the question whether this film was seen before.

    photos  pictures of this person: a camera never takes the same twice
    prints  of this person's earlier sessions
    shared  earlier sessions, whoever they were for, that show the same frames
    of_another_version  prints of this person that another release made: their movement cannot be compared
    """

    photos: Sequence[SeenPhoto] = ()
    prints: Sequence[KnownPrint] = ()
    shared: Sequence[SharedFilm] = ()
    of_another_version: int = 0


NOTHING_KNOWN = Past()


class Assessment(Protocol):
    """A verdict with what it rests on (`fusion.PadAssessment`)."""

    @property
    def decision(self) -> PadDecision: ...

    @property
    def findings(self) -> tuple[LayerFinding, ...]: ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Name -> version of every program and model that had a part, and `policy`, the digest of all limits."""
        ...

    @property
    def modes(self) -> Mapping[Layer, Mode]:
        """How much each layer counted."""
        ...


class Assess(Protocol):
    """All layers and their fusion, under the operator's policy. Numbers only, no pictures. Shared by threads."""

    def __call__(self, measures: SessionMeasures, challenge: Challenge, past: Past, *, possession: bool) -> Assessment:
        """possession: the one-time code to the telephone on file came back in this session"""
        ...
