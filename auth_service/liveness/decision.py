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
    """Why; for reviewers and the audit, never for a capture client. Texts in zh and en: liveness/reasons.py.

    `<layer>_<sign>` says what a layer of layers.py found where it stood in the way of a pass, or was to be noted.
    """

    ATTESTED_BY_OFFICER = "attested_by_officer"
    ATTESTED_BY_DEVICE = "attested_by_device"
    PHOTO_ONLY = "photo_only"
    COPY_OF_REFERENCE = "copy_of_reference"
    COPY_OF_EARLIER_CAPTURE = "copy_of_earlier_capture"

    LIVE_CAPTURE = "live_capture"
    LIVE_CAPTURE_AND_POSSESSION = "live_capture_and_possession"
    POSSESSION_MISSING = "possession_missing"
    """The session proves too little without colours: a possession factor is added, or a person looks."""
    FLASH_NOT_MEASURED = "flash_not_measured"
    """Colours do not count before the operator has measured them, and the motions alone were too few."""
    VERSION_UNKNOWN = "version_unknown"

    CHALLENGE_ABSENT = "challenge_absent"
    CHALLENGE_ATTACK = "challenge_attack"
    CHALLENGE_UNKNOWN = "challenge_unknown"
    GEOMETRY_ABSENT = "geometry_absent"
    GEOMETRY_ATTACK = "geometry_attack"
    GEOMETRY_UNKNOWN = "geometry_unknown"
    PARALLAX_ABSENT = "parallax_absent"
    PARALLAX_ATTACK = "parallax_attack"
    PARALLAX_UNKNOWN = "parallax_unknown"
    FLASH_ABSENT = "flash_absent"
    FLASH_ATTACK = "flash_attack"
    FLASH_UNKNOWN = "flash_unknown"
    CONSISTENCY_ABSENT = "consistency_absent"
    CONSISTENCY_ATTACK = "consistency_attack"
    CONSISTENCY_UNKNOWN = "consistency_unknown"
    TEXTURE_ABSENT = "texture_absent"
    TEXTURE_ATTACK = "texture_attack"
    TEXTURE_UNKNOWN = "texture_unknown"
    MODEL_ABSENT = "model_absent"
    MODEL_ATTACK = "model_attack"
    MODEL_UNKNOWN = "model_unknown"
    REPLAY_ABSENT = "replay_absent"
    REPLAY_ATTACK = "replay_attack"
    REPLAY_UNKNOWN = "replay_unknown"
    CHANNEL_ATTACK = "channel_attack"
    """Noted beside a verdict; never the cause of one."""


ONLY_A_PERSON_HELPS = frozenset(
    {PadReason.POSSESSION_MISSING, PadReason.FLASH_NOT_MEASURED, PadReason.VERSION_UNKNOWN, PadReason.CHANNEL_ATTACK}
)
"""Reasons that another try would meet again."""


@dataclass(frozen=True, slots=True)
class PadDecision:
    """Verdict and reasons of one attempt."""

    verdict: PadVerdict
    reasons: tuple[PadReason, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether an inconclusive attempt should be looked at rather than tried again."""
        return self.verdict is PadVerdict.INCONCLUSIVE and ONLY_A_PERSON_HELPS.issuperset(self.reasons)
