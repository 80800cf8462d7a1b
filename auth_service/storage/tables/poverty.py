"""The poverty ledger month by month. Versions of a month are added, never changed; the newest finished one counts.

Who is on a list and not insured here is nobody of ours: of them a line keeps a keyed hash of the ID number and the
region, and for as long as registry extracts may be kept a sealed name for the village that is to ask them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.crosscheck.poverty import Outcome
from auth_service.storage.tables.schema import Digest, Id, Schema, Word, one_of

STAGES = ("rows", "before", "tags", "counts", "done")


class PovertyMonthRow(Schema):
    """One version of one month. `id` is the name of its data key too.

    mark      digest of everything that it is made from: the same again makes no new version
    lists     JSON, the registry batches that are its lists, in the order in which they are read
    previous  the version of an earlier month that it is compared with
    stage     what is being done, and `place` how far: a new process goes on behind it
    """

    __tablename__ = "poverty_months"
    __table_args__ = (
        CheckConstraint("stage IN ('rows', 'before', 'tags', 'counts', 'done')", name="stage"),
        CheckConstraint("(stage = 'done') = (finished_at IS NOT NULL)", name="finished"),
        UniqueConstraint("month", "version"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    version: Mapped[int]
    mark: Mapped[Digest]
    lists: Mapped[str] = mapped_column(Text)
    previous: Mapped[str | None] = mapped_column(String(32), ForeignKey("poverty_months.id"))
    stage: Mapped[Word]
    place: Mapped[Word]
    began_at: Mapped[datetime]
    began_by: Mapped[Word]
    finished_at: Mapped[datetime | None]


class PovertyLineRow(Schema):
    """One person on one list in one version of a month. `list_index` and `subject_index` are keyed HMACs.

    list_index     which list: the column alone tells no illness
    subject_index  of the ID number; of a row without one, of its reference; emptied with an erased person
    carried        no list of their county came in for the month: as it was the month before
    candidates     JSON, people of the ledger whom a row to be confirmed may mean
    said_sealed    name and masked number for the village's list, with the key of the month
    """

    __tablename__ = "poverty_lines"
    __table_args__ = (
        CheckConstraint(one_of("outcome", Outcome), name="outcome"),
        CheckConstraint("outcome <> 'insured_tagged' OR person_id IS NOT NULL", name="insured"),
        CheckConstraint("outcome NOT IN ('uninsured_tagged', 'to_confirm') OR person_id IS NULL", name="uninsured"),
        UniqueConstraint("month_id", "list_index", "subject_index", name="uq_poverty_lines_once"),
        Index(None, "person_id"),
        Index(None, "subject_index"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    month_id: Mapped[Id] = mapped_column(ForeignKey("poverty_months.id"))
    list_index: Mapped[bytes]
    subject_index: Mapped[bytes | None]
    outcome: Mapped[Word]
    person_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("people.id"))
    region_code: Mapped[str | None] = mapped_column(String(12))
    reached_60: Mapped[bool | None]
    drawing: Mapped[bool]
    premium_years: Mapped[str] = mapped_column(String(200))
    carried: Mapped[bool]
    candidates: Mapped[str] = mapped_column(Text)
    said_sealed: Mapped[bytes | None]


class PovertyCountRow(Schema):
    """How many people of a region a finished version counts. kind: a list, or empty for all together

    what   an outcome, `insured`, `joined`, `reached_60`, `not_drawing`, `carried` or `premium_2025`
    """

    __tablename__ = "poverty_counts"
    __table_args__ = (CheckConstraint("people > 0", name="people"),)

    month_id: Mapped[Id] = mapped_column(ForeignKey("poverty_months.id"), primary_key=True)
    region_code: Mapped[str] = mapped_column(String(12), primary_key=True)
    kind: Mapped[Word] = mapped_column(primary_key=True)
    what: Mapped[Word] = mapped_column(primary_key=True)
    people: Mapped[int]
