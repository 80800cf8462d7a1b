"""What the MiniFASNet pair says of a face: live, or a print or screen. A signal beside others, never a gate alone.

source  Silent-Face-Anti-Spoofing of minivision (Apache-2.0): src/generate_patches.py for the crop, test.py for the mean
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.core.errors import ScoreInvalid, WeightsDigestWrong
from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import Box

_LIVE = 1
"""Place of "live" among the net's three classes."""


@dataclass(frozen=True, slots=True)
class PadNet:
    """One net of the pair. margin: sides of its crop over those of the face box; size: of its input in pixels"""

    net: cv2.dnn.Net
    margin: float
    size: int


class PadModel:
    """Holds nets that are not shared: one per thread."""

    def __init__(self, nets: Sequence[PadNet]) -> None:
        """raises WeightsDigestWrong: a net does not take one picture of its size, or does not tell three classes"""
        self._nets = tuple(nets)
        for net in nets:
            try:
                told = self._run(net, np.zeros((net.size, net.size, 3), np.uint8))
            except cv2.error as broken:
                raise WeightsDigestWrong("the net takes other pictures") from broken
            if told.shape != (3,):
                raise WeightsDigestWrong("the net does not tell three classes")

    def live_share(self, pixels: Pixels, box: Box) -> float:
        """0..1, the mean over the nets. raises ScoreInvalid"""
        shares = [_softmax(self._run(net, crop(pixels, box, net.margin, net.size)))[_LIVE] for net in self._nets]
        share = float(np.mean(shares))
        if not np.isfinite(share):
            raise ScoreInvalid("the model's share is not finite")
        return share

    def _run(self, net: PadNet, face: Pixels) -> NDArray[np.float32]:
        values = face[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)  # BGR, 0..255, not divided
        net.net.setInput(values)
        return np.asarray(net.net.forward(), np.float32).reshape(-1)


def open_net(weights: bytes) -> cv2.dnn.Net:
    """In OpenCV: 4.5 ms for one of the pair where onnxruntime takes 8.6 to 9.3 (one thread, same busy machine).

    raises  WeightsDigestWrong
    """
    try:
        return cv2.dnn.readNetFromONNX(np.frombuffer(weights, np.uint8))
    except cv2.error as broken:
        raise WeightsDigestWrong("the net cannot be loaded") from broken


def crop(pixels: Pixels, box: Box, margin: float, size: int) -> Pixels:
    """uint8 (size, size, 3) RGB: the box enlarged about its middle, less where the frame is too small for that, and
    moved inside where it would pass the border. The sides are not made equal, as in the source."""
    height, width = pixels.shape[:2]
    wide, high = max(1.0, box.width), max(1.0, box.height)
    scale = min((height - 1) / high, (width - 1) / wide, margin)
    left = _inside((box.left + box.right) / 2.0, wide * scale, width)
    top = _inside((box.top + box.bottom) / 2.0, high * scale, height)
    cut = pixels[int(top) : int(top + high * scale) + 1, int(left) : int(left + wide * scale) + 1]
    return np.asarray(cv2.resize(cut, (size, size)), np.uint8)


def _inside(middle: float, length: float, limit: int) -> float:
    """Where a stretch of this length begins so that it lies within 0..limit - 1."""
    return min(max(0.0, middle - length / 2.0), max(0.0, limit - 1 - length))


def _softmax(values: NDArray[np.float32]) -> NDArray[np.float64]:
    raised = np.exp(values.astype(np.float64) - float(values.max()))
    return np.asarray(raised / raised.sum(), np.float64)
