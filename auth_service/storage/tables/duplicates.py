"""Scans of all faces against each other, and who was declared to be alike."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.beneficiaries.kin import KinAct, Relation
from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word, one_of


class FaceScanRow(Schema):
    """One scan and how far it came. `place` is the last person who was held against everybody behind; a new process
    goes on there. `tail` is JSON of counts by margin (matching/duplicates.py). No template ever stands here."""

    __tablename__ = "face_scans"

    id: Mapped[Id] = mapped_column(primary_key=True)
    engine: Mapped[Word]
    weights_digest: Mapped[Digest]
    calibration: Mapped[str] = mapped_column(Text)
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    place: Mapped[Id]
    people: Mapped[int]
    tail: Mapped[str] = mapped_column(Text)
    raised: Mapped[int]


class FaceScanPairRow(Schema):
    """A pair that a scan going on has found so far. Gone with the scan's end, and with either person's erasure."""

    __tablename__ = "face_scan_pairs"
    __table_args__ = (CheckConstraint("first_id < second_id", name="order"), Index(None, "second_id"))

    scan_id: Mapped[Id] = mapped_column(ForeignKey("face_scans.id"), primary_key=True)
    first_id: Mapped[Id] = mapped_column(ForeignKey("people.id"), primary_key=True)
    second_id: Mapped[Id] = mapped_column(ForeignKey("people.id"), primary_key=True)
    similarity: Mapped[float] = mapped_column(Float(53))
    margin: Mapped[float] = mapped_column(Float(53))
    signals: Mapped[Word]


class DeclaredKinRow(Schema):
    """An act about two people who are alike by birth. Append-only; the newest of a pair counts. `declared_by` is the
    declarer's in each of its acts, so that the database itself can refuse a confirmation by the same person.

    reason_sealed  with the key of the first person, and that with the key of the second: erasing either ends it
    """

    __tablename__ = "declared_kin"
    __table_args__ = (
        CheckConstraint(one_of("relation", Relation), name="relation"),
        CheckConstraint(one_of("act", KinAct), name="act"),
        CheckConstraint("first_id < second_id", name="order"),
        CheckConstraint("act <> 'confirmed' OR declared_by <> done_by", name="two_people"),
        CheckConstraint("act <> 'declared' OR declared_by = done_by", name="declarer"),
        UniqueConstraint("first_id", "second_id", "number"),
        Index(None, "second_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    first_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    second_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    number: Mapped[int]
    relation: Mapped[Word]
    act: Mapped[Word]
    declared_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    done_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    done_at: Mapped[datetime]
    reason_sealed: Mapped[bytes]
    guard: Mapped[Guard]
