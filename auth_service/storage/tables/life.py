"""What happened in lives, who holds which tag, when the service was away, and where each benefit stood.

Events, tags and outages are facts and append-only. States are a copy to search by: they can be thrown away and come
back with the next sweep (docs/decisions/0033).
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.beneficiaries.person import BenefitKind
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import Message
from auth_service.qualification.status import LifeState
from auth_service.storage.tables.schema import Id, Schema, Word, one_of


class LifeEventRow(Schema):
    """One event as a source told it: source, kind, day, area and a keyed hash of the source's reference; no more.

    source  domain.md section 5: data minimisation, as Brazil keeps five fields
    """

    __tablename__ = "life_events"
    __table_args__ = (
        CheckConstraint(one_of("kind", EventKind), name="kind"),
        CheckConstraint(one_of("message", Message), name="message"),
        UniqueConstraint(
            "source", "ref_index", "message", "kind", "happened_on", "person_id", name="uq_life_events_told"
        ),
        Index(None, "person_id"),
        Index(None, "known_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    source: Mapped[Word]
    ref_index: Mapped[bytes]
    message: Mapped[Word]
    kind: Mapped[Word]
    happened_on: Mapped[date]
    region_code: Mapped[str | None] = mapped_column(String(12))
    known_at: Mapped[datetime]
    batch_id: Mapped[Id]


class TagChangeRow(Schema):
    """A source gave somebody a tag or took it back. `tag_index` is a keyed HMAC: the column alone tells no illness."""

    __tablename__ = "tag_changes"
    __table_args__ = (Index(None, "person_id"), Index(None, "known_at"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    tag_index: Mapped[bytes]
    source: Mapped[Word]
    given: Mapped[bool]
    holds_from: Mapped[date]
    holds_until: Mapped[date | None]
    known_at: Mapped[datetime]
    batch_id: Mapped[Id]


class OutageRow(Schema):
    """Days on which people could not be served, through no fault of theirs."""

    __tablename__ = "outages"
    __table_args__ = (CheckConstraint("ended_on >= began_on", name="order"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    began_on: Mapped[date]
    ended_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200))
    told_by: Mapped[Word]
    known_at: Mapped[datetime]


class LifeStateRow(Schema):
    """Where one benefit stood when it was last judged, and when time alone may change that."""

    __tablename__ = "life_states"
    __table_args__ = (
        CheckConstraint(one_of("kind", BenefitKind), name="kind"),
        CheckConstraint(one_of("state", LifeState), name="state"),
        Index(None, "next_look_on"),
        Index(None, "state", "due_on"),
    )

    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[Word]
    due_on: Mapped[date]
    passed_on: Mapped[date | None]
    reminder: Mapped[int | None]
    may_propose_hold: Mapped[bool]
    sample_wanted: Mapped[bool]
    restore_first: Mapped[bool]
    reasons: Mapped[str] = mapped_column(Text)
    next_look_on: Mapped[date | None]
    judged_at: Mapped[datetime]


class SweepRow(Schema):
    """One sweep and how far it came. `place` is the last person judged; a new process goes on behind it."""

    __tablename__ = "sweeps"

    id: Mapped[Id] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    whole: Mapped[bool]
    mark: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(32))
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    judged: Mapped[int]
    changed: Mapped[int]


class ServiceSignRow(Schema):
    """When a serving process that could do its work last said so: one row."""

    __tablename__ = "service_signs"
    __table_args__ = (CheckConstraint("id = 1", name="only_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime]
