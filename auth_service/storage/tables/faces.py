"""Photos, references, earlier captures and consents. Templates and hashes are sealed with the person's key."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.enrollment.consent import ConsentBasis
from auth_service.enrollment.sources import PhotoSource
from auth_service.storage.tables.schema import Digest, Id, Schema, Word, one_of

PHOTO_PURPOSES = ("reference", "review")


class PhotoRow(Schema):
    """An encrypted picture file. `file_name` is random; without a person the service's key seals it."""

    __tablename__ = "photos"
    __table_args__ = (CheckConstraint(one_of("purpose", PHOTO_PURPOSES), name="purpose"), Index(None, "person_id"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id | None] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[Word]
    file_name: Mapped[Word] = mapped_column(unique=True)
    stored_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class ReferencePhotoRow(Schema):
    """An enrolled photo. `sequence` grows in the order of commits, so that a reader can follow what was added."""

    __tablename__ = "reference_photos"
    __table_args__ = (
        CheckConstraint(one_of("source", PhotoSource), name="source"),
        CheckConstraint("images >= 1", name="images"),
        UniqueConstraint("person_id", "engine", "weights_digest", "pixel_index"),
        Index(None, "pixel_index"),
        Index(None, "person_id", "file_index"),
        {"sqlite_autoincrement": True},
    )

    sequence: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: Mapped[Id] = mapped_column(unique=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    engine: Mapped[Word]
    weights_digest: Mapped[Digest]
    source: Mapped[Word]
    taken_on: Mapped[date | None]
    enrolled_at: Mapped[datetime]
    looked_at: Mapped[bool]
    images: Mapped[int]
    mirrored: Mapped[bool]
    template_sealed: Mapped[bytes]
    photo_hash_sealed: Mapped[bytes]
    pixel_index: Mapped[bytes]
    file_index: Mapped[bytes | None]
    picture_id: Mapped[Id | None]
    origin: Mapped[Word | None]
    erased_at: Mapped[datetime | None]


class ReferenceSetRow(Schema):
    """The photos in force from `active_since` on; at most one set without an end per person and engine."""

    __tablename__ = "reference_sets"
    __table_args__ = (
        Index(
            "uq_reference_sets_active",
            "person_id",
            "engine",
            "weights_digest",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(None, "person_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    engine: Mapped[Word]
    weights_digest: Mapped[Digest]
    images: Mapped[int | None]
    mirrored: Mapped[bool | None]
    template_sealed: Mapped[bytes | None]
    active_since: Mapped[datetime]
    derived_from: Mapped[Id | None]
    superseded_at: Mapped[datetime | None]


class ReferenceSetPhotoRow(Schema):
    """Which photos a set holds, best first."""

    __tablename__ = "reference_set_photos"

    set_id: Mapped[Id] = mapped_column(ForeignKey("reference_sets.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    photo_id: Mapped[Id] = mapped_column(ForeignKey("reference_photos.id"))


class CaptureRow(Schema):
    """What recognises a photo of an earlier attempt when it comes again. `place`: which of the attempt's photos."""

    __tablename__ = "captures"
    __table_args__ = (CheckConstraint("images >= 1", name="images"), Index(None, "person_id"))

    evidence_id: Mapped[Id] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    photo_id: Mapped[Id | None] = mapped_column(ForeignKey("photos.id"))
    engine: Mapped[Word]
    weights_digest: Mapped[Digest]
    images: Mapped[int]
    mirrored: Mapped[bool]
    template_sealed: Mapped[bytes]
    photo_hash_sealed: Mapped[bytes]
    stored_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class ConsentRow(Schema):
    """On what ground this person's face may be processed; append-only, the newest counts."""

    __tablename__ = "consents"
    __table_args__ = (CheckConstraint(one_of("basis", ConsentBasis), name="basis"), Index(None, "person_id"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    basis: Mapped[Word]
    text_version: Mapped[Word]
    language: Mapped[Word]
    channel: Mapped[Word]
    recorded_at: Mapped[datetime]
    reference_sealed: Mapped[bytes | None]
