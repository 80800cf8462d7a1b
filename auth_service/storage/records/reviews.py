"""What members of staff say of captures that a person must look at. Append-only; the newest act of a capture counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, insert, select
from sqlalchemy.exc import IntegrityError

from auth_service.core.errors import KeyDestroyed, SealBroken, StaleJudgement
from auth_service.core.ids import new_id
from auth_service.qualification.review import Review, ReviewAct, ReviewReason, ReviewVerdict
from auth_service.storage.records.guards import guard_of, is_genuine
from auth_service.storage.records.passes import FOR_REVIEW
from auth_service.storage.sealing import Place
from auth_service.storage.tables import EvidenceRow, PersonKeyRow, ReviewRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_REVIEWS, _KEYS, _EVIDENCE = table_of(ReviewRow), table_of(PersonKeyRow), table_of(EvidenceRow)
_LATER = _REVIEWS.alias("later")
IS_NEWEST = (
    ~select(_LATER.c.id)
    .where(_LATER.c.evidence_id == _REVIEWS.c.evidence_id, _LATER.c.number > _REVIEWS.c.number)
    .exists()
)
"""For statements over `reviews`: no later act about the same capture."""
_DUE = (
    select(_REVIEWS.c.evidence_id)
    .join(_KEYS, and_(_KEYS.c.person_id == _REVIEWS.c.person_id, _KEYS.c.destroyed_at.is_(None)))
    .where(_REVIEWS.c.act == ReviewAct.DECIDED.value, IS_NEWEST)
    .order_by(_REVIEWS.c.done_at, _REVIEWS.c.id)
)


@dataclass(frozen=True, slots=True)
class StoredReview:
    """One act with its id. note_gone: there was a note, and the person has been erased since"""

    id: str
    review: Review
    note_gone: bool = False

    @property
    def act(self) -> ReviewAct:
        return self.review.act


class Reviews:
    """Reviews within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, review: Review, seen: Sequence[StoredReview]) -> str:
        """Records an act; returns its id.

        seen     all acts of this capture that this one follows
        raises   StaleJudgement (another came meanwhile), KeyDestroyed (the person was erased)
        """
        review_id, key = new_id(), self._work.keys.of(review.person_id)
        values = {
            "id": review_id,
            "evidence_id": review.evidence_id,
            "number": len(seen) + 1,
            "person_id": review.person_id,
            "act": review.act.value,
            "verdict": review.verdict.value if review.verdict else None,
            "reason": review.reason.value if review.reason else None,
            "note_sealed": key.seal(_place(review_id), review.note.encode()) if review.note else None,
            "done_by": review.done_by,
            "done_at": review.done_at,
        }
        values["guard"] = guard_of(self._work.indexes, ReviewRow, values)
        try:
            self._work.connection.execute(insert(_REVIEWS), values)
        except IntegrityError as error:  # another transaction took this number between the look and the write
            raise StaleJudgement from error
        return review_id

    def of(self, evidence_id: str) -> list[StoredReview]:
        """All acts about one capture, oldest first.

        raises   SealBroken: a row that this service did not write stands among them, so none of them counts; KeyMissing
        """
        wanted = select(_REVIEWS).where(_REVIEWS.c.evidence_id == evidence_id).order_by(_REVIEWS.c.number)
        rows = self._work.connection.execute(wanted).all()
        if not all(is_genuine(self._work.indexes, ReviewRow, row) for row in rows):
            raise SealBroken("reviews.guard")
        return [self._read(row) for row in rows]

    def await_look(self, person_id: str) -> bool:
        """Whether a capture of this person is for the desk, and what follows from it was not done yet."""
        settled = and_(_REVIEWS.c.evidence_id == _EVIDENCE.c.id, _REVIEWS.c.act == ReviewAct.SETTLED.value)
        mine = select(_EVIDENCE.c.id).where(
            _EVIDENCE.c.person_id == person_id, FOR_REVIEW, ~select(_REVIEWS.c.id).where(settled).exists()
        )
        return self._work.connection.execute(mine.limit(1)).first() is not None

    def due(self, before: datetime, most: int) -> list[str]:
        """Captures that were decided at or before an instant, the decision not taken back and nothing done about it
        yet; the longest due first. Of people who were erased meanwhile none."""
        return list(self._work.connection.execute(_DUE.where(_REVIEWS.c.done_at <= before).limit(most)).scalars())

    def _read(self, row: Row[Any]) -> StoredReview:
        note, gone = "", False
        if row.note_sealed is not None:
            try:
                note = self._work.keys.of(row.person_id).open(_place(row.id), row.note_sealed).decode()
            except KeyDestroyed:
                gone = True
        verdict = ReviewVerdict(row.verdict) if row.verdict else None
        reason = ReviewReason(row.reason) if row.reason else None
        review = Review(
            row.evidence_id, row.person_id, ReviewAct(row.act), verdict, reason, note, row.done_by, row.done_at
        )
        return StoredReview(row.id, review, gone)


def _place(review_id: str) -> Place:
    return Place("reviews", review_id, "note")
