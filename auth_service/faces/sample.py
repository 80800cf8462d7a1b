"""One photo, read: its face, quality, template and the hashes that recognise the same photo again."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.faces.landmarks import DetectedFace
from auth_service.faces.quality import QualityReport
from auth_service.faces.template import Template


@dataclass(frozen=True, slots=True)
class PhotoHash:
    """What recognises a copy of a photo. Biometric data: kept encrypted, erased with the photo.

    pixel_digest  sha256 of the upright RGB pixels and their size: equal for byte-different copies of the same pixels
    face_hash     64-bit perceptual hash of the region around the face, bits most significant first
    frame_hash    64-bit perceptual hash of the whole photo
    """

    pixel_digest: bytes
    face_hash: int
    frame_hash: int


def hamming(a: int, b: int) -> int:
    """Number of differing bits of two 64-bit hashes, 0..64."""
    return (a ^ b).bit_count()


@dataclass(frozen=True, slots=True)
class FaceSample:
    """What one photo tells about one face. Holds no pixels, so that it crosses processes cheaply.

    width, height  of the upright photo, in pixels
    """

    width: int
    height: int
    face: DetectedFace
    quality: QualityReport
    template: Template
    photo_hash: PhotoHash
