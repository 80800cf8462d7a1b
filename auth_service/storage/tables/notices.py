"""What people are told: one row for each way, waiting until it is sent, and the log that the person can see."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.notices.notice import Language, NoticeKind, NoticeState, Reach
from auth_service.storage.tables.schema import Guard, Id, Schema, Word, one_of


class NoticeRow(Schema):
    """One notice over one way. Once for each person, kind, matter and way: who writes it twice writes it once.

    about      the matter: a proposal, a contest, or benefit and day; nothing that names anybody
    due_at     when it may be tried next; while somebody tries, when another may take it over
    claim      who tries it now
    settled_at when it was sent, given up or dropped
    """

    __tablename__ = "notices_outbox"
    __table_args__ = (
        CheckConstraint(one_of("kind", NoticeKind), name="kind"),
        CheckConstraint(one_of("reach", Reach), name="reach"),
        CheckConstraint(one_of("state", NoticeState), name="state"),
        CheckConstraint(one_of("language", Language), name="language"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
        UniqueConstraint("person_id", "kind", "about", "reach", name="uq_notices_outbox_once"),
        Index(None, "state", "due_at"),
        Index(None, "about"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[Word]
    about: Mapped[str] = mapped_column(String(100))
    reach: Mapped[Word]
    language: Mapped[str] = mapped_column(String(2))
    contact_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes]
    written_by: Mapped[Word]
    written_at: Mapped[datetime]
    state: Mapped[Word]
    due_at: Mapped[datetime]
    tries: Mapped[int]
    claim: Mapped[Word | None]
    code: Mapped[Word | None]
    settled_at: Mapped[datetime | None]
    guard: Mapped[Guard]


class NoticeWishRow(Schema):
    """How one person wants to be told; written by staff alone."""

    __tablename__ = "notice_wishes"
    __table_args__ = (CheckConstraint(one_of("language", Language), name="language"),)

    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    email_sealed: Mapped[bytes | None]
    receipts: Mapped[bool]
    changed_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    changed_at: Mapped[datetime]
