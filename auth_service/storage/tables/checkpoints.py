"""Signed checkpoints of the audit chain, and how far each witness has them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.storage.tables.schema import Schema, Word


class AuditCheckpointRow(Schema):
    """One checkpoint, append-only. `guard` is a keyed hash over the number, so that whoever takes a number in advance
    keeps nobody from using it; empty only in those of releases that had none. `note` is the signed text, which holds
    everything else that it states; `frontier` is the Merkle frontier at that length (hex, hashes one after another), so
    that the next one costs its new rows."""

    __tablename__ = "audit_checkpoints"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    guard: Mapped[bytes] = mapped_column(primary_key=True, server_default="")
    rows: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text)
    frontier: Mapped[str] = mapped_column(Text)


class AuditWitnessRow(Schema):
    """How far one witness is. `lease_until`: one process delivers to it at a time."""

    __tablename__ = "audit_witnesses"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    delivered: Mapped[int] = mapped_column(BigInteger)
    delivered_at: Mapped[datetime | None]
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    code: Mapped[Word | None]
    lease: Mapped[Word | None]
    lease_until: Mapped[datetime | None]
