"""Whom rows of registries may mean: findings, what became of each, and how far the rows were compared."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.crosscheck.agreement import BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel
from auth_service.crosscheck.meanings import Meaning
from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.sources import RegistryKind
from auth_service.crosscheck.standing import LinkAct
from auth_service.storage.tables.schema import Guard, Id, Schema, Word, one_of


class LinkFindingRow(Schema):
    """A row of a registry that may speak of a person. Nothing in it names anybody.

    rule       of linkage, `L01`; one row and person may be found again by another once the ledger was put right
    event_on   the day, month or year of the event, as in `registry_records`
    ref_index  keyed hash of the source's reference; said_index of what the row says, together with the person
    """

    __tablename__ = "link_findings"
    __table_args__ = (
        CheckConstraint(one_of("kind", RegistryKind), name="kind"),
        CheckConstraint(one_of("meaning", Meaning), name="meaning"),
        CheckConstraint(one_of("strength", Strength), name="strength"),
        CheckConstraint(one_of("id_level", IdLevel), name="id_level"),
        CheckConstraint(one_of("name_level", NameLevel), name="name_level"),
        CheckConstraint(one_of("birth_level", BirthLevel), name="birth_level"),
        CheckConstraint(one_of("region_level", RegionLevel), name="region_level"),
        CheckConstraint(one_of("sex_level", SexLevel), name="sex_level"),
        UniqueConstraint("record_id", "person_id", "rule", "strength"),
        Index(None, "person_id"),
        Index(None, "batch_id"),
        Index(None, "ref_index"),
        Index(None, "meaning", "strength"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    record_id: Mapped[Id] = mapped_column(ForeignKey("registry_records.id"))
    batch_id: Mapped[Id] = mapped_column(ForeignKey("registry_batches.id"))
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[Word]
    source: Mapped[Word]
    meaning: Mapped[Word]
    rule: Mapped[Word]
    strength: Mapped[Word]
    id_level: Mapped[Word]
    name_level: Mapped[Word]
    birth_level: Mapped[Word]
    region_level: Mapped[Word]
    sex_level: Mapped[Word]
    alternative: Mapped[bool] = mapped_column(Boolean)
    event_on: Mapped[str | None] = mapped_column(String(10))
    ref_index: Mapped[bytes]
    said_index: Mapped[bytes]
    found_at: Mapped[datetime]
    guard: Mapped[Guard]


class LinkActRow(Schema):
    """What became of a finding. `number` counts per finding. done_by: who disproved it; None where a registry spoke

    reason_sealed  the words of whoever disproved it, with the key of the person whom it is about
    """

    __tablename__ = "link_acts"
    __table_args__ = (
        CheckConstraint(one_of("act", LinkAct), name="act"),
        CheckConstraint("(act = 'disproved') = (done_by IS NOT NULL)", name="somebody"),
        UniqueConstraint("finding_id", "number"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    finding_id: Mapped[Id] = mapped_column(ForeignKey("link_findings.id"))
    number: Mapped[int]
    act: Mapped[Word]
    done_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("staff.id"))
    reason_sealed: Mapped[bytes | None]
    done_at: Mapped[datetime]
    guard: Mapped[Guard]


class LinkPlaceRow(Schema):
    """How far rows were compared: behind which act of which batch, and behind which row of it.

    mark  what the ledger was when the comparison began there: where it is another, rows are compared anew
    """

    __tablename__ = "link_places"

    name: Mapped[Word] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    row: Mapped[int]
    mark: Mapped[str] = mapped_column(String(200))
    moved_at: Mapped[datetime]
