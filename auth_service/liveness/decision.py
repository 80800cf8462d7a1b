"""The verdict about liveness, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PadVerdict(StrEnum):
    """How an attempt looks to presentation attack detection."""

    BONA_FIDE = "bona_fide"
    INCONCLUSIVE = "inconclusive"
    ATTACK_SUSPECTED = "attack_suspected"
    NONE = "none"
    """Nothing but a photo: liveness was not examined and nobody vouches for presence."""


class PadReason(StrEnum):
    """Why; for reviewers and the audit, never for a capture client."""

    ATTESTED_BY_OFFICER = "attested_by_officer"
    ATTESTED_BY_DEVICE = "attested_by_device"
    PHOTO_ONLY = "photo_only"
    COPY_OF_REFERENCE = "copy_of_reference"
    COPY_OF_EARLIER_CAPTURE = "copy_of_earlier_capture"


@dataclass(frozen=True, slots=True)
class PadDecision:
    """Verdict and reasons of one attempt."""

    verdict: PadVerdict
    reasons: tuple[PadReason, ...]
