"""Evidence, decisions and certificates: append-only facts, in clear because they name nobody."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.liveness.decision import PadVerdict
from auth_service.matching.comparison import Zone
from auth_service.qualification.decision import Outcome
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.storage.tables.schema import Id, Schema, Word, one_of

_REFERRED = text("outcome = 'refer'")


class EvidenceRow(Schema):
    """One attempt and the decision about it. Lists are JSON arrays of codes."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint(one_of("kind", EvidenceKind), name="kind"),
        CheckConstraint(one_of("pad_verdict", PadVerdict), name="pad_verdict"),
        CheckConstraint(one_of("zone", Zone, nullable=True), name="zone"),
        CheckConstraint(one_of("decision_zone", Zone, nullable=True), name="decision_zone"),
        CheckConstraint(one_of("outcome", Outcome), name="outcome"),
        CheckConstraint("(zone IS NULL) = (similarity IS NULL)", name="comparison"),
        CheckConstraint(
            "outcome <> 'qualified' OR (kind <> 'photo' AND zone IS NOT NULL AND zone = 'match')",
            name="qualified_needs_more_than_a_photo",
        ),
        Index(None, "person_id", "taken_at"),
        Index(None, "taken_at"),
        Index("ix_evidence_referred", "taken_at", "id", sqlite_where=_REFERRED, postgresql_where=_REFERRED),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[Word]
    kind: Mapped[Word]
    pad_verdict: Mapped[Word]
    pad_reasons: Mapped[str] = mapped_column(Text)
    similarity: Mapped[float | None] = mapped_column(Double)
    zone: Mapped[Word | None]
    engine: Mapped[Word | None]
    calibration: Mapped[str | None] = mapped_column(String(200))
    accept_at: Mapped[float | None] = mapped_column(Double)
    grey_at: Mapped[float | None] = mapped_column(Double)
    quality: Mapped[str] = mapped_column(Text)
    has_reference: Mapped[bool]
    probe_images: Mapped[int]
    taken_at: Mapped[datetime]
    attested_by: Mapped[str | None] = mapped_column(String(200))
    outcome: Mapped[Word]
    reasons: Mapped[str] = mapped_column(Text)
    decision_zone: Mapped[Word | None]


class CertificateRow(Schema):
    """A certificate as it was signed; one per piece of evidence."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint(one_of("kind", EvidenceKind), name="kind"),
        Index(None, "person_id"),
        Index(None, "issued_at"),
    )

    serial: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    evidence_id: Mapped[Id] = mapped_column(ForeignKey("evidence.id"), unique=True)
    kind: Mapped[Word]
    passed_on: Mapped[date]
    due_on: Mapped[date]
    token: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]
