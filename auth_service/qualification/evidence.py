"""What one attempt showed. Append-only: nothing edits evidence, new evidence is added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auth_service.faces.quality import QualityReason
from auth_service.liveness.decision import PadDecision
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.qualification.chip import ChipComparison


class EvidenceKind(StrEnum):
    """Kinds that this release records; domain.md section 5 grades them."""

    FACE = "face"
    """Self-service with liveness."""
    ASSISTED = "assisted"
    """An officer, or a device with the scope `assisted`, attested presence."""
    PHOTO = "photo"
    """A photo without anybody vouching: never qualifies."""


class Channel(StrEnum):
    """Where the attempt was made."""

    COUNTER = "counter"
    AGENCY_API = "agency_api"
    PHONE = "phone"
    KIOSK = "kiosk"


@dataclass(frozen=True, slots=True)
class FaceEvidence:
    """One attempt, from photo to comparison.

    comparison       None when there was nothing to compare with, or an attack was suspected
    quality          what the photo lacked; empty when it was good enough
    attested_by      pseudonymous id of the officer or device that vouched
    face_not_enough  a child survivor or declared twin (contract.md section 4): never passes on a face
    has_reference    False when the person has no usable reference (or is not in the ledger)
    own_reference    all that the photo was compared with was enrolled by the very API key that asks
    needs_a_person   what was shown of liveness can lead to no pass however often it is tried (no colours and no
                     possession factor, or an engine whose points show no depth): a person looks at once
    offline          captured without a line: the person has left, so nobody can be asked to try again
    chip             the portrait of a card's chip beside the capture, where one was read
    held             something speaks against the record or its device, nothing against the person: a match passes only
                     when somebody says so
    """

    id: str
    person_id: str | None
    channel: Channel
    kind: EvidenceKind
    pad: PadDecision
    comparison: ComparisonDecision | None
    quality: tuple[QualityReason, ...]
    has_reference: bool
    probe_images: int
    taken_at: datetime
    attested_by: str | None = None
    face_not_enough: bool = False
    own_reference: bool = False
    needs_a_person: bool = False
    offline: bool = False
    held: bool = False
    chip: ChipComparison | None = None

    @property
    def counts_as_try(self) -> bool:
        """Whether a failure is counted for the person.

        A photo that a system sends without anybody's word says nothing of whom it names, and neither does a capture
        session in which no living face was compared: whoever has a key, or knows a number and a name, could otherwise
        use up somebody's tries and have them flagged. Nor is a match a failure whose kiosk is doubted.
        source  trust.md 2.5: a stranger must not be able to lock out an old man
        """
        if self.kind is EvidenceKind.FACE:
            matched = self.comparison is not None and self.comparison.zone is Zone.MATCH
            return self.comparison is not None and not (self.held and matched)
        return self.kind is not EvidenceKind.PHOTO or self.channel is not Channel.AGENCY_API
