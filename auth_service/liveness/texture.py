"""Layer TEXTURE: the waves and the blur of a screen or print that is filmed. Advice: poor cameras look like it too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auth_service.capture.challenge import Challenge
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures


@dataclass(frozen=True, slots=True)
class TexturePolicy:
    """fewest_frames  with a face in them
    most_moire     height of a regular pattern in one frame, over what noise gives, from which it counts
    moire_share    share of such frames from which a screen is suspected: waves come and go as the screen moves
    most_blur      share of the frames with less than a tenth of the sharpest tenth's sharpness: the camera hunts for
                   focus, as it does before a screen; noted only

    source  engines/frame_texture.py: single frames of the shared clips reach 2.2 at most, prints of NUAA 2.0, faces
            behind a rendered screen's stripes 2.3 to 25; docs/liveness-fusion.md, "Texture and model"
    """

    fewest_frames: int = 12
    most_moire: float = 2.5
    moire_share: float = 0.3
    most_blur: float = 0.3


def examine(measures: SessionMeasures, challenge: Challenge, policy: TexturePolicy) -> LayerFinding:
    """ATTACK where a regular pattern lies over the face, LIVE where none does."""
    del challenge  # every layer has this form; texture does not depend on what was asked
    frames = [frame for frame in measures.frames if frame.box is not None]
    values = np.array([(frame.moire, frame.sharpness) for frame in frames], np.float64)
    if len(frames) < policy.fewest_frames or not np.isfinite(values).all():
        return LayerFinding(Layer.TEXTURE, Sign.UNKNOWN, ("too_few_frames",))
    moire, sharpness = values[:, 0], values[:, 1]
    patterned = float((moire >= policy.most_moire).mean())
    blurred = float((sharpness < 0.1 * np.quantile(sharpness, 0.9)).mean())
    reasons = ["regular_pattern"] if patterned >= policy.moire_share else ["no_pattern"]
    if blurred > policy.most_blur:
        reasons.append("focus_wanders")
    scores = {"moire": float(np.median(moire)), "patterned": patterned, "blurred": blurred}
    sign = Sign.ATTACK if patterned >= policy.moire_share else Sign.LIVE
    return LayerFinding(Layer.TEXTURE, sign, tuple(reasons), scores)
