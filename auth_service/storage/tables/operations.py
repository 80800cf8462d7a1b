"""Work that comes round by itself: who runs which job, and how the runs ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.core.jobs import RunOutcome
from auth_service.storage.tables.schema import Schema, Word, one_of


class JobLeaseRow(Schema):
    """One job: when it is due, and who holds the right to run it until when. `fence` counts the claims.

    `last_counts` is JSON: what the last run that did its work counted.
    """

    __tablename__ = "job_leases"
    __table_args__ = (CheckConstraint("(holder IS NULL) = (lease_until IS NULL)", name="held"),)

    job: Mapped[Word] = mapped_column(primary_key=True)
    fence: Mapped[int] = mapped_column(BigInteger)
    holder: Mapped[Word | None]
    lease_until: Mapped[datetime | None]
    next_due_at: Mapped[datetime]
    failures: Mapped[int]
    last_success_at: Mapped[datetime | None]
    last_counts: Mapped[str] = mapped_column(Text)


class JobRunRow(Schema):
    """One run of a job. `counts` is JSON. Old ones are removed: this is no record of decisions (those are audited)."""

    __tablename__ = "job_runs"
    __table_args__ = (
        CheckConstraint(one_of("outcome", RunOutcome, nullable=True), name="outcome"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    )

    job: Mapped[Word] = mapped_column(primary_key=True)
    fence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    holder: Mapped[Word]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Word | None]
    code: Mapped[Word | None]
    counts: Mapped[str] = mapped_column(Text)


class FaceThresholdRow(Schema):
    """When the number of people with a stored face first reached a number that brings a duty; append-only."""

    __tablename__ = "face_thresholds"

    threshold: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    people: Mapped[int]
    reached_at: Mapped[datetime]
