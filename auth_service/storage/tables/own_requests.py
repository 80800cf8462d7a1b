"""What people ask about their own data, and what a privacy officer did about it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.enrollment.own_request import Answer, OwnWish, Papers
from auth_service.qualification.evidence import Channel
from auth_service.storage.tables.schema import Id, Schema, Word, one_of


class OwnRequestRow(Schema):
    """One request. It changes nothing by itself. `once`: keyed, one request a day for one person and wish.

    note_sealed  what staff say about it, with the person's key
    """

    __tablename__ = "own_requests"
    __table_args__ = (
        CheckConstraint(one_of("wish", OwnWish), name="wish"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint(one_of("answer", Answer, nullable=True), name="answer"),
        CheckConstraint(one_of("papers", Papers, nullable=True), name="papers"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled"),
        CheckConstraint("(answer IS NULL) = (settled_at IS NULL)", name="answered"),
        CheckConstraint("answer IS NULL OR (answer = 'done') = (papers IS NOT NULL)", name="in_person"),
        Index(None, "asked_at"),
        Index(None, "person_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    wish: Mapped[Word]
    channel: Mapped[Word]
    asked_at: Mapped[datetime]
    once: Mapped[bytes] = mapped_column(unique=True)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[Id | None]
    answer: Mapped[Word | None]
    papers: Mapped[Word | None]
    note_sealed: Mapped[bytes | None]
