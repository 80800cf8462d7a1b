"""The frames of one session in, numbers out: where the face is, its colours, its texture, what moved, and its template.

Every frame is decoded behind the fences, as photos are. What costs much runs on a few frames only (best_frames.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Challenge, Planned
from auth_service.capture.ports import StepLook
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.errors import ImageTooManyPixels
from auth_service.engines.best_frames import Best, Seen, SeenStep, best_frames
from auth_service.engines.detectors import DlibPoints
from auth_service.engines.face_vectors import templates_of
from auth_service.engines.film_waves import step_waves
from auth_service.engines.frame_colours import skin_colours, surround_colour
from auth_service.engines.frame_texture import texture
from auth_service.engines.minifasnet import PadModel
from auth_service.engines.photo_hash import photo_hash
from auth_service.engines.point_paths import point_paths
from auth_service.engines.reader import EngineFaceReader
from auth_service.engines.step_look import looked_at, step_look
from auth_service.engines.stray_faces import without_strays
from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import DetectedFace, main_face_first
from auth_service.faces.ports import FaceDetector
from auth_service.liveness.measures import FrameMeasures, PointPaths, SessionMeasures, StepMeasures
from auth_service.liveness.pose import TELLING_LAYOUT, usual_pose

MOST_FRAME_PIXELS = 640 * 640
"""The page sends 320 to 480 pixels on the longest side, a kiosk's camera 640x480; 60 frames of this size fill 74 MB."""


def tells_turns(layout: str) -> bool:
    """Whether points of this layout tell a turned head from a bent print: those with the nose's tip do.

    source  14 photographs as prints, turned 35 degrees and bent to a radius of 8 cm, move YuNet's nose by at most 0.15
            eye distances, and real turns of 20 degrees by 0.2 to 0.3; with dlib's nose base there is no such gap
    """
    return layout == TELLING_LAYOUT


@dataclass(frozen=True, slots=True)
class CaptureParts:
    """What measuring needs besides a reader. Holds state: one per thread.

    finder  finds faces in frames; its points' layout is the session's
    layout  of the finder's points
    own     finds the points that the encoder needs in a known face; None: the finder's serve
    model   None: not installed
    """

    finder: FaceDetector
    layout: str
    own: DlibPoints | None = None
    model: PadModel | None = None


class EngineCaptureReader:
    """Fulfils liveness.ports.CaptureReader for one thread; `PooledCaptures` shares several (capture_pool.py)."""

    def __init__(self, reader: EngineFaceReader, parts: CaptureParts) -> None:
        self._reader = reader
        self._parts = parts

    @property
    def shows_turns(self) -> bool:
        return tells_turns(self._parts.layout)

    def measure(self, steps: Sequence[CapturedStep], challenge: Challenge) -> SessionMeasures:
        """raises ImageRefused (a frame cannot be decoded, or has more than MOST_FRAME_PIXELS), EngineFault"""
        return self.conclude(self.look(steps), challenge)

    def look(self, steps: Sequence[CapturedStep]) -> tuple[SeenStep, ...]:
        """What is measured on every frame. raises as `measure`"""
        return tuple(SeenStep(step.n, _moved([self._seen(frame) for frame in step.frames])) for step in steps)

    def look_at(self, step: CapturedStep, planned: Planned) -> StepLook:
        """The quick look of capture.ports.FrameLook. raises as `measure`"""
        seen = [self._seen(frame) for frame in looked_at(step.frames)]
        return step_look(seen, planned, self._reader.quality)

    def measured(self, steps: Sequence[SeenStep]) -> SessionMeasures:
        """What is known of a session before it is concluded: enough for the motions, and for nothing that passes."""
        kept = without_strays(steps)
        seen = tuple(StepMeasures(step.n, tuple(one.measures for one in step.frames)) for step in kept)
        return SessionMeasures(seen, self._parts.layout, None, 1.0, ())

    def conclude(self, steps: Sequence[SeenStep], challenge: Challenge) -> SessionMeasures:
        """What is measured once per session, on a few frames. raises EngineFault"""
        steps = without_strays(steps)
        best = best_frames(steps, self._reader.quality)
        likeness = templates_of(self._reader, best, self._parts.own)
        paths = _paths(steps, challenge) if self.shows_turns else {}
        return SessionMeasures(
            steps=tuple(StepMeasures(step.n, self._judged(step, best), paths.get(step.n)) for step in steps),
            layout=self._parts.layout,
            probe=likeness.probe,
            least_cosine=likeness.least_cosine,
            quality=best.lacking,
        )

    def _seen(self, frame: CapturedFrame) -> Seen:
        with self._reader.opened(frame.data) as image:
            pixels = image.pixels
        if pixels.shape[0] * pixels.shape[1] > MOST_FRAME_PIXELS:
            raise ImageTooManyPixels(f"a frame of {pixels.shape[1]}x{pixels.shape[0]}")
        found = main_face_first(self._parts.finder.detect(pixels), pixels.shape[1], pixels.shape[0])
        face = found[0] if found else None
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        count = self._counted(found)
        return Seen(pixels, grey, face, _measures(frame.at_ms, pixels, grey, face, count))

    def _counted(self, found: Sequence[DetectedFace]) -> int:
        """source  QualityPolicy.other_face_ratio"""
        ratio = self._reader.quality.other_face_ratio
        return sum(face.box.width >= ratio * found[0].box.width for face in found)

    def _judged(self, step: SeenStep, best: Best) -> tuple[FrameMeasures, ...]:
        """The step's measures, with the model's word on those of its frames that are among the best."""
        model = self._parts.model
        if model is None:
            return tuple(seen.measures for seen in step.frames)
        return tuple(
            replace(seen.measures, model=model.live_share(seen.pixels, seen.face.box))
            if seen.face is not None and any(seen is one for one in best.overall)
            else seen.measures
            for seen in step.frames
        )


def _measures(
    at_ms: int, pixels: Pixels, grey: NDArray[np.uint8], face: DetectedFace | None, count: int
) -> FrameMeasures:
    box = None if face is None else face.box
    hashes = photo_hash(pixels, face)
    surface = texture(grey, box)
    return FrameMeasures(
        at_ms=at_ms,
        width=int(pixels.shape[1]),
        height=int(pixels.shape[0]),
        faces=count,
        box=box,
        points=None if face is None else face.points,
        skin=None if face is None else skin_colours(pixels, face),
        surround=surround_colour(pixels, box),
        luma=surface.luma,
        sharpness=surface.sharpness,
        moire=surface.moire,
        model=None,
        pixel_digest=hashes.pixel_digest,
        face_hash=hashes.face_hash,
        frame_hash=hashes.frame_hash,
    )


def _moved(frames: Sequence[Seen]) -> tuple[Seen, ...]:
    """One step's frames, with what recognises its movement when it is shown again."""
    waves = step_waves([seen.grey for seen in frames], [seen.face for seen in frames])
    return tuple(
        replace(seen, measures=replace(seen.measures, waves=wave)) for seen, wave in zip(frames, waves, strict=True)
    )


def _paths(steps: Sequence[SeenStep], challenge: Challenge) -> dict[int, PointPaths]:
    """By step, for the motions of the challenge; the first step says how the person looks straight, if it was sent."""
    asked = {planned.n: planned.ask.motion for planned in challenge.steps if planned.ask is not None}
    straight = usual_pose((seen.measures for step in steps if step.n == 0 for seen in step.frames), 1)
    found = {}
    for step in steps:
        frames = [seen.measures for seen in step.frames]
        neutral = straight or usual_pose(frames, 1)
        if step.n in asked and neutral is not None:
            paths = point_paths([seen.grey for seen in step.frames], frames, neutral, asked[step.n])
            if paths is not None:
                found[step.n] = paths
    return found
