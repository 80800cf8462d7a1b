"""A film played to the camera in place of a person, for measuring what a random challenge stops (`evaluate replay`).

Every frame is looked at once; each session takes from these what its steps would have shown. An attacker either lets
the film run on in a loop, or has cut it and shows for each motion the stretch that answers it best.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from random import Random

import cv2
import numpy as np

from auth_service.capture.challenge import FLASH_MS, Challenge, Motion, Planned, StepKind
from auth_service.capture.steps import CapturedFrame, CapturedStep, StepPolicy
from auth_service.core.errors import FileUnreadable
from auth_service.engines.best_frames import Seen, SeenStep
from auth_service.engines.capture_reader import EngineCaptureReader
from auth_service.faces.image import Pixels
from auth_service.liveness.challenge_response import ChallengePolicy
from auth_service.liveness.measures import FrameMeasures
from auth_service.liveness.pose import Pose, pose_of, usual_pose

A_SECOND = 6.0
NEUTRAL, MOST_OF_A_MOTION = 6, 18
"""Frames in a second, of the neutral step, and of a motion. source: what the page sends (selection.js)"""
_SIDE, _QUALITY = 480, 85
_LONGEST_S = 60.0
_ROOM = 1.25
"""Heights of the face's box, from its middle to the edge of the picture: as the page's oval asks."""
_PAUSE_MS = (500, 1200)
"""Between two steps, in which the person reads."""
_SHIFT_MS = 300.0
"""By which two cuts of the same stretch may differ."""

_COUNTS = ChallengePolicy()


class Way(StrEnum):
    """How the film is shown."""

    RUNS_ON = "runs_on"
    """From anywhere, in a loop, whatever is asked."""
    CUT = "cut"
    """For each motion from where it answers it best, and a still part for the rest; the attacker knows the film."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film whose frames were looked at, A_SECOND of them, with times in milliseconds."""

    frames: tuple[Seen, ...]
    best: dict[Motion, float]
    stillest: float

    @property
    def length(self) -> float:
        return len(self.frames) * 1000.0 / A_SECOND

    def at(self, at_ms: float) -> Seen:
        """The frame of an instant; after the last comes the first."""
        return self.frames[round(at_ms % self.length * A_SECOND / 1000.0) % len(self.frames)]


def look_at_film(reader: EngineCaptureReader, path: Path) -> Film:
    """raises FileUnreadable (no film, fewer than two seconds, no face), EngineFault"""
    pictures = _pictures(path)
    if len(pictures) < 2 * A_SECOND:
        raise FileUnreadable(f"{path.name} is no film of two seconds")
    step = _step(_framed(reader, pictures))
    frames = reader.look([step])[0].frames
    measures = [seen.measures for seen in frames]
    usual = usual_pose(measures, 1)
    if usual is None:
        raise FileUnreadable(f"{path.name} shows no face")
    return Film(frames, {motion: _best(measures, motion, usual) for motion in Motion}, _stillest(measures, usual))


def play(film: Film, challenge: Challenge, way: Way, draw: Random) -> tuple[SeenStep, ...]:
    """The steps of one session. Every frame counts as new: who plays a film adds noise to it."""
    clock, begins, steps, number = 0.0, draw.uniform(0.0, film.length), [], 0
    for planned in challenge.steps:
        start = begins + clock if way is Way.RUNS_ON else _cut(film, planned, draw)
        frames = []
        for place in range(_count(planned, challenge)):
            after = place * 1000.0 / A_SECOND
            seen = film.at(start + after)
            digest = hashlib.sha256(seen.measures.pixel_digest + number.to_bytes(2)).digest()
            frames.append(
                replace(seen, measures=replace(seen.measures, at_ms=round(clock + after), pixel_digest=digest))
            )
            number += 1
        steps.append(SeenStep(planned.n, tuple(frames)))
        clock += len(frames) * 1000.0 / A_SECOND + draw.uniform(*_PAUSE_MS)
    return tuple(steps)


def _count(planned: Planned, challenge: Challenge) -> int:
    """Frames of a step."""
    flash = round(len(challenge.flash) * FLASH_MS * A_SECOND / 1000.0) + 1 if challenge.flash else 0
    if planned.kind is StepKind.MOTION:
        return min(MOST_OF_A_MOTION, (StepPolicy().most_frames - NEUTRAL - flash) // len(challenge.asks))
    return flash if planned.kind is StepKind.FLASH else NEUTRAL


def _cut(film: Film, planned: Planned, draw: Random) -> float:
    start = film.stillest if planned.ask is None else film.best[planned.ask.motion]
    return max(0.0, start + draw.uniform(-_SHIFT_MS, _SHIFT_MS))


def _best(frames: Sequence[FrameMeasures], motion: Motion, usual: Pose) -> float:
    """Where the stretch begins that looks most like an answer."""
    length = min(len(frames) - 1, MOST_OF_A_MOTION)
    made = [_answers(frames[start : start + length], motion, usual) for start in range(len(frames) - length)]
    return int(np.argmax(made)) * 1000.0 / A_SECOND


def _answers(frames: Sequence[FrameMeasures], motion: Motion, usual: Pose) -> float:
    """How far the motion is made, in what would count; less where another is made farther, or it begins elsewhere."""
    poses = [pose.since(usual) for frame in frames if (pose := pose_of(frame.points)) is not None]
    if not poses:
        return -np.inf
    made = {one: max(pose.made(one) / _COUNTS.least(one) for pose in poses) for one in Motion}
    begins = max(poses[0].made(one) / _COUNTS.least(one) for one in Motion)
    others = max(far for one, far in made.items() if one is not motion)
    return made[motion] - max(0.0, others - made[motion]) - max(0.0, begins - _COUNTS.straight)


def _stillest(frames: Sequence[FrameMeasures], usual: Pose) -> float:
    """Where the stretch begins that stays nearest to how the person usually looks."""
    length = min(len(frames) - 1, 2 * NEUTRAL)
    away = []
    for start in range(len(frames) - length):
        poses = [pose_of(frame.points) for frame in frames[start : start + length]]
        gone = [one.since(usual) for one in poses if one is not None]
        few = len(gone) < length // 2
        away.append(np.inf if few else float(np.mean([abs(one.yaw) + abs(one.pitch) + abs(one.size) for one in gone])))
    return int(np.argmin(away)) * 1000.0 / A_SECOND


def _pictures(path: Path) -> list[Pixels]:
    """RGB, A_SECOND of them, no longer than _LONGEST_S."""
    film = cv2.VideoCapture(str(path))
    rate = film.get(cv2.CAP_PROP_FPS) or A_SECOND
    pictures: list[Pixels] = []
    number = 0
    while len(pictures) < _LONGEST_S * A_SECOND and film.grab():
        if number / rate >= len(pictures) / A_SECOND:
            more, bgr = film.retrieve()
            if more:
                pictures.append(np.ascontiguousarray(bgr[:, :, ::-1]).astype(np.uint8))
        number += 1
    film.release()
    return pictures


def _framed(reader: EngineCaptureReader, pictures: Sequence[Pixels]) -> list[Pixels]:
    """The face in the middle, with room around it, where one is found in some of eight frames."""
    samples = [_small(picture) for picture in pictures[:: max(1, len(pictures) // 8)]]
    seen = reader.look([_step(samples)])[0].frames
    boxes = [(one.face.box, len(pictures[0]) / len(one.pixels)) for one in seen if one.face is not None]
    if not boxes:
        return [_small(picture) for picture in pictures]
    sides = [np.array([box.left, box.top, box.right, box.bottom]) * scale for box, scale in boxes]
    left, top, right, bottom = np.median(sides, axis=0)
    half = round(_ROOM * (bottom - top))
    across, down = round((left + right) / 2.0), round((top + bottom) / 2.0)

    def cut(picture: Pixels) -> Pixels:
        wide = cv2.copyMakeBorder(picture, half, half, half, half, cv2.BORDER_REPLICATE)
        return _small(np.asarray(wide[down : down + 2 * half, across : across + 2 * half], np.uint8))

    return [cut(picture) for picture in pictures]


def _small(picture: Pixels) -> Pixels:
    scale = min(1.0, _SIDE / max(picture.shape[:2]))
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _step(pictures: Sequence[Pixels]) -> CapturedStep:
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    shots = [cv2.imencode(".jpg", picture[:, :, ::-1], quality)[1].tobytes() for picture in pictures]
    return CapturedStep(0, tuple(CapturedFrame(shot, round(n * 1000.0 / A_SECOND)) for n, shot in enumerate(shots)))
