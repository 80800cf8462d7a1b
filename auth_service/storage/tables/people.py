"""People, their keys and benefits. Clear and sealed columns: contract.md section 7."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.person import BenefitKind
from auth_service.storage.tables.schema import Id, Schema, Word, one_of


class ServiceKeyRow(Schema):
    """The data key for sealed values that belong to no person, wrapped by the key ring.

    `index_check` tells whether a key ring has the index keys with which this database was filled.
    """

    __tablename__ = "service_keys"

    id: Mapped[Word] = mapped_column(primary_key=True)
    wrapping_key: Mapped[Word]
    wrapped: Mapped[bytes]
    index_check: Mapped[bytes]
    created_at: Mapped[datetime]


class PersonKeyRow(Schema):
    """One person's data key, wrapped by the key ring. Destroying it makes everything sealed with it unreadable."""

    __tablename__ = "person_keys"
    __table_args__ = (CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),)

    person_id: Mapped[Id] = mapped_column(primary_key=True)
    wrapping_key: Mapped[Word]
    wrapped: Mapped[bytes | None]
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]


class PersonRow(Schema):
    """One beneficiary. `*_index` columns are keyed HMACs, `*_sealed` columns AES-256-GCM."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint(one_of("sex", Sex, nullable=True), name="sex"),
        CheckConstraint("birth_year IS NULL OR birth_year BETWEEN 1800 AND 2200", name="birth_year"),
        Index(None, "region_code"),
        Index(None, "name_index"),
        Index(None, "phone_index"),
    )

    id: Mapped[Id] = mapped_column(ForeignKey("person_keys.person_id"), primary_key=True)
    person_key: Mapped[Word] = mapped_column(unique=True)
    region_code: Mapped[str | None] = mapped_column(String(12))
    birth_year: Mapped[int | None]
    sex: Mapped[str | None] = mapped_column(String(16))
    id_number_index: Mapped[bytes] = mapped_column(unique=True)
    name_index: Mapped[bytes]
    phone_index: Mapped[bytes | None]
    id_number_sealed: Mapped[bytes]
    name_sealed: Mapped[bytes]
    birth_date_sealed: Mapped[bytes | None]
    village_sealed: Mapped[bytes | None]
    address_sealed: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    contact_name_sealed: Mapped[bytes | None]
    contact_phone_sealed: Mapped[bytes | None]
    tags_sealed: Mapped[bytes | None]
    batch_id: Mapped[Id]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class BankReferenceRow(Schema):
    """Where one person's benefit is paid. Apart from the person, so that who compares faces cannot read it."""

    __tablename__ = "bank_references"
    __table_args__ = (
        CheckConstraint("(account_index IS NULL) = (bank_account_sealed IS NULL)", name="indexed"),
        Index(None, "account_index"),
    )

    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"), primary_key=True)
    account_index: Mapped[bytes | None]
    bank_account_sealed: Mapped[bytes | None]
    account_holder_sealed: Mapped[bytes | None]
    batch_id: Mapped[Id]
    changed_at: Mapped[datetime]


class BenefitRow(Schema):
    """One benefit of one person. Money in fen (1/100 CNY), so that both databases count exactly."""

    __tablename__ = "benefits"
    __table_args__ = (
        CheckConstraint(one_of("kind", BenefitKind), name="kind"),
        CheckConstraint("monthly_amount_fen IS NULL OR monthly_amount_fen >= 0", name="amount"),
        Index(None, "changed_at"),
    )

    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    award_month: Mapped[str | None] = mapped_column(String(7))
    monthly_amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    known_since: Mapped[date | None]
    batch_id: Mapped[Id]
    changed_at: Mapped[datetime]
