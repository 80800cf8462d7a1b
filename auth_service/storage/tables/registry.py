"""Files of registries: batches, who stands for them, their rows and what was refused.

Rows are facts: what a source takes back is told by another row. What a row says of a person is sealed with a key of its
batch, and both go when the extract has been kept for as long as it may be (core/retention_rules.py).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.crosscheck.sources import RegistryAct, RegistryKind
from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word, one_of

BATCH_ACTS = ("imported", "cleared", "released", "discarded")


class RegistryBatchRow(Schema):
    """One file of a registry. `id` is the name of its data key too; `place` the last row of the file that is done.

    source    whose file it is, where its rows do not say it
    profile   JSON of the mapping profile that it was read with, empty for the plain headers
    counts    JSON, rows of each fate; `findings` JSON, why a second person must look, `[]` for nothing odd
    """

    __tablename__ = "registry_batches"
    __table_args__ = (
        CheckConstraint(one_of("kind", RegistryKind), name="kind"),
        UniqueConstraint("kind", "file_digest", "profile_digest"),
        Index(None, "kind", "source", "begun_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    source: Mapped[Word]
    file_digest: Mapped[Digest]
    profile_digest: Mapped[Digest]
    profile: Mapped[str] = mapped_column(Text)
    file_name_sealed: Mapped[bytes]
    begun_at: Mapped[datetime]
    place: Mapped[int]
    counts: Mapped[str] = mapped_column(Text)
    newest_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    findings: Mapped[str] = mapped_column(Text)
    guard: Mapped[Guard]


class RegistryActRow(Schema):
    """What became of a batch: a person stands for its import (1), it counts (2), it counts no longer (3).

    number    the order in which batches began and ceased to count
    first_by  of a release: who stands for the import, so that the database itself can refuse one and the same person
    done_by   None where the machine found nothing odd
    """

    __tablename__ = "registry_acts"
    __table_args__ = (
        CheckConstraint(
            "(step = 1 AND act = 'imported') OR (step = 2 AND act IN ('cleared', 'released'))"
            " OR (step = 3 AND act = 'discarded')",
            name="step",
        ),
        CheckConstraint("(act = 'cleared') = (done_by IS NULL)", name="somebody"),
        CheckConstraint("(act = 'released') = (first_by IS NOT NULL)", name="first"),
        CheckConstraint("act <> 'released' OR first_by <> done_by", name="two_people"),
        UniqueConstraint("batch_id", "step"),
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    batch_id: Mapped[Id] = mapped_column(ForeignKey("registry_batches.id"))
    step: Mapped[int]
    act: Mapped[Word]
    first_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("staff.id"))
    done_by: Mapped[str | None] = mapped_column(String(32), ForeignKey("staff.id"))
    done_at: Mapped[datetime]
    guard: Mapped[Guard]


class RegistryPushRow(Schema):
    """A system of another office sent a file with its key."""

    __tablename__ = "registry_pushes"

    batch_id: Mapped[Id] = mapped_column(ForeignKey("registry_batches.id"), primary_key=True)
    api_key_id: Mapped[Word] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    pushed_at: Mapped[datetime]


class RegistryRecordRow(Schema):
    """One row as its source told it. `ref_index`, `id_index` and `content_index` are keyed HMACs.

    row          its number in the file, as a spreadsheet shows it
    source_time  the source's, or where `time_given` is false the import's
    event_on     the day, month or year of the event, `2024-02`
    """

    __tablename__ = "registry_records"
    __table_args__ = (
        CheckConstraint(one_of("kind", RegistryKind), name="kind"),
        CheckConstraint(one_of("act", RegistryAct), name="act"),
        UniqueConstraint("batch_id", "row"),
        Index(None, "ref_index"),
        Index(None, "id_index"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    batch_id: Mapped[Id] = mapped_column(ForeignKey("registry_batches.id"))
    row: Mapped[int]
    kind: Mapped[Word]
    source: Mapped[Word]
    act: Mapped[Word]
    ref_index: Mapped[bytes]
    source_time: Mapped[datetime]
    time_given: Mapped[bool]
    event_on: Mapped[str | None] = mapped_column(String(10))
    region_code: Mapped[str | None] = mapped_column(String(12))
    id_index: Mapped[bytes | None]
    content_index: Mapped[bytes | None]
    content_sealed: Mapped[bytes | None]


class RegistryRefusalRow(Schema):
    """One row of a file that was refused, without what it said."""

    __tablename__ = "registry_refusals"

    batch_id: Mapped[Id] = mapped_column(ForeignKey("registry_batches.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[Word]
    code: Mapped[Word]
