"""Policies of a benefit, proposed by one person and put in force from a day on by another. Append-only."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word


class PolicyRow(Schema):
    """One document as it was checked, in JSON; it names no person."""

    __tablename__ = "policies"
    __table_args__ = (Unique("id", "proposed_by"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[Word] = mapped_column(unique=True)
    document: Mapped[str] = mapped_column(Text)
    document_digest: Mapped[Digest]
    proposed_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime]
    guard: Mapped[Guard]


class PolicyActivationRow(Schema):
    """A document comes into force; of those that have begun the newest counts. `proposed_by` is the proposal's, so that
    the database itself can refuse one and the same person."""

    __tablename__ = "policy_activations"
    __table_args__ = (
        CheckConstraint("activated_by <> proposed_by", name="two_people"),
        ForeignKeyConstraint(["policy_id", "proposed_by"], ["policies.id", "policies.proposed_by"]),
        Index(None, "policy_id"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    policy_id: Mapped[Id]
    starts_on: Mapped[date]
    proposed_by: Mapped[Id]
    activated_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    activated_at: Mapped[datetime]
    guard: Mapped[Guard]
