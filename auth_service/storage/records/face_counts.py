"""How many people's faces are stored, and since when that brings a duty."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from auth_service.enrollment.filing import FaceCount, Reached
from auth_service.storage.tables import (
    CaptureRow,
    ConsentRow,
    FaceThresholdRow,
    PersonKeyRow,
    PhotoRow,
    ReferencePhotoRow,
    ReferenceSetRow,
)
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_THRESHOLDS = table_of(FaceThresholdRow)


class FaceCounts:
    """Counting within one unit. A person whose key was destroyed has no readable face any more and is not counted."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def count(self) -> FaceCount:
        """Walks through the tables of faces: for a daily job, not for a screen."""
        photos = ReferencePhotoRow.erased_at.is_(None)
        sets = ReferenceSetRow.superseded_at.is_(None) & ReferenceSetRow.template_sealed.is_not(None)
        anywhere = (
            select(ReferencePhotoRow.person_id).where(photos)
            .union(
                select(ReferenceSetRow.person_id).where(sets),
                select(CaptureRow.person_id),
                select(PhotoRow.person_id).where(PhotoRow.person_id.is_not(None), PhotoRow.erased_at.is_(None)),
            )
            .subquery()
        )  # fmt: skip
        readable = select(PersonKeyRow.person_id).where(PersonKeyRow.wrapped.is_not(None))
        people = select(func.count()).select_from(anywhere).where(anywhere.c.person_id.in_(readable))
        usable = select(func.count(ReferenceSetRow.person_id.distinct())).where(
            sets, ReferenceSetRow.person_id.in_(readable)
        )
        stored = select(func.count()).select_from(ReferencePhotoRow).where(photos)
        run = self._work.connection.execute
        return FaceCount(run(people).scalar_one(), run(usable).scalar_one(), run(stored).scalar_one())

    def grounds(self) -> dict[str, int]:
        """People by kind of ground on record, every kind that somebody has."""
        wanted = select(ConsentRow.basis, func.count(ConsentRow.person_id.distinct())).group_by(ConsentRow.basis)
        rows = self._work.connection.execute(wanted.order_by(ConsentRow.basis))
        return {row.basis: row[1] for row in rows}

    def without_ground(self) -> int:
        """People who can be compared with though no ground was ever recorded; must be none."""
        recorded = select(ConsentRow.person_id)
        wanted = select(func.count(ReferenceSetRow.person_id.distinct())).where(
            ReferenceSetRow.superseded_at.is_(None),
            ReferenceSetRow.template_sealed.is_not(None),
            ReferenceSetRow.person_id.not_in(recorded),
        )
        return self._work.connection.execute(wanted).scalar_one()

    def reach(self, threshold: int, people: int, now: datetime) -> bool:
        """Remembers that a threshold was reached; False when it had been before."""
        values = {"threshold": threshold, "people": people, "reached_at": now}
        statement = insert_or_ignore(self._work.connection, FaceThresholdRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def reached(self) -> list[Reached]:
        """The thresholds that were reached, lowest first."""
        rows = self._work.connection.execute(select(_THRESHOLDS).order_by(_THRESHOLDS.c.threshold))
        return [Reached(row.threshold, row.people, row.reached_at) for row in rows]
