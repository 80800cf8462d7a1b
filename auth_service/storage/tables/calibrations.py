"""Threshold records of the operator's own, proposed by one person and put in force by another. Append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word


class CalibrationRow(Schema):
    """One proposal. `record` is the JSON that decides, `report` what was measured beside it; neither names a person."""

    __tablename__ = "calibrations"
    __table_args__ = (UniqueConstraint("id", "proposed_by"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[Word] = mapped_column(unique=True)
    engine: Mapped[Word]
    weights_digest: Mapped[Digest]
    record: Mapped[str] = mapped_column(Text)
    record_digest: Mapped[Digest]
    report: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime]
    guard: Mapped[Guard]


class CalibrationActivationRow(Schema):
    """A record came into force; the newest of an engine and its weights counts. `proposed_by` is the proposal's, so
    that the database itself can refuse one and the same person."""

    __tablename__ = "calibration_activations"
    __table_args__ = (
        CheckConstraint("activated_by <> proposed_by", name="two_people"),
        ForeignKeyConstraint(["calibration_id", "proposed_by"], ["calibrations.id", "calibrations.proposed_by"]),
        Index(None, "calibration_id"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    calibration_id: Mapped[Id]
    proposed_by: Mapped[Id]
    activated_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    activated_at: Mapped[datetime]
    guard: Mapped[Guard]
