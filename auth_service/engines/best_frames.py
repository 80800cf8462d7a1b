"""Which few frames of a session are worth what costs much: templates and the model.

The sharpest, straightest, best lit frame of each step; the best few of these make the probe. A sender chooses which
frames these are. So whether one person was shown is asked, in every other step, of a frame that is drawn once the
session is over and that nobody can foresee.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auth_service.capture.challenge import Below
from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.quality import QualityPolicy, QualityReason, assess, nose_offset
from auth_service.liveness.measures import FrameMeasures

PROBE_FRAMES = 2
"""Most frames behind one probe, and most that the model is asked about.

source  docs/accuracy.md: a second probe image lowers FNMR at FMR 1e-4 from 5.2 % to 0.9 % beside a reference of two.
        Each costs an embedding and the model's look (docs/bench.md)
"""


COMPARABLE = 0.5
"""Of `_straight`: which frames may be drawn. source: docs/liveness-fusion.md, frames that were drawn"""


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
    """overall  the best frames of the steps that are good enough for a probe, best first, at most PROBE_FRAMES
    checked  of whom it is asked whether they are one person: the best, good enough or not, and one that was drawn from
             each other step; as many as there are steps, because each costs an embedding
    lacking  what the best frame of all lacked; empty where it was good enough, and where there was no face at all
    """

    overall: tuple[Seen, ...]
    checked: tuple[Seen, ...]
    lacking: tuple[QualityReason, ...]


def best_frames(steps: Sequence[SeenStep], policy: QualityPolicy, below: Below = secrets.randbelow) -> Best:
    """below    draws
    returns  nothing in it where no frame shows a face
    """
    each = []
    for step in steps:
        shown = [seen for seen in step.frames if seen.face is not None]
        if shown:
            each.append(max(shown, key=lambda seen: merit(seen, policy)))
    ranked = sorted(each, key=lambda seen: -merit(seen, policy))
    lacking = [_lacking(seen, policy) for seen in ranked]
    good = tuple(seen for seen, reasons in zip(ranked, lacking, strict=True) if not reasons)
    checked = list(good[:PROBE_FRAMES] or ranked[:PROBE_FRAMES])
    for step in steps:
        offered = [seen for seen in step.frames if _is_comparable(seen, policy)]
        if offered and not any(seen is one for seen in step.frames for one in checked):
            checked.append(offered[below(len(offered))])
    return Best(good[:PROBE_FRAMES], tuple(checked), lacking[0] if lacking and not good else ())


def merit(seen: Seen, policy: QualityPolicy) -> float:
    """An order of frames: one face before several, then sharp, straight and well lit, each weakening the others."""
    if seen.face is None:
        return -1.0
    middle = (policy.min_brightness + policy.max_brightness) / 2.0
    reach = (policy.max_brightness - policy.min_brightness) / 2.0
    straight = _straight(seen.face, policy)
    lit = max(0.0, 1.0 - abs(seen.measures.luma - middle) / reach)
    share = 1.0 if seen.measures.faces == 1 else 0.1
    return share * math.log1p(seen.measures.sharpness) * (0.1 + straight) * (0.1 + lit)


def _straight(face: DetectedFace, policy: QualityPolicy) -> float:
    """1.0 straight, 0.0 turned as far as a probe may be, or farther."""
    limit = policy.max_yaw_base if face.layout == "dlib5" else policy.max_yaw_tip
    return max(0.0, 1.0 - abs(nose_offset(face)[0]) / limit)


def _is_comparable(seen: Seen, policy: QualityPolicy) -> bool:
    """Turned farther, one person's templates differ as two people's do (docs/liveness-fusion.md)."""
    return seen.face is not None and _straight(seen.face, policy) >= COMPARABLE


def _lacking(seen: Seen, policy: QualityPolicy) -> tuple[QualityReason, ...]:
    if seen.face is None:
        return ()
    reasons = assess(seen.pixels, [seen.face], policy).reasons
    return reasons if seen.measures.faces == 1 else (QualityReason.SEVERAL_FACES, *reasons)
