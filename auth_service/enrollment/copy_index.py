"""Finding the same photo among all enrolled ones, whoever it was enrolled for.

Hashes are biometric data and lie encrypted, so the search runs on an in-memory snapshot made by one decrypting pass
and kept current by what was enrolled since.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auth_service.faces.copies import MIRROR, CopyPolicy
from auth_service.faces.sample import PhotoHash

_GROWTH = 1024


@dataclass(frozen=True, slots=True)
class CopyCandidate:
    """An enrolled photo whose hash is near. Whether it is a copy is decided with the templates (faces/copies.py)."""

    person_id: str
    photo_id: str
    distance: int


class CopyIndex:
    """Exact scan over the face and frame hashes of enrolled photos. One writer at a time."""

    def __init__(self) -> None:
        self.watermark = 0
        self._count = 0
        self._hashes: NDArray[np.uint64] = np.zeros((_GROWTH, 2), dtype=np.uint64)
        self._people: list[str] = []
        self._photos: list[str] = []

    def __len__(self) -> int:
        return self._count

    def add(self, sequence: int, person_id: str, photo_id: str, photo_hash: PhotoHash) -> None:
        """Adds one enrolled photo; `sequence` is its place in the order of enrolment."""
        if self._count == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
        self._hashes[self._count] = (photo_hash.face_hash, photo_hash.frame_hash)
        self._people.append(person_id)
        self._photos.append(photo_id)
        self._count += 1
        self.watermark = max(self.watermark, sequence)

    def near(self, wanted: PhotoHash, policy: CopyPolicy) -> list[CopyCandidate]:
        """Enrolled photos whose face or frame hash lies within the policy's limits, mirrored or not, nearest first."""
        known = self._hashes[: self._count]
        if not len(known):
            return []
        face = _distances(known[:, 0], wanted.face_hash)
        frame = _distances(known[:, 1], wanted.frame_hash)
        found = np.flatnonzero((face <= policy.max_face_bits) | (frame <= policy.max_frame_bits))
        nearest = np.minimum(face, frame)
        order = found[np.argsort(nearest[found], kind="stable")]
        return [CopyCandidate(self._people[i], self._photos[i], int(nearest[i])) for i in order]


def _distances(known: NDArray[np.uint64], wanted: int) -> NDArray[np.uint8]:
    """Differing bits to each known hash, 0..64, of the photo or of its mirror image, whichever is less."""
    plain = np.bitwise_count(known ^ np.uint64(wanted))
    mirrored = np.bitwise_count(known ^ np.uint64(wanted ^ MIRROR))
    return np.asarray(np.minimum(plain, mirrored), dtype=np.uint8)
