"""What goes into a verification and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from auth_service.faces.copies import CopyPolicy
from auth_service.faces.quality import QualityReason
from auth_service.matching.comparison import ComparisonDecision
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.decision import Decision, DecisionPolicy
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.storage.unit import KnownCapture, Unit

MOST_PHOTOS = 3
"""More photos of one moment add little (docs/accuracy.md) and cost the server time."""


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """attested_by  who vouches that the person was present (a staff or key id), None for a bare photo
    by_device    the voucher is a device or system, not a signed-in officer"""

    id_number: str
    photos: tuple[bytes, ...]
    channel: Channel
    actor: str
    attested_by: str | None = None
    by_device: bool = False


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What a caller may build its answer from. `comparison` stays on the agency's side."""

    evidence_id: str
    decision: Decision
    evidence_kind: EvidenceKind
    certificate: Certificate | None
    engine: str
    calibration: str | None
    due_on: date | None
    quality_hints: tuple[QualityReason, ...]
    comparison: ComparisonDecision | None
    flags: tuple[str, ...]
    in_ledger: bool


@dataclass(frozen=True, slots=True)
class VerifyPolicies:
    """The policies of the stages that a verification passes through."""

    decision: DecisionPolicy
    copies: CopyPolicy


Conclude = Callable[[Unit, VerifyResult], None]
"""Runs inside the transaction that records the result, for what must stand or fall with it."""

SAME_CAPTURE = timedelta(minutes=15)
"""How long a capture that did not pass may be handed in again as the same capture, on the same channel.

An officer first looks at a comparison and then vouches for the person, or a teller sends a photo again after a lost
answer. A capture that has passed is over at once. source: one counter visit, the staff idle time of trust.md 2.3"""


def still_open(capture: KnownCapture, now: datetime, channel: Channel) -> bool:
    return not capture.qualified and capture.channel is channel and now - capture.taken_at < SAME_CAPTURE
