"""Turns and still parts of the shared clips, framed as the page's oval frames a face."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tests.attacks.following import Follower, Picture, Shot, fitted

Crop = tuple[int, int, int, int]
A_SECOND = 7.0
"""Frames around a movement, as the page sends them."""


@dataclass(frozen=True)
class Turn:
    """One labelled turn: frames around it, and frames from all over the clip as the person's neutral look."""

    clip: str
    begins: float
    degrees: float
    neutral: Sequence[Shot]
    shots: Sequence[Shot]


@dataclass(frozen=True)
class Still:
    """A part of a clip without a labelled turn: its beginning, and the rest."""

    clip: str
    begins: float
    neutral: Sequence[Shot]
    shots: Sequence[Shot]


def clips_of(data: Path) -> list[Path]:
    return sorted(path for path in (data / "videos").iterdir() if path.suffix in {".mp4", ".mov"})


def turns_of(path: Path, follower: Follower) -> Iterator[Turn]:
    """The labelled turns of one clip (yaw beyond 12 degrees), in their order."""
    labels = _labels(path)
    if not labels:
        return
    crop, length = framed(path, follower), _length(path)
    neutral = [shot for at in np.linspace(0.05, 0.9, 7) for shot in window(path, at * length, at * length, 1, crop)]
    for start, end, peak in labels:
        begins, ends = max(0.0, start - 1.2), min(length - 0.1, end + 0.3)
        if begins == 0.0 and start < 0.3:  # the clip begins turned: the way back is a turn as well
            ends = min(length - 0.1, end + 1.2)
        count = min(14, max(6, round((ends - begins) * A_SECOND)))
        yield Turn(path.name, start, peak, neutral, window(path, begins, ends, count, crop))


def stills_of(path: Path, follower: Follower, most: int, frames: tuple[int, int] = (4, 7)) -> Iterator[Still]:
    """At most so many parts of 2.6 s, spread over what no labelled turn touches.

    frames  of the beginning (1.2 s), and of the rest (1.4 s)
    """
    length, labels = _length(path), _labels(path)
    free = [
        at
        for at in np.arange(0.1, length - 3.0, 0.5)
        if not any(at < end + 0.4 and at + 2.8 > start - 0.4 for start, end, _ in labels)
    ]
    chosen = sorted({round(place) for place in np.linspace(0, len(free) - 1, most)}) if free else []
    crop = framed(path, follower) if chosen else (0, 0, 0, 0)
    for at in (float(free[place]) for place in chosen):
        beginning = window(path, at, at + 1.2, frames[0], crop)
        yield Still(path.name, at, beginning, window(path, at + 1.3, at + 2.7, frames[1], crop))


def window(path: Path, start: float, end: float, count: int, crop: Crop) -> list[Shot]:
    """So many frames, evenly from one second to another."""
    film = cv2.VideoCapture(str(path))
    rate, frames = film.get(cv2.CAP_PROP_FPS), int(film.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = sorted({min(frames - 2, max(0, round(at * rate))) for at in np.linspace(start, end, count)})
    film.set(cv2.CAP_PROP_POS_FRAMES, wanted[0])
    shots: list[Shot] = []
    for number in range(wanted[0], wanted[-1] + 1):
        if not film.grab():
            break
        if number in wanted:
            _, picture = film.retrieve()
            left, top, right, bottom = crop
            shots.append(
                Shot(round(number / rate * 1000), fitted(np.ascontiguousarray(picture[top:bottom, left:right])))
            )
    return shots


def framed(path: Path, follower: Follower) -> Crop:
    """Left, top, right and bottom around the place where the face usually is."""
    film, length = cv2.VideoCapture(str(path)), _length(path)
    width, height = int(film.get(cv2.CAP_PROP_FRAME_WIDTH)), int(film.get(cv2.CAP_PROP_FRAME_HEIGHT))
    whole = (0, 0, width, height)
    samples: list[Picture] = [
        shot.picture for at in np.linspace(0.05, 0.9, 5) for shot in window(path, at * length, at * length, 1, whole)
    ]
    boxes = [frame.box for picture in samples if (frame := follower.frame(Shot(0, picture))).box is not None]
    if not boxes:
        return whole
    scale = max(width, height) / max(samples[0].shape[:2])
    sides = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes if box is not None]) * scale
    left, top, right, bottom = np.median(sides, axis=0)
    half = 1.25 * (bottom - top)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    return (
        max(0, int(middle_x - 0.9 * half)),
        max(0, int(middle_y - half)),
        min(width, int(middle_x + 0.9 * half)),
        min(height, int(middle_y + half)),
    )


def _length(path: Path) -> float:
    film = cv2.VideoCapture(str(path))
    return float(film.get(cv2.CAP_PROP_FRAME_COUNT) / film.get(cv2.CAP_PROP_FPS))


def _labels(path: Path) -> list[tuple[float, float, float]]:
    with (path.parent / "events_auto.csv").open(encoding="utf-8") as rows:
        return [
            (float(row["start_s"]), float(row["end_s"]), float(row["peak"]))
            for row in csv.DictReader(rows)
            if row["file"] == path.name and row["event"].startswith("yaw")
        ]
