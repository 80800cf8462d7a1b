"""Hashes that recognise the same photo again, whatever was done to its bytes.

A hash holds the signs of 64 low frequencies of a 32x32 grey copy. Signs (not a median) on purpose: mirroring a
picture only turns the sign of the odd horizontal frequencies, so a mirrored copy is found without a second hash
(faces/copies.py).

source  DCT perceptual hash: Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010
"""

from __future__ import annotations

import hashlib
import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from auth_service.faces.image import Pixels
from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.quality import eye_centres
from auth_service.faces.sample import PhotoHash

_SIDE = 32
_REGION_EYE_DISTANCES = 4.0
"""Side of the square around the face, in eye distances: hair and shoulders' beginning, which differ between photos."""
_REGION_DOWN = 0.35
"""The square's middle lies this many eye distances below the eyes' middle, near the nose."""


def photo_hash(pixels: Pixels, face: DetectedFace | None) -> PhotoHash:
    """face  None: there is none, and its hash is 0"""
    digest = hashlib.sha256(struct.pack(">II", *pixels.shape[:2]))
    digest.update(np.ascontiguousarray(pixels).data)
    small = np.asarray(cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    around = 0 if face is None else frequency_signs(_grey(_face_region(pixels, face)))
    return PhotoHash(digest.digest(), around, frequency_signs(_grey(small)))


def frequency_signs(grey: NDArray[np.float32]) -> int:
    """64-bit hash of a float32 (32, 32) grey picture: bit (row, column) of the low 8x8 frequencies, row by row, the
    most significant first; the constant term gives its place to frequency (8, 0), which mirroring leaves alone."""
    frequencies = cv2.dct(grey)
    low = frequencies[:8, :8].copy()
    low[0, 0] = frequencies[8, 0]
    return int.from_bytes(np.packbits(low.ravel() > 0).tobytes(), "big")


def _grey(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)


def _face_region(pixels: Pixels, face: DetectedFace) -> NDArray[np.uint8]:
    """uint8 (32, 32, 3): the upright square around the face; what lies outside the photo repeats its border."""
    left_eye, right_eye = eye_centres(face)
    distance = max(4.0, float(np.hypot(*(right_eye - left_eye))))
    centre = (left_eye + right_eye) / 2.0
    half = distance * _REGION_EYE_DISTANCES / 2.0
    x, y = float(centre[0]), float(centre[1]) + distance * _REGION_DOWN
    left, top, right, bottom = round(x - half), round(y - half), round(x + half), round(y + half)
    height, width = pixels.shape[:2]
    cut = pixels[max(0, top) : max(1, min(height, bottom)), max(0, left) : max(1, min(width, right))]
    if cut.size == 0:
        return np.zeros((_SIDE, _SIDE, 3), np.uint8)
    beyond = (max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width))
    if any(beyond):
        cut = np.asarray(cv2.copyMakeBorder(cut, *beyond, cv2.BORDER_REPLICATE), np.uint8)
    return np.asarray(cv2.resize(cut, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)
