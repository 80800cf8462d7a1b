"""A decoded photo, whatever it was sent as."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""uint8 (H, W, 3), RGB, 0..255, upright (EXIF orientation applied)."""

AlignedFace = NDArray[np.uint8]
"""uint8 (N, N, 3), RGB, 0..255, eyes level, at the size and margin that its encoder asks for."""


@dataclass(frozen=True, slots=True)
class Image:
    """One photo as pixels only: no metadata survives decoding.

    pixels  see Pixels
    format  what it was sent as, by content: `jpeg`, `png` or `webp`
    """

    pixels: Pixels
    format: str

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])
