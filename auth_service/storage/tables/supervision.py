"""Flags, judgements, reviews of captures and the audit chain: append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.monitoring.flags import Severity, Verdict
from auth_service.qualification.review import ReviewAct, ReviewVerdict
from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word, one_of


class FlagRow(Schema):
    """One finding. `evidence` and `photos` are JSON without names, ID numbers or images."""

    __tablename__ = "flags"
    __table_args__ = (
        CheckConstraint(one_of("severity", Severity), name="severity"),
        Index(None, "severity_rank", "raised_at", "id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    rule_id: Mapped[Word]
    rule_version: Mapped[int]
    severity: Mapped[Word]
    severity_rank: Mapped[int]
    evidence: Mapped[str] = mapped_column(Text)
    photos: Mapped[str] = mapped_column(Text)
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    raised_at: Mapped[datetime]


class FlagPersonRow(Schema):
    """Whom a flag concerns, in the order that the rule gave."""

    __tablename__ = "flag_people"
    __table_args__ = (Index(None, "person_id"),)

    flag_id: Mapped[Id] = mapped_column(ForeignKey("flags.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))


class JudgementRow(Schema):
    """What a monitor decided. `number` counts per flag, so that two at once cannot both be the newest."""

    __tablename__ = "judgements"
    __table_args__ = (
        CheckConstraint(one_of("verdict", Verdict), name="verdict"),
        UniqueConstraint("flag_id", "number"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    flag_id: Mapped[Id] = mapped_column(ForeignKey("flags.id"))
    number: Mapped[int]
    verdict: Mapped[Word]
    reason_sealed: Mapped[bytes]
    judged_by: Mapped[str] = mapped_column(String(200))
    judged_at: Mapped[datetime]


class ReviewRow(Schema):
    """What was done about a capture that a person must look at. `number` counts per capture, so that two at once cannot
    both be the newest.

    evidence_id  no foreign key: reviews are kept longer than scores
    note_sealed  the reviewer's words, with the key of the person whom they are about
    """

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint(one_of("act", ReviewAct), name="act"),
        CheckConstraint(one_of("verdict", ReviewVerdict, nullable=True), name="verdict"),
        CheckConstraint("(act = 'taken_back') = (verdict IS NULL)", name="said"),
        UniqueConstraint("evidence_id", "number"),
        Index(None, "act", "done_at"),
        Index(None, "person_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    evidence_id: Mapped[Id]
    number: Mapped[int]
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    act: Mapped[Word]
    verdict: Mapped[Word | None]
    reason: Mapped[Word | None]
    note_sealed: Mapped[bytes | None]
    done_by: Mapped[str] = mapped_column(String(200))
    done_at: Mapped[datetime]
    guard: Mapped[Guard]


class AuditRowTable(Schema):
    """The audit chain. `at` and `details` are kept as the very text that was hashed; `guard` is a keyed hash over place
    and hash, empty only in rows of releases that had none."""

    __tablename__ = "audit_rows"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    details: Mapped[str] = mapped_column(Text)
    previous: Mapped[Digest]
    hash: Mapped[Digest]
    guard: Mapped[bytes] = mapped_column(server_default="")


class AuditHeadRow(Schema):
    """The one row that says how long the chain is and where it ends. The rows move it along, nobody else does."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rows: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[Digest]


class AuditBaseRow(Schema):
    """The one row that says up to where audit rows and checkpoints have no guard of their own, because a release
    without guards wrote them: guarded itself, and never changed again."""

    __tablename__ = "audit_base"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rows: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[Digest]
    checkpoints: Mapped[int] = mapped_column(BigInteger)
    guard: Mapped[bytes]
