"""What the flows of the review desk share: which attempts are for it, their picture, and how an act is kept."""

from __future__ import annotations

from collections.abc import Sequence

from auth_service.core.audit import AuditEvent
from auth_service.core.audit_facts import REVIEWED, SYSTEM, by_of
from auth_service.core.errors import KeyDestroyed, NotFound
from auth_service.faces.template import EngineIdentity
from auth_service.qualification.decision import Decision
from auth_service.qualification.evidence import FaceEvidence
from auth_service.qualification.review import Review, is_for_review
from auth_service.storage.unit import StoredReview, Unit

__all__ = ["SYSTEM", "can_be_compared", "for_review", "keep", "probe_of"]


def for_review(unit: Unit, evidence_id: str) -> tuple[FaceEvidence, Decision]:
    """An attempt that is for the desk, of somebody who is still known. raises NotFound"""
    found = unit.evidence.get(evidence_id)
    if found is None or not is_for_review(*found):
        raise NotFound
    try:
        known = unit.people.get(found[0].person_id or "") is not None
    except KeyDestroyed as error:
        raise NotFound from error
    if not known:
        raise NotFound
    return found


def probe_of(unit: Unit, evidence_id: str) -> str | None:
    """Id of the picture that was kept of an attempt, while it is there."""
    photo_id = unit.captures.picture_of(evidence_id)
    return photo_id if photo_id is not None and unit.photos.readable([photo_id]) else None


def can_be_compared(unit: Unit, evidence: FaceEvidence, identity: EngineIdentity) -> bool:
    """Whether a picture of the capture and one of the person's references are still there to be looked at."""
    current = unit.references.current(evidence.person_id or "", identity)
    pictures = [] if current is None else [photo.picture for photo in current.photos]
    if not unit.photos.readable(pictures):
        return False
    stored = unit.sessions.of_evidence(evidence.id)
    return probe_of(unit, evidence.id) is not None or (stored is not None and bool(unit.steps.kept(stored.session.id)))


def keep(unit: Unit, review: Review, acts: Sequence[StoredReview], certificate: str | None = None) -> str:
    """An act with the audit row that tells of it; returns its id. certificate: serial of one that follows from it"""
    review_id = unit.reviews.add(review, acts)
    details = {
        "review": review_id,
        "evidence": review.evidence_id,
        "act": review.act.value,
        "verdict": review.verdict.value if review.verdict else None,
        "reason": review.reason.value if review.reason else None,
        "certificate": certificate,
    }
    unit.audit.append(
        AuditEvent(by_of(review.done_by), REVIEWED, f"person:{review.person_id}", details), review.done_at
    )
    return review_id
