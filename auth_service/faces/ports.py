"""What the stages ask of a face engine. `engines/` fulfils these; tests have fakes with the same contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from auth_service.faces.image import AlignedFace, Pixels
from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.sample import FaceSample
from auth_service.faces.template import EngineIdentity


class FaceDetector(Protocol):
    """Finds faces. Instances are not shared between threads."""

    def detect(self, pixels: Pixels) -> list[DetectedFace]:
        """All faces of one photo, largest first; empty when there is none."""
        ...


class FaceEncoder(Protocol):
    """Turns one detected face into numbers. Instances are not shared between threads."""

    @property
    def identity(self) -> EngineIdentity: ...

    def align(self, pixels: Pixels, face: DetectedFace) -> AlignedFace: ...

    def encode(self, faces: Sequence[AlignedFace]) -> NDArray[np.float32]:
        """float32 (len(faces), D), one row per aligned face, not normalised."""
        ...


class FaceReader(Protocol):
    """A whole photo in, one face sample out: decode, detect, judge quality, encode."""

    @property
    def identity(self) -> EngineIdentity: ...

    def read(self, data: bytes) -> FaceSample:
        """raises ImageRefused (its subclasses say why); a poor but readable photo is a FaceSample with a verdict."""
        ...

    def reencode(self, data: bytes) -> bytes:
        """The photo as a fresh JPEG made from pixels alone (no metadata, no tail), for keeping. raises ImageRefused"""
        ...
