"""Cases, the flags in them, and what was done about them. Append-only: the newest act says where a case stands."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.casework.case import BY_MACHINE, SECOND_WORD, CaseAct, CaseState, Cause
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.monitoring.flags import Severity
from auth_service.storage.tables.schema import Guard, Id, Schema, Word, one_of

MACHINE = f"({one_of('act', sorted(BY_MACHINE))}) = (done_by IS NULL)"
STEPPED = "(act = 'step') = (step IS NOT NULL) AND (step IS NULL) = (outcome IS NULL)"
SAID = "(state IN ('proposed', 'closed')) = (disposition IS NOT NULL) AND (state = 'closed') = (act = 'approved')"
TWO_PEOPLE = (
    f"({one_of('act', sorted(SECOND_WORD))}) = (proposal_id IS NOT NULL) AND (proposal_id IS NULL OR "
    "(proposed_by IS NOT NULL AND done_by IS NOT NULL AND proposed_by <> done_by))"
)


class CaseRow(Schema):
    """One case per person and cause, for good: it is opened again rather than made anew."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(one_of("cause", Cause), name="cause"),
        UniqueConstraint("person_id", "cause"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    cause: Mapped[Word]
    opened_at: Mapped[datetime]
    guard: Mapped[Guard]


class CaseFlagRow(Schema):
    """A flag in a case. number: of the act that put it there"""

    __tablename__ = "case_flags"
    __table_args__ = (
        # a flag comes back from a backup after the act that put it in
        ForeignKeyConstraint(
            ["case_id", "number"], ["case_acts.case_id", "case_acts.number"], name="fk_case_flags_act"
        ),
        Index(None, "flag_id"),
    )

    case_id: Mapped[Id] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    flag_id: Mapped[Id] = mapped_column(ForeignKey("flags.id"), primary_key=True)
    number: Mapped[int]
    gathered_at: Mapped[datetime]
    guard: Mapped[Guard]


class CaseActRow(Schema):
    """One act, and where the case stands after it. `number` counts per case, so that two at once cannot both be the
    newest. A second word names the act that it answers and who did that, so that the database itself refuses one person
    who is both.

    note_sealed  with the key of the person whom the case is about
    """

    __tablename__ = "case_acts"
    __table_args__ = (
        CheckConstraint(one_of("act", CaseAct), name="act"),
        CheckConstraint(one_of("step", Step, nullable=True), name="step"),
        CheckConstraint(one_of("outcome", Outcome, nullable=True), name="outcome"),
        CheckConstraint(one_of("disposition", Disposition, nullable=True), name="disposition"),
        CheckConstraint(one_of("state", CaseState), name="state"),
        CheckConstraint(one_of("severity", Severity), name="severity"),
        CheckConstraint(MACHINE, name="machine"),
        CheckConstraint(STEPPED, name="stepped"),
        CheckConstraint(SAID, name="said"),
        CheckConstraint(TWO_PEOPLE, name="two_people"),
        UniqueConstraint("case_id", "number"),
        Index(None, "state", "severity_rank", "due_on"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[Id] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int]
    act: Mapped[Word]
    step: Mapped[Word | None]
    outcome: Mapped[Word | None]
    disposition: Mapped[Word | None]
    proposal_id: Mapped[Id | None] = mapped_column(ForeignKey("case_acts.id"))
    proposed_by: Mapped[Id | None] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[Word]
    severity: Mapped[Word]
    severity_rank: Mapped[int]
    rules: Mapped[int]
    due_on: Mapped[date]
    assignee: Mapped[Id | None] = mapped_column(ForeignKey("staff.id"))
    note_sealed: Mapped[bytes | None]
    done_by: Mapped[Id | None] = mapped_column(ForeignKey("staff.id"))
    done_at: Mapped[datetime]
    guard: Mapped[Guard]


Index("ix_case_acts_queue", CaseActRow.severity_rank, CaseActRow.rules.desc(), CaseActRow.due_on, CaseActRow.case_id)
# The order of the queue: a page of it reads as many rows as it shows.
