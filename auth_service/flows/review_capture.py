"""A reviewer says what a capture shows, and may take it back for a while. What follows comes later
(flows/settle_reviews.py), so that a slip of the hand issues no certificate and accuses nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    AccessRefused,
    FieldInvalid,
    FieldTooLong,
    OwnCapture,
    StaleJudgement,
    UndoOver,
)
from auth_service.faces.template import EngineIdentity
from auth_service.flows.review_terms import can_be_compared, for_review, keep
from auth_service.qualification.review import (
    REASONS_OF,
    Review,
    ReviewAct,
    ReviewPolicy,
    ReviewReason,
    ReviewState,
    ReviewVerdict,
    may_accept,
    state_of,
)
from auth_service.storage.unit import Store, StoredReview, Unit

LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer says of one capture. after: the newest act on the page that they saw, None when there was none"""

    evidence_id: str
    verdict: ReviewVerdict
    reason: ReviewReason
    note: str
    after: str | None


class ReviewCapture:
    """One instance serves all threads. identity: of the engine in use, whose references a reviewer sees"""

    def __init__(
        self, store: Store, identity: Callable[[], EngineIdentity], clock: Clock, policy: ReviewPolicy
    ) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock
        self._policy = policy

    def decide(self, said: Said, staff: StaffMember) -> Review:
        """Records a decision; nothing follows from it before the undo window has passed.

        raises   AccessRefused, OwnCapture, NotFound, FieldInvalid (a reason of another verdict; an acceptance that
                 pictures alone cannot give, or without pictures), FieldTooLong, StaleJudgement (somebody was faster)
        """
        self._require(staff)
        note = said.note.strip()
        if said.reason not in REASONS_OF[said.verdict]:
            raise FieldInvalid(field="reason")
        if len(note) > LONGEST_NOTE:
            raise FieldTooLong(field="note")
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.alone(f"review {said.evidence_id}")
            evidence, decision = for_review(unit, said.evidence_id)
            if evidence.attested_by == staff.id:
                raise OwnCapture
            if said.verdict is ReviewVerdict.ACCEPTED and not (
                may_accept(evidence, decision) and can_be_compared(unit, evidence, self._identity())
            ):
                raise FieldInvalid(field="verdict")
            acts = _seen(unit, said.evidence_id, said.after)
            if state_of(acts) is not ReviewState.WAITING:
                raise StaleJudgement
            review = Review(
                evidence.id, evidence.person_id or "", ReviewAct.DECIDED, said.verdict, said.reason, note, staff.id, now
            )
            keep(unit, review, acts)
        return review

    def take_back(self, evidence_id: str, after: str | None, staff: StaffMember) -> Review:
        """The capture waits again. raises AccessRefused (it was somebody else), NotFound, StaleJudgement, UndoOver"""
        self._require(staff)
        now = self._clock.now()
        with self._store.unit() as unit:
            unit.alone(f"review {evidence_id}")
            evidence, _ = for_review(unit, evidence_id)
            acts = _seen(unit, evidence_id, after)
            if state_of(acts) is not ReviewState.DECIDED:
                raise StaleJudgement
            last = acts[-1].review
            if last.done_by != staff.id:
                raise AccessRefused
            if now >= last.done_at + self._policy.undo:
                raise UndoOver
            review = Review(evidence.id, evidence.person_id or "", ReviewAct.TAKEN_BACK, None, None, "", staff.id, now)
            keep(unit, review, acts)
        return review

    @staticmethod
    def _require(staff: StaffMember) -> None:
        if not may(staff.role, Permission.DECIDE_REVIEWS):
            raise AccessRefused


def _seen(unit: Unit, evidence_id: str, after: str | None) -> Sequence[StoredReview]:
    """All acts, the newest of which the reviewer has seen. raises StaleJudgement, SealBroken"""
    acts = unit.reviews.of(evidence_id)
    if (acts[-1].id if acts else None) != after:
        raise StaleJudgement
    return acts
