"""On what ground a face may be processed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PHOTO_SINCE = "2026-11-29"
"""From this version on the text of the beneficiary's page speaks of a photo that is left for staff."""
PILOT_TEXT = "pilot_consent/"
"""How `text_version` begins for a session of a pilot."""


class ConsentBasis(StrEnum):
    """source: PIPL art. 13 and 29; face recognition measures in force 2025-06-01 (trust.md section 3)."""

    SEPARATE_CONSENT = "separate_consent"
    """The person (or guardian) agreed to face processing by itself, to a recorded text."""
    STATUTORY_DUTY = "statutory_duty"
    """A written law obliges the agency to process it; the operator names the law in `reference`."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One recorded ground. `text_version` names the text that was read; `reference` a form number or law."""

    basis: ConsentBasis
    text_version: str
    language: str
    channel: str
    recorded_at: datetime
    reference: str | None = None

    @property
    def is_for_pilot(self) -> bool:
        """To the text of a pilot, which is the ground for nothing else."""
        return self.text_version.startswith(PILOT_TEXT)

    @property
    def covers_photo(self) -> bool:
        """Whether what the person agreed to on the page speaks of a photo left for staff."""
        return self.channel == "phone" and not self.is_for_pilot and self.text_version >= PHOTO_SINCE
