"""Who may act, answers that are given again, and imports."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.accounts.roles import Role
from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word, one_of


class StaffRow(Schema):
    """One person who may sign in."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint(one_of("role", Role), name="role"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[Word]
    password_hash: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    guard: Mapped[Guard]


class StaffSessionRow(Schema):
    """One sign-in, by the hash of its token."""

    __tablename__ = "staff_sessions"
    __table_args__ = (Index(None, "staff_id"),)

    token_hash: Mapped[Digest] = mapped_column(primary_key=True)
    staff_id: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    csrf_token: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    guard: Mapped[Guard]


class SignInFailureRow(Schema):
    """A failed sign-in since the last good one. The name is a keyed HMAC: people type passwords into that field."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index(None, "username_index"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    username_index: Mapped[bytes]
    at: Mapped[datetime]


class ApiKeyRow(Schema):
    """A key of an agency system. `scopes` and `registry_kinds` with commas between.

    registry_kinds   what it may send of registries, and `registry_source` in whose name; NULL: it sends nothing
    unbound_until    of a key that an earlier release made: until then it sent whatever it liked
    """

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("(registry_kinds IS NULL) = (registry_source IS NULL)", name="binding"),)

    id: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[str] = mapped_column(String(200))
    secret_hash: Mapped[Digest]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    disabled: Mapped[bool]
    guard: Mapped[Guard]
    registry_kinds: Mapped[str | None] = mapped_column(String(200))
    registry_source: Mapped[str | None] = mapped_column(String(64))
    unbound_until: Mapped[datetime | None]


class SavedAnswerRow(Schema):
    """The first answer to an Idempotency-Key. Key and fingerprint are keyed HMACs: both may hold an ID number."""

    __tablename__ = "saved_answers"
    __table_args__ = (
        CheckConstraint("(finished_at IS NULL) = (body_sealed IS NULL)", name="finished"),
        Index(None, "claimed_at"),
    )

    id: Mapped[Digest] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    claimed_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    status: Mapped[int | None]
    content_type: Mapped[str | None] = mapped_column(String(200))
    body_sealed: Mapped[bytes | None]


class ImportRow(Schema):
    """One run of an import. `counts` is JSON; the file's name may hold a person's and is sealed."""

    __tablename__ = "imports"

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    file_digest: Mapped[Digest]
    file_name_sealed: Mapped[bytes]
    begun_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[str | None] = mapped_column(Text)
