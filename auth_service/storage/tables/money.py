"""Payments, acts on money with who stands for them, what the paying agency was told and answered, and contests.

Append-only. Money in fen (1/100 CNY), so that both databases count exactly. Notes are sealed with the person's key.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.beneficiaries.person import BenefitKind
from auth_service.casework.contest import ContestAct
from auth_service.payments.proposals import ADVERSE, Act, Ground, Verdict
from auth_service.payments.rows import PaymentStatus
from auth_service.qualification.evidence import Channel
from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word, one_of

TAKES_TWO = f"needs_two OR NOT ({one_of('act', sorted(ADVERSE))})"
TWO_PEOPLE = "verdict <> 'approved' OR NOT needs_two OR decided_by <> proposed_by"
OWN = "verdict <> 'withdrawn' OR decided_by = proposed_by"
DISMISSED_BY_TWO = "act <> 'dismissed' OR (proposed_by IS NOT NULL AND proposed_by <> done_by)"


class PaymentRecord(Schema):
    """One row of a payments file. The same payment with another status is another row."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(one_of("benefit_kind", BenefitKind), name="benefit_kind"),
        CheckConstraint(one_of("status", PaymentStatus), name="status"),
        CheckConstraint("amount_fen > 0", name="amount"),
        UniqueConstraint(
            "person_id",
            "benefit_kind",
            "entitlement_month",
            "pay_date",
            "amount_fen",
            "status",
            name="uq_payments_same",
        ),
        Index(None, "entitlement_month"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    benefit_kind: Mapped[str] = mapped_column(String(32))
    entitlement_month: Mapped[str] = mapped_column(String(7))
    pay_date: Mapped[date]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[Word]
    batch_id: Mapped[Id]
    added_at: Mapped[datetime]


class ProposalRow(Schema):
    """One act that somebody proposes. statement: JSON of the lines behind an amount, without names"""

    __tablename__ = "payment_proposals"
    __table_args__ = (
        CheckConstraint(one_of("benefit_kind", BenefitKind), name="benefit_kind"),
        CheckConstraint(one_of("act", Act), name="act"),
        CheckConstraint(one_of("ground", Ground), name="ground"),
        CheckConstraint("(amount_fen IS NOT NULL) = (act IN ('back_pay', 'recover'))", name="amount_goes_with_act"),
        CheckConstraint("amount_fen IS NULL OR amount_fen > 0", name="amount"),
        CheckConstraint(TAKES_TWO, name="takes_two"),
        UniqueConstraint("id", "needs_two", "proposed_by"),
        Index(None, "person_id"),
        Index(None, "proposed_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    benefit_kind: Mapped[str] = mapped_column(String(32))
    act: Mapped[Word]
    ground: Mapped[Word]
    month: Mapped[str] = mapped_column(String(7))
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    statement: Mapped[str] = mapped_column(Text)
    needs_two: Mapped[bool]
    note_sealed: Mapped[bytes | None]
    proposed_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime]
    guard: Mapped[Guard]


class DecisionRow(Schema):
    """What ended a proposal: one row, and no second one. It repeats who proposed it and whether it takes two, so that
    the database itself refuses one person who is both."""

    __tablename__ = "payment_decisions"
    __table_args__ = (
        CheckConstraint(one_of("verdict", Verdict), name="verdict"),
        CheckConstraint(TWO_PEOPLE, name="two_people"),
        CheckConstraint(OWN, name="own"),
        ForeignKeyConstraint(
            ["proposal_id", "needs_two", "proposed_by"],
            ["payment_proposals.id", "payment_proposals.needs_two", "payment_proposals.proposed_by"],
            name="fk_payment_decisions_proposal",
        ),
        UniqueConstraint("proposal_id", "verdict"),
        Index(None, "decided_at"),
    )

    proposal_id: Mapped[Id] = mapped_column(primary_key=True)
    verdict: Mapped[Word]
    needs_two: Mapped[bool]
    proposed_by: Mapped[Id]
    note_sealed: Mapped[bytes | None]
    decided_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime]
    guard: Mapped[Guard]


class MoneyFileRow(Schema):
    """One file to the paying agency."""

    __tablename__ = "payment_files"

    id: Mapped[Id] = mapped_column(primary_key=True)
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    rows: Mapped[int]
    file_digest: Mapped[Digest]
    manifest: Mapped[str] = mapped_column(Text)


class SentRow(Schema):
    """An approved act that stands in a file; each in one file only."""

    __tablename__ = "payment_sent"
    __table_args__ = (
        CheckConstraint("verdict = 'approved'", name="approved"),
        ForeignKeyConstraint(
            ["proposal_id", "verdict"],
            ["payment_decisions.proposal_id", "payment_decisions.verdict"],
            name="fk_payment_sent_decision",
        ),
        Index(None, "file_id"),
    )

    proposal_id: Mapped[Id] = mapped_column(primary_key=True)
    verdict: Mapped[Word]
    file_id: Mapped[Id] = mapped_column(ForeignKey("payment_files.id"))


class AnswerRow(Schema):
    """What the paying agency says of one act. `number` counts per act; the newest counts."""

    __tablename__ = "payment_answers"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'refused')", name="outcome"),
        UniqueConstraint("proposal_id", "number"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    proposal_id: Mapped[Id] = mapped_column(ForeignKey("payment_decisions.proposal_id"))
    number: Mapped[int]
    outcome: Mapped[Word]
    code: Mapped[Word]
    done_on: Mapped[date | None]
    answered_by: Mapped[str] = mapped_column(String(200))
    answered_at: Mapped[datetime]
    guard: Mapped[Guard]


class ContestRow(Schema):
    """Somebody says that an act is wrong. words_sealed: with the person's key"""

    __tablename__ = "contests"
    __table_args__ = (
        CheckConstraint(one_of("channel", Channel), name="channel"),
        Index(None, "person_id"),
        Index(None, "opened_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[Word]
    opened_by: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime]
    words_sealed: Mapped[bytes | None]
    guard: Mapped[Guard]


class ContestActRow(Schema):
    """What was done about a contest. `number` counts per contest. A dismissal names who proposed it, and the database
    refuses one person who is both."""

    __tablename__ = "contest_acts"
    __table_args__ = (
        CheckConstraint(one_of("act", ContestAct), name="act"),
        CheckConstraint(DISMISSED_BY_TWO, name="two_people"),
        UniqueConstraint("contest_id", "number"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    contest_id: Mapped[Id] = mapped_column(ForeignKey("contests.id"))
    number: Mapped[int]
    act: Mapped[Word]
    note_sealed: Mapped[bytes | None]
    proposed_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    done_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    done_at: Mapped[datetime]
    guard: Mapped[Guard]
