"""Frames of a session in which the detector saw a face elsewhere for that frame alone: as if they showed none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from auth_service.engines.best_frames import Seen, SeenStep
from auth_service.liveness.strays import LeapPolicy, strays


def without_strays(steps: Sequence[SeenStep], policy: LeapPolicy | None = None) -> tuple[SeenStep, ...]:
    """The same steps. Neither probe nor drawn frames, paths nor motions are taken from a stray; its pixels stay known,
    and how many faces were counted in it."""
    boxes = [[seen.measures.box for seen in step.frames] for step in steps]
    found = strays(boxes, policy or LeapPolicy())
    return tuple(
        replace(
            step,
            frames=tuple(
                _without_face(seen) if (place, index) in found else seen for index, seen in enumerate(step.frames)
            ),
        )
        for place, step in enumerate(steps)
    )


def _without_face(seen: Seen) -> Seen:
    measures = replace(seen.measures, box=None, points=None, skin=None, sharpness=0.0, moire=1.0, face_hash=0)
    return replace(seen, face=None, measures=measures)
