"""Before a plain wall nothing behind the head says whether the head nodded or the phone was moved: what the face's own
points could say, measured. No layer uses it yet (docs/liveness.md, Challenge)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from auth_service.capture.challenge import Ask, Challenge, Motion, Route
from auth_service.engines import point_paths
from auth_service.liveness.measures import StepMeasures
from auth_service.liveness.planes import nose_outline
from auth_service.liveness.pose import pose_of, usual_pose
from tests.attacks.clips import clips_of, framed, stills_of, window
from tests.attacks.following import Follower, Shot
from tests.puppet.camera import Puppet
from tests.puppet.cast import EVERYBODY, player

pytestmark = [pytest.mark.data, pytest.mark.slow]

FAR, PUPPETS, MOVED_BY = 0.45, 12, 0.6
"""Followed until the eyes went so far, in the face's size; nods and looks up of puppets; way of a moved phone."""
LEAST = 0.03
"""Below it no puppet's nod or look up lay."""
SIDE = {Motion.NOD: 1.0, Motion.LOOK_UP: -1.0}


def tipped(step: StepMeasures, motion: Motion) -> float | None:
    """How far the nose ran ahead of the upper face along the motion, and how much nearer or farther that came, in eye
    distances: both belong to a head that tips about its neck. None where too few points were followed."""
    paths = step.paths
    if paths is None:
        return None
    five = step.frames[paths.first].points
    before, after = pose_of(five), pose_of(step.frames[paths.last].points)
    if five is None or before is None or after is None:
        return None
    there, went = paths.face[:, 0].astype(float), paths.face[:, 1].astype(float)
    outline = nose_outline(five).astype(np.float32).reshape(-1, 1, 2)
    nose = np.array([cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0 for x, y in there])
    upper = ~nose & (there[:, 1] < five[2, 1] + 0.1 * before.eyes)  # the mouth talks
    if nose.sum() < 5 or upper.sum() < 10:
        return None
    fit = _affine(there[upper], went[upper])
    ahead = went[nose] - np.column_stack([there[nose], np.ones(nose.sum())]) @ fit
    way = np.sign(after.low - before.low)
    return float(way * np.median(ahead[:, 1]) / before.eyes + way * (fit[0, 0] - 1.0)) if motion in SIDE else None


def _affine(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (3, 2); points that were followed wrongly count little."""
    rows, weights = np.column_stack([before, np.ones(len(before))]), np.ones(len(before))
    fit = np.zeros((3, 2))
    for _ in range(5):
        fit = np.linalg.lstsq(rows * weights[:, None], after * weights[:, None], rcond=None)[0]
        weights = 1.0 / np.sqrt(np.maximum(1.0, np.hypot(*(rows @ fit - after).T)))
    return fit


def of_puppets(follower: Follower, data: Path) -> Iterator[float | None]:
    for motion in SIDE:
        for seed in range(PUPPETS):
            asked = Challenge(Route.NO_FLASH, (Ask(motion, 300),))
            session = Puppet(player(EVERYBODY[seed % len(EVERYBODY)], data), asked, seed).session()
            shots = [
                [Shot(one.at_ms, cv2.imdecode(np.frombuffer(one.data, np.uint8), 1)) for one in step.frames]
                for step in session
            ]
            yield tipped(follower.session(shots, asked).steps[1], motion)


def of_real_people(follower: Follower, data: Path) -> Iterator[float | None]:
    """Labelled movements up and down in which the eyes went as far as a nod has to."""
    with (data / "videos" / "events_auto.csv").open(encoding="utf-8") as file:
        labels = [row for row in csv.DictReader(file) if row["event"].startswith("pitch")]
    for row in labels:
        path, start = data / "videos" / row["file"], float(row["start_s"])
        crop = framed(path, follower)
        neutral = window(path, max(0.0, start - 2.0), max(0.3, start - 0.9), 4, crop)
        shots = window(path, max(0.0, start - 0.8), float(row["end_s"]) + 0.4, 12, crop)
        for motion, side in SIDE.items():
            asked = Challenge(Route.NO_FLASH, (Ask(motion, 300),))
            step = follower.session([neutral, shots], asked).steps[1]
            if step.paths is not None:
                ends = [pose_of(step.frames[place].points) for place in (step.paths.first, step.paths.last)]
                if ends[0] is not None and ends[1] is not None and side * ends[1].since(ends[0]).low >= 0.4:
                    yield tipped(step, motion)


def of_moved_phones(follower: Follower, data: Path) -> Iterator[float | None]:
    """Still parts of the clips, whose pictures slide down and up again."""
    asked = Challenge(Route.NO_FLASH, (Ask(Motion.NOD, 300),))
    for path in clips_of(data):
        if path.name.startswith(("zalo", "verify")):  # a mask, and a face of a few pixels
            continue
        for still in stills_of(path, follower, 4, (4, 14)):
            neutral = usual_pose([follower.frame(shot) for shot in still.neutral], 1)
            if neutral is not None:
                slid = list(_slid(still.shots, MOVED_BY * np.exp(neutral.size)))
                yield tipped(follower.session([still.neutral, slid], asked).steps[1], Motion.NOD)


def _slid(shots: Sequence[Shot], by: float) -> Iterator[Shot]:
    for place, shot in enumerate(shots):
        height, width = shot.picture.shape[:2]
        down = np.array([[1, 0, 0], [0, 1, by * np.sin(np.pi * place / (len(shots) - 1))]], np.float32)
        moved = cv2.warpAffine(shot.picture, down, (width, height), borderMode=cv2.BORDER_REFLECT)
        yield Shot(shot.at_ms, np.asarray(moved, np.uint8))


def told(values: Iterator[float | None]) -> dict[str, Any]:
    every = list(values)
    known = sorted(value for value in every if value is not None)
    shares = {f"p{share}": round(float(np.percentile(known, share)), 3) for share in (0, 10, 50, 90, 100)}
    return {"count": len(every), "known": len(known), "reach": sum(value >= LEAST for value in known), **shares}


def test_a_tipped_head_is_measured_beside_a_moved_phone(
    data: Path, monkeypatch: pytest.MonkeyPatch, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    monkeypatch.setattr(point_paths, "FAR", FAR)
    follower = Follower(data)
    found = {
        "puppets": told(of_puppets(follower, data)),
        "real": told(of_real_people(follower, data)),
        "moved": told(of_moved_phones(follower, data)),
    }
    proof("moved-phones", {"least": LEAST, **found})
    assert found["puppets"]["reach"] == found["puppets"]["known"] >= 20
    assert found["real"]["reach"] == found["real"]["known"] >= 3
    assert found["moved"]["reach"] <= 0.3 * found["moved"]["known"]
