"""Regions as files told them, one row for each change: an old code keeps its name, and says what became of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.beneficiaries.region_tree import Change
from auth_service.storage.tables.schema import Id, Schema, one_of


class RegionRow(Schema):
    """One place. The row with the highest number is the newest word on its code. `successors` with `;` between."""

    __tablename__ = "regions"
    __table_args__ = (
        CheckConstraint(one_of("change", Change, nullable=True), name="change"),
        CheckConstraint("(change IS NULL) = (valid_to IS NULL)", name="ended"),
        Index(None, "code"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    code: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(100))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    change: Mapped[str | None] = mapped_column(String(64))
    successors: Mapped[str] = mapped_column(Text)
    known_at: Mapped[datetime]
    batch_id: Mapped[Id]
