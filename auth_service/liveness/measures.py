"""What the engine measured in the frames of one session: numbers only, no pictures.

`engines/` fills these from pixels (ports.py); the layers of this package judge them. They cross processes cheaply and
can be written down by hand in a test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auth_service.faces.landmarks import Box
from auth_service.faces.quality import QualityReason
from auth_service.faces.template import Template

WAVES = 63
"""Low frequencies of one frame: 8 rows of 8, without the constant one."""

PATCHES = ("forehead", "left_cheek", "right_cheek", "nose", "chin")
"""Patches of skin whose colour is followed; left and right as they lie in the picture."""


@dataclass(frozen=True, slots=True)
class FrameMeasures:
    """One frame.

    at_ms         the phone's clock since the session began
    width, height in pixels
    faces         faces of a size that counts; 0 where none was found
    box, points   of the main face; points float32 (5, 2) in pixels, in the order of `SessionMeasures.layout`
    skin          float32 (5, 3), mean linear RGB 0..1 of each of PATCHES; NaN where a patch lies outside the frame
    surround      float32 (3,), mean linear RGB of what is not face
    luma          mean of the face box, 0..255
    sharpness     variance of the Laplacian over the face at 128 pixels across
    moire         height of the strongest regular pattern in the face's spectrum over its surroundings; 1.0 is none
    model         share 0..1 that MiniFASNet calls live, or None where it is not installed or was not asked: only the
                  best few frames of a session are shown to it
    pixel_digest  sha256 of the pixels
    face_hash, frame_hash  64-bit perceptual hashes (faces/sample.py)
    waves         float32 (63,), unit length: low frequencies of what lies around the face, seen through one window that
                  stands still for the whole step (replay_print.py); None where no such window could be set

    Where no face was found, luma is the whole frame's, sharpness 0.0, moire 1.0 and face_hash 0. Where one was seen
    elsewhere for this frame alone (strays.py), `faces` says how many and nothing else of it is there.
    """

    at_ms: int
    width: int
    height: int
    faces: int
    box: Box | None
    points: NDArray[np.float32] | None
    skin: NDArray[np.float32] | None
    surround: NDArray[np.float32]
    luma: float
    sharpness: float
    moire: float
    model: float | None
    pixel_digest: bytes
    face_hash: int
    frame_hash: int
    waves: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class PointPaths:
    """Where points of the picture went between a step's most neutral frame and the one farthest from it.

    face, background  float32 (N, 2, 2): N points, [before, after], x and y in pixels, found by optical flow forth and
                      back; points that did not come back to within a pixel are left out
    first, last       indexes of the two frames within the step
    """

    face: NDArray[np.float32]
    background: NDArray[np.float32]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class StepMeasures:
    """The frames of step `n`; `paths` for a motion, where points could be followed."""

    n: int
    frames: tuple[FrameMeasures, ...]
    paths: PointPaths | None = None


@dataclass(frozen=True, slots=True)
class SessionMeasures:
    """A whole session.

    layout     of the five points: `arcface5` (YuNet) or `dlib5` (faces/landmarks.py)
    probe      mean template over the best frames, None where no frame was good enough
    least_cosine  least likeness between any two of the templates that were made along the session, of the best frames
               and of some that nobody can foresee; 1.0 with fewer than two. A session of two
               people has a low one
    quality    what the best frame still lacked
    """

    steps: tuple[StepMeasures, ...]
    layout: str
    probe: Template | None
    least_cosine: float
    quality: tuple[QualityReason, ...]

    @property
    def frames(self) -> tuple[FrameMeasures, ...]:
        """All of them, in the order of the steps."""
        return tuple(frame for step in self.steps for frame in step.frames)
