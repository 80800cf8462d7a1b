"""A person looks at a capture that the machine did not settle: what they may say, and from when on it counts.

rules   a review is a fact beside the attempt, as a judgement is beside a flag; the attempt itself is never changed
        nothing here takes anything away: the worst that a reviewer can do alone is to ask a fund monitor to look
        until the undo window has passed the same reviewer may take the decision back, and nothing follows from it
source  contract.md sections 4 and 6; docs/decisions/0029-capture-and-liveness.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from auth_service.liveness.decision import PadVerdict
from auth_service.qualification.decision import Decision, Outcome, Reason
from auth_service.qualification.evidence import EvidenceKind, FaceEvidence


class ReviewVerdict(StrEnum):
    """What a reviewer says."""

    ACCEPTED = "accepted"
    """The person on file, alive before the camera: a certificate follows."""
    SUSPECTED = "suspected"
    """Somebody else, or a picture of the person: a flag for the fund monitor follows, and nothing else."""
    CANNOT_TELL = "cannot_tell"
    """The pictures do not tell: the person is asked to come another way."""


class ReviewReason(StrEnum):
    """Why, from a fixed list; a note in words may stand beside it."""

    SAME_FEATURES = "same_features"
    AGED = "aged"
    POOR_PICTURE_SAME_PERSON = "poor_picture_same_person"
    OTHER_PERSON = "other_person"
    PICTURE_OR_SCREEN = "picture_or_screen"
    EARLIER_FILM = "earlier_film"
    NO_RESPONSE = "no_response"
    TOO_POOR = "too_poor"
    OLD_REFERENCE = "old_reference"
    RELATIVE_OR_TWIN = "relative_or_twin"
    NOT_SURE = "not_sure"


REASONS_OF: dict[ReviewVerdict, tuple[ReviewReason, ...]] = {
    ReviewVerdict.ACCEPTED: (
        ReviewReason.SAME_FEATURES, ReviewReason.AGED, ReviewReason.POOR_PICTURE_SAME_PERSON,
    ),
    ReviewVerdict.SUSPECTED: (
        ReviewReason.OTHER_PERSON, ReviewReason.PICTURE_OR_SCREEN, ReviewReason.EARLIER_FILM,
    ),
    ReviewVerdict.CANNOT_TELL: (
        ReviewReason.TOO_POOR, ReviewReason.OLD_REFERENCE, ReviewReason.RELATIVE_OR_TWIN, ReviewReason.NO_RESPONSE,
        ReviewReason.NOT_SURE,
    ),
}  # fmt: skip
"""Which reasons go with which verdict. No response leads to a visit, never to a suspicion (trust.md 1.5 L8)."""


class ReviewAct(StrEnum):
    """What was done about a capture. The newest counts."""

    DECIDED = "decided"
    TAKEN_BACK = "taken_back"
    SETTLED = "settled"
    """The undo window has passed, and what follows was done."""


class ReviewState(StrEnum):
    """Where a capture stands on the desk."""

    WAITING = "waiting"
    DECIDED = "decided"
    SETTLED = "settled"


STATE_AFTER: dict[ReviewAct, ReviewState] = {
    ReviewAct.DECIDED: ReviewState.DECIDED,
    ReviewAct.TAKEN_BACK: ReviewState.WAITING,
    ReviewAct.SETTLED: ReviewState.SETTLED,
}


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """undo_minutes  within which the reviewer may take a decision back; the certificate, the flag or the request for
                  another way follows when they have passed

    source  own decision: a slip of the hand is noticed within minutes, and whoever waits for a look waits for days
    """

    undo_minutes: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.undo_minutes <= 24 * 60:
            raise ValueError("between a minute and a day")

    @property
    def undo(self) -> timedelta:
        return timedelta(minutes=self.undo_minutes)


@dataclass(frozen=True, slots=True)
class Review:
    """One act. verdict and reason are None where a decision was taken back; a settlement repeats the verdict.

    note     the reviewer's words; empty for none
    done_by  pseudonymous id of the member of staff, or `system`
    """

    evidence_id: str
    person_id: str
    act: ReviewAct
    verdict: ReviewVerdict | None
    reason: ReviewReason | None
    note: str
    done_by: str
    done_at: datetime


class _Done(Protocol):
    @property
    def act(self) -> ReviewAct: ...


def state_of(acts: Sequence[_Done]) -> ReviewState:
    """acts: all of one capture, oldest first."""
    return STATE_AFTER[acts[-1].act] if acts else ReviewState.WAITING


_OTHERWISE = frozenset(
    {
        Reason.ATTACK_SUSPECTED,
        Reason.LIVENESS_INCONCLUSIVE,
        Reason.PHOTO_WITHOUT_ATTESTATION,
        Reason.NO_USABLE_REFERENCE,
        Reason.FACE_NOT_ENOUGH,
        Reason.REFERENCE_OF_SAME_KEY,
    }
)
"""What pictures alone cannot settle: papers, an officer in person, a monitor or another capture must."""


def is_for_review(evidence: FaceEvidence, decision: Decision) -> bool:
    """Whether a capture is for the desk: referred, of somebody in the ledger, and more than a bare photo (which nobody
    took of anybody for certain, and which can never pass)."""
    known = evidence.person_id is not None and evidence.kind is not EvidenceKind.PHOTO
    return known and decision.outcome is Outcome.REFER


def may_accept(evidence: FaceEvidence, decision: Decision) -> bool:
    """Whether a look at the pictures may turn this capture into a pass. Not where the layers themselves did not see
    enough, whatever else sent it here, as an engine that shows no turns."""
    pad = evidence.pad
    seen = pad.verdict is not PadVerdict.INCONCLUSIVE or pad.needs_a_person
    known = is_for_review(evidence, decision) and evidence.has_reference
    return seen and known and _OTHERWISE.isdisjoint(decision.reasons)
