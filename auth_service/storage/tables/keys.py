"""Which wrapping keys have been in use, and whom this service has erased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.core.erasure import ErasureReason, Requester
from auth_service.storage.tables.schema import Guard, Id, Schema, Word, one_of


class WrappingKeyRow(Schema):
    """One version of the key-encryption key, by its id in the key store; the key itself is never here.

    A retired one can wrap nothing any more, whatever a process that has not noticed may try.
    """

    __tablename__ = "wrapping_keys"

    id: Mapped[Word] = mapped_column(primary_key=True)
    first_used_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class ErasureRow(Schema):
    """One erased person: a tombstone without anything that tells who it was. Append-only; a copy is kept outside."""

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint(one_of("requested_by", Requester), name="requested_by"),
        CheckConstraint(one_of("reason", ErasureReason), name="reason"),
    )

    person_id: Mapped[Id] = mapped_column(primary_key=True)
    requested_by: Mapped[Word]
    reason: Mapped[Word]
    confirmed_by: Mapped[str] = mapped_column(String(200))
    decided_at: Mapped[datetime]
    erased_at: Mapped[datetime]
    guard: Mapped[Guard]
