"""Layer CONSISTENCY: are these the frames of one camera that looked at one person without a break?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from auth_service.capture.challenge import Challenge
from auth_service.faces.sample import hamming
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import FrameMeasures, SessionMeasures
from auth_service.liveness.strays import LeapPolicy, leaps

VERSION = "consistency 3"


@dataclass(frozen=True, slots=True)
class ConsistencyPolicy:
    """Limits of one film.

    fewest_frames   of the whole session
    longest_gap_ms  between two frames of one step
    most_faceless   share of frames without a face; a hand, a turn beyond the detector's reach
    most_crowded    share of frames with a second face that counts: somebody walks by
    most_stalled    share of frames whose pixels are those of the frame before: a slow camera asked too often
    most_returned   share of frames, one at least, whose pixels are those of an earlier frame but the last: a phone
                    under load hands out a buffer once more
    returned_ms     between the two: buffers are few
    frozen_ms       for which a picture may stand still; a camera's noise and a pulse alone move points and skin
    still_points    movement of the points between two frames, in eye distances, that counts as none
    still_skin      relative change of the skin's light that counts as none
    still_bits      of 64, of either hash, that count as none
    leap            from one frame that shows the face to the next (strays.py)
    another_person  (engine, limit): `least_cosine` below which two people were shown
    one_person      (engine, limit): `least_cosine` from which it is surely one

    source  docs/liveness.md, "Consistency": the shared clips and pairs of them; an engine that is not named here was
            not measured, and says nothing. Frames that return: own decision, because a loop that is of use to
            somebody brings many frames back and after longer, and no shared clip has any
    """

    fewest_frames: int = 12
    longest_gap_ms: int = 1500
    most_faceless: float = 0.25
    most_crowded: float = 0.1
    most_stalled: float = 0.34
    frozen_ms: int = 400
    still_points: float = 0.004
    still_skin: float = 0.002
    still_bits: int = 1
    most_returned: float = 0.05
    returned_ms: int = 500
    leap: LeapPolicy = field(default_factory=LeapPolicy)
    another_person: tuple[tuple[str, float], ...] = (("dlib-resnet", 0.9), ("mobilefacenet", 0.33))
    one_person: tuple[tuple[str, float], ...] = (("dlib-resnet", 0.94), ("mobilefacenet", 0.45))


def examine(measures: SessionMeasures, challenge: Challenge, policy: ConsistencyPolicy) -> LayerFinding:
    """ATTACK where pictures repeat, stand still or show two people; ABSENT where the film breaks off or jumps, which a
    poor phone does too; UNKNOWN where there is too little to tell.
    """
    frames = measures.frames
    if len(frames) < policy.fewest_frames or {step.n for step in measures.steps} != {one.n for one in challenge.steps}:
        return LayerFinding(Layer.CONSISTENCY, Sign.UNKNOWN, ("too_few_frames",))
    attacks = [*_repeats(measures, policy), *_people(measures, policy, Sign.ATTACK)]
    breaks = [*_times(measures, policy), *_faces(frames, policy), *_jumps(measures, policy)]
    breaks += _people(measures, policy, Sign.ABSENT)
    untold = _people(measures, policy, Sign.UNKNOWN)
    notes = ["times_equal"] if _equal_times(measures) else []
    notes += ["frame_returned"] if "frames_repeat" not in attacks and _returned(measures) else []
    found = [(Sign.ATTACK, attacks), (Sign.ABSENT, breaks), (Sign.UNKNOWN, untold), (Sign.LIVE, ["one_film"])]
    sign = next(sign for sign, reasons in found if reasons)
    reasons = [reason for one, told in found for reason in told if one is not Sign.LIVE or sign is Sign.LIVE]
    scores = {"frames": float(len(frames)), "frozen_ms": float(_longest_still(measures, policy))}
    if np.isfinite(measures.least_cosine):
        scores["least_cosine"] = measures.least_cosine
    return LayerFinding(Layer.CONSISTENCY, sign, (*reasons, *notes), scores)


def _steps(measures: SessionMeasures) -> Iterator[Sequence[FrameMeasures]]:
    return (step.frames for step in measures.steps)


def _neighbours(measures: SessionMeasures) -> list[tuple[FrameMeasures, FrameMeasures]]:
    """Frames that follow each other in one step; between steps the person moves freely and nothing is sent."""
    return [pair for frames in _steps(measures) for pair in pairwise(frames)]


def _times(measures: SessionMeasures, policy: ConsistencyPolicy) -> list[str]:
    reasons = []
    if any(later.at_ms <= earlier.at_ms for earlier, later in pairwise(measures.frames)):
        reasons.append("times_backwards")
    if any(later.at_ms - earlier.at_ms > policy.longest_gap_ms for earlier, later in _neighbours(measures)):
        reasons.append("frames_missing")
    return reasons


def _equal_times(measures: SessionMeasures) -> bool:
    """Whether all frames lie exactly as far apart: a program's clock, or a browser's that is rounded against tracking.

    Noted only, for it is no proof of either.
    """
    return len({later.at_ms - earlier.at_ms for earlier, later in _neighbours(measures)}) == 1


def _faces(frames: Sequence[FrameMeasures], policy: ConsistencyPolicy) -> list[str]:
    reasons = []
    if sum(frame.faces == 0 or frame.box is None for frame in frames) > policy.most_faceless * len(frames):
        reasons.append("face_lost")
    if sum(frame.faces > 1 for frame in frames) > policy.most_crowded * len(frames):
        reasons.append("several_faces")
    if len({(frame.width, frame.height) for frame in frames}) > 1:
        reasons.append("size_changes")
    return reasons


def _repeats(measures: SessionMeasures, policy: ConsistencyPolicy) -> list[str]:
    """Pixels that come back after others are a loop, unless it is once and soon; a picture that stands still is no
    person."""
    returned = _returned(measures)
    many = len(returned) > max(1, int(policy.most_returned * len(measures.frames)))
    reasons = ["frames_repeat"] if many or max(returned, default=0) > policy.returned_ms else []
    if _longest_still(measures, policy) > policy.frozen_ms:
        reasons.append("picture_stands_still")
    return reasons


def _returned(measures: SessionMeasures) -> list[int]:
    """Of each frame whose pixels come back after others: how many ms ago they were shown last."""
    found, shown = [], dict[bytes, int]()
    for earlier, later in pairwise(measures.frames):
        shown[earlier.pixel_digest] = earlier.at_ms
        if later.pixel_digest != earlier.pixel_digest and later.pixel_digest in shown:
            found.append(later.at_ms - shown[later.pixel_digest])
    return found


def _jumps(measures: SessionMeasures, policy: ConsistencyPolicy) -> list[str]:
    pairs = _neighbours(measures)
    stalled = sum(earlier.pixel_digest == later.pixel_digest for earlier, later in pairs)
    reasons = ["camera_stalls"] if stalled > policy.most_stalled * len(pairs) else []
    seen = [[frame.box for frame in frames if frame.box is not None] for frames in _steps(measures)]
    if any(leaps(one, other, policy.leap) for boxes in seen for one, other in pairwise(boxes)):
        reasons.append("face_jumps")
    return reasons


def _longest_still(measures: SessionMeasures, policy: ConsistencyPolicy) -> int:
    """The longest time in one step without any change, in ms; frames that a slow camera gave twice are passed over."""
    longest = 0
    for frames in _steps(measures):
        different = [
            frame for n, frame in enumerate(frames) if n == 0 or frame.pixel_digest != frames[n - 1].pixel_digest
        ]
        since = different[0].at_ms if different else 0
        for earlier, later in pairwise(different):
            if not _stands_still(earlier, later, policy):
                since = later.at_ms
            longest = max(longest, later.at_ms - since)
    return longest


def _stands_still(earlier: FrameMeasures, later: FrameMeasures, policy: ConsistencyPolicy) -> bool:
    if earlier.points is None or later.points is None or earlier.skin is None or later.skin is None:
        return False
    if max(hamming(earlier.face_hash, later.face_hash), hamming(earlier.frame_hash, later.frame_hash)) > (
        policy.still_bits
    ):
        return False
    eyes = float(np.hypot(*(earlier.points[1] - earlier.points[0])))
    moved = float(np.abs(later.points - earlier.points).mean()) / max(eyes, 1e-6)
    light = np.abs(later.skin - earlier.skin) / np.maximum(earlier.skin, 1e-3)
    return moved <= policy.still_points and float(np.nanmax(light, initial=0.0)) <= policy.still_skin


def _people(measures: SessionMeasures, policy: ConsistencyPolicy, sign: Sign) -> list[str]:
    """What `least_cosine` says with this sign: two people, perhaps two, or that it cannot be told."""
    engine = measures.probe.identity.engine if measures.probe is not None else None
    lowest, enough = dict(policy.another_person).get(engine or ""), dict(policy.one_person).get(engine or "")
    told = np.isfinite(measures.least_cosine) and measures.least_cosine < 1.0  # 1.0: fewer than two templates
    if lowest is None or enough is None or not told:
        return ["likeness_not_told"] if sign is Sign.UNKNOWN else []
    if measures.least_cosine < lowest:
        return ["two_people"] if sign is Sign.ATTACK else []
    if measures.least_cosine < enough:
        return ["perhaps_two_people"] if sign is Sign.ABSENT else []
    return []
