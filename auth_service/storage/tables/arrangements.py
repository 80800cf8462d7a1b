"""Contacts, proxies and accommodations as sources told them, one row for each word; what they say is sealed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.beneficiaries.arrangements import Topic
from auth_service.storage.tables.schema import Id, Schema, Word, one_of


class ArrangementRow(Schema):
    """One word of a source. `kind_index` is a keyed HMAC: the column alone tells no illness and nobody's guardian."""

    __tablename__ = "arrangements"
    __table_args__ = (
        CheckConstraint(one_of("topic", Topic), name="topic"),
        CheckConstraint("holds_until IS NULL OR holds_until >= holds_from", name="period"),
        Index(None, "person_id", "topic"),
        Index(None, "known_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    topic: Mapped[Word]
    kind_index: Mapped[bytes]
    details_sealed: Mapped[bytes]
    source: Mapped[Word]
    given: Mapped[bool]
    holds_from: Mapped[date]
    holds_until: Mapped[date | None]
    known_at: Mapped[datetime]
    batch_id: Mapped[Id]
