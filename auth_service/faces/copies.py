"""Is this the same photo again? A copy is re-encoded, resized, cropped, brightened or mirrored, but no new photo.

Serves I09 (one image enrolled for two people) and V04 (the enrolled photo shown as a fresh capture).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auth_service.core.errors import ScoreInvalid, TemplatesIncomparable
from auth_service.faces.sample import PhotoHash, hamming
from auth_service.faces.template import Template

MIRROR = 0x5555555555555555
"""Odd horizontal frequencies, whose sign a mirror turns. Bit order: row by row, the most significant first."""


@dataclass(frozen=True, slots=True)
class CopyPolicy:
    """Both must hold: a hash within its limit, and templates nearly equal.

    max_face_bits    of 64 between the face hashes
    max_frame_bits   of 64 between the frame hashes
    min_cosine       between the templates of engines that `min_cosine_of` does not name
    max_bits_alone   of 64, for both hashes, where the known photo's template is of another engine and cannot be asked;
                     source: trust.md 1.5 L5, Hamming <= 6/64 -> review
    most_captures    earlier captures of the person that a new one is held against, passes first and then the newest:
                     what a long history costs must not tell who is known; source: trust.md 2.5 (medians < 5 ms apart),
                     measured, 64 captures cost 3 ms; a person passes once a year and tries at most 24 times a day
    min_cosine_of    (engine, limit) pairs; nets whose vectors are centred have wider cosines than dlib's

    source  measured on the shared LFW photos with `dlib-resnet`, mirrored templates. 4,392 copies (244 photos, 18 ways:
            JPEG quality 60 to 95, resized 0.5 to 1.5, mirrored, cropped 3 to 10 % a side, brightness -30 to +20 %,
            turned 3 degrees, and these together): 0.4 % missed. 6,555 pairs of photos of one person: 3 called
            copies, at least one of which is one. 5.8 million pairs of different people: none (by hash alone 1 in
            800 would be, which is why the template has its say). `mobilefacenet`: copies have a median cosine of
            0.97 and 5 % lie below 0.86; other photos of the person reach 0.865. `sface` takes its limit from there
    """

    max_face_bits: int = 12
    max_frame_bits: int = 10
    max_bits_alone: int = 6
    min_cosine: float = 0.99
    most_captures: int = 64
    min_cosine_of: tuple[tuple[str, float], ...] = (("mobilefacenet", 0.9), ("sface", 0.9))


def is_copy(a: PhotoHash, ta: Template, b: PhotoHash, tb: Template, policy: CopyPolicy) -> bool:
    """Whether two photos are one, mirrored or not. raises TemplatesIncomparable, ScoreInvalid"""
    if a.pixel_digest == b.pixel_digest:
        return True
    return looks_copied(a, b, policy) and cosine(ta, tb) >= _cosine_limit(ta.identity.engine, policy)


def is_copy_by_hash(a: PhotoHash, b: PhotoHash, policy: CopyPolicy) -> bool:
    """Whether two photos are one, where no template can be asked: both hashes must be closer than with one."""
    return a.pixel_digest == b.pixel_digest or (
        mirrored_distance(a.face_hash, b.face_hash) <= policy.max_bits_alone
        and mirrored_distance(a.frame_hash, b.frame_hash) <= policy.max_bits_alone
    )


def looks_copied(a: PhotoHash, b: PhotoHash, policy: CopyPolicy) -> bool:
    """The cheap half, for narrowing many candidates; alone it proves nothing."""
    return (
        mirrored_distance(a.face_hash, b.face_hash) <= policy.max_face_bits
        or mirrored_distance(a.frame_hash, b.frame_hash) <= policy.max_frame_bits
    )


def mirrored_distance(a: int, b: int) -> int:
    """Differing bits of two hashes, 0..64, or of one and the other's mirror image, whichever is less."""
    return min(hamming(a, b), hamming(a, b ^ MIRROR))


def cosine(ta: Template, tb: Template) -> float:
    """Cosine of two templates of one engine, -1..1. raises TemplatesIncomparable, ScoreInvalid (not finite, or zero)"""
    if ta.identity != tb.identity:
        raise TemplatesIncomparable
    x, y = ta.vector.astype(np.float64), tb.vector.astype(np.float64)
    value = float(x @ y) / max(float(np.linalg.norm(x) * np.linalg.norm(y)), 1e-300)
    if not np.isfinite(value) or not x.any() or not y.any():
        raise ScoreInvalid
    return value


def _cosine_limit(engine: str, policy: CopyPolicy) -> float:
    return dict(policy.min_cosine_of).get(engine, policy.min_cosine)
