"""Layer MODEL: what the MiniFASNet pair says of the best frames. Advice, never a gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auth_service.capture.challenge import Challenge
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import SessionMeasures

VERSION = "model 1"


@dataclass(frozen=True, slots=True)
class ModelPolicy:
    """suspect_below  median share of the frames asked, below which a print or screen is suspected
    live_from      from which the model calls the face living

    source  docs/liveness.md, "Texture and model"; measured.md: at 0.5, BPCER 49 % where the crop is tight
    """

    suspect_below: float = 0.02
    live_from: float = 0.5


def examine(measures: SessionMeasures, challenge: Challenge, policy: ModelPolicy) -> LayerFinding:
    """UNKNOWN where the model is not installed."""
    del challenge  # every layer has this form; the model does not know what was asked
    shares = np.array([frame.model for frame in measures.frames if frame.model is not None], np.float64)
    if not shares.size:
        return LayerFinding(Layer.MODEL, Sign.UNKNOWN, ("not_installed",))
    share = float(np.median(shares))
    if not np.isfinite(shares).all() or not 0.0 <= share <= 1.0:
        return LayerFinding(Layer.MODEL, Sign.UNKNOWN, ("not_finite",))
    scores = {"share": share, "frames": float(shares.size)}
    if share < policy.suspect_below:
        return LayerFinding(Layer.MODEL, Sign.ATTACK, ("looks_copied",), scores)
    if share < policy.live_from:
        return LayerFinding(Layer.MODEL, Sign.ABSENT, ("not_convinced",), scores)
    return LayerFinding(Layer.MODEL, Sign.LIVE, ("looks_living",), scores)
