"""Which few frames of a session are worth what costs much: templates and the model.

The sharpest, straightest, best lit frame of each step, so that they are spread over the session; and the best few of
these make the probe.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.quality import QualityPolicy, QualityReason, assess, nose_offset
from auth_service.liveness.measures import FrameMeasures

PROBE_FRAMES = 2
"""Most frames behind one probe, and most that the model is asked about.

source  docs/accuracy.md: a second probe image lowers FNMR at FMR 1e-4 from 5.2 % to 0.9 % beside a reference of two.
        Each costs 11 ms of processor time with its mirror image and the model (docs/bench.md)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame while its session is measured. face: the main one, None where there is none"""

    pixels: Pixels
    grey: NDArray[np.uint8]
    face: DetectedFace | None
    measures: FrameMeasures


@dataclass(frozen=True, slots=True)
class SeenStep:
    """The frames of step `n`."""

    n: int
    frames: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Best:
    """each     the best frame of every step that shows a face, in the order of the steps
    overall  the best of these that are good enough for a probe, best first, at most PROBE_FRAMES
    lacking  what the best frame of all lacked; empty where it was good enough, and where there was no face at all
    """

    each: tuple[Seen, ...]
    overall: tuple[Seen, ...]
    lacking: tuple[QualityReason, ...]


def best_frames(steps: Sequence[SeenStep], policy: QualityPolicy) -> Best:
    """returns  nothing in it where no frame shows a face"""
    each = []
    for step in steps:
        shown = [seen for seen in step.frames if seen.face is not None]
        if shown:
            each.append(max(shown, key=lambda seen: merit(seen, policy)))
    ranked = sorted(each, key=lambda seen: -merit(seen, policy))
    lacking = [_lacking(seen, policy) for seen in ranked]
    good = tuple(seen for seen, reasons in zip(ranked, lacking, strict=True) if not reasons)
    return Best(tuple(each), good[:PROBE_FRAMES], lacking[0] if lacking and not good else ())


def merit(seen: Seen, policy: QualityPolicy) -> float:
    """An order of frames: one face before several, then sharp, straight and well lit, each weakening the others."""
    if seen.face is None:
        return -1.0
    limit = policy.max_yaw_base if seen.face.layout == "dlib5" else policy.max_yaw_tip
    middle = (policy.min_brightness + policy.max_brightness) / 2.0
    reach = (policy.max_brightness - policy.min_brightness) / 2.0
    straight = max(0.0, 1.0 - abs(nose_offset(seen.face)[0]) / limit)
    lit = max(0.0, 1.0 - abs(seen.measures.luma - middle) / reach)
    share = 1.0 if seen.measures.faces == 1 else 0.1
    return share * math.log1p(seen.measures.sharpness) * (0.1 + straight) * (0.1 + lit)


def _lacking(seen: Seen, policy: QualityPolicy) -> tuple[QualityReason, ...]:
    if seen.face is None:
        return ()
    reasons = assess(seen.pixels, [seen.face], policy).reasons
    return reasons if seen.measures.faces == 1 else (QualityReason.SEVERAL_FACES, *reasons)
