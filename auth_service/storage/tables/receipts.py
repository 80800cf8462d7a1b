"""Certificates of passes by data, a visit or somebody else's certificate; and certificates that hold no longer.

Append-only facts, in clear because they name nobody.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.qualification.certificate import ReceiptKind
from auth_service.qualification.revocation import RevocationReason
from auth_service.storage.tables.schema import Guard, Id, Schema, Word, one_of


class ReceiptRow(Schema):
    """A certificate as it was signed; one per event that completed a pass. What was compared here has its own in
    `certificates`.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint(one_of("kind", ReceiptKind), name="kind"),
        Index(None, "person_id", "passed_on"),
        Index(None, "issued_at"),
    )

    serial: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    event_id: Mapped[Id] = mapped_column(ForeignKey("life_events.id"), unique=True)
    kind: Mapped[Word]
    passed_on: Mapped[date]
    due_on: Mapped[date]
    token: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]


class RevocationRow(Schema):
    """That the certificate with this serial holds no longer. A row without its guard counts for nothing: nobody makes
    a certificate void by writing into the database.
    """

    __tablename__ = "revocations"
    __table_args__ = (CheckConstraint(one_of("reason", RevocationReason), name="reason"), Index(None, "revoked_at"))

    serial: Mapped[Id] = mapped_column(primary_key=True)
    reason: Mapped[Word]
    revoked_at: Mapped[datetime]
    due_on: Mapped[date]
    guard: Mapped[Guard]
