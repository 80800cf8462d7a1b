"""Measurements of the colours on the operator's own people, and what became of each. Append-only."""

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


class FlashMeasurementRow(Schema):
    """One measurement. `record` is JSON of counts, rates and versions ; it names nobody (flash_measurement.py)."""

    __tablename__ = "flash_measurements"
    __table_args__ = (UniqueConstraint("id", "recorded_by"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[Word] = mapped_column(unique=True)
    record: Mapped[str] = mapped_column(Text)
    record_digest: Mapped[Digest]
    recorded_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]
    guard: Mapped[Guard]


class FlashActRow(Schema):
    """A measurement came into force, or was withdrawn; the newest act of all counts. `recorded_by` is the
    measurement's, so that the database itself can refuse one and the same person. Withdrawing takes one person: it is
    stricter."""

    __tablename__ = "flash_acts"
    __table_args__ = (
        CheckConstraint("act IN ('activated', 'withdrawn')", name="act"),
        CheckConstraint("act = 'withdrawn' OR done_by <> recorded_by", name="two_people"),
        ForeignKeyConstraint(
            ["measurement_id", "recorded_by"], ["flash_measurements.id", "flash_measurements.recorded_by"]
        ),
        Index(None, "measurement_id"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    measurement_id: Mapped[Id]
    recorded_by: Mapped[Id]
    act: Mapped[Word]
    done_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    done_at: Mapped[datetime]
    guard: Mapped[Guard]
