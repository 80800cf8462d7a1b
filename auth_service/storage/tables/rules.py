"""How monitoring rules run, how far each came, and what rules in shadow found. Settings and findings only grow."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.monitoring.flags import Severity, Verdict
from auth_service.monitoring.parameters import RuleState
from auth_service.storage.tables.schema import Digest, Guard, Id, Schema, Word, one_of


class RuleSettingRow(Schema):
    """How somebody proposes that a rule runs. parameters: JSON, those that differ from the rule's own"""

    __tablename__ = "rule_settings"
    __table_args__ = (
        CheckConstraint(one_of("state", RuleState), name="state"),
        CheckConstraint(one_of("severity", Severity, nullable=True), name="severity"),
        UniqueConstraint("id", "proposed_by"),
        Index(None, "rule_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    rule_id: Mapped[Word]
    rule_version: Mapped[int]
    state: Mapped[Word]
    severity: Mapped[Word | None]
    parameters: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime]
    guard: Mapped[Guard]


class RuleActivationRow(Schema):
    """A setting comes into force; of those of a rule that have begun the newest counts. `proposed_by` is the setting's,
    so that the database itself can refuse one and the same person."""

    __tablename__ = "rule_activations"
    __table_args__ = (
        CheckConstraint("activated_by <> proposed_by", name="two_people"),
        ForeignKeyConstraint(["setting_id", "proposed_by"], ["rule_settings.id", "rule_settings.proposed_by"]),
        Index(None, "setting_id"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    setting_id: Mapped[Id]
    starts_on: Mapped[date]
    proposed_by: Mapped[Id]
    activated_by: Mapped[Id] = mapped_column(ForeignKey("staff.id"))
    activated_at: Mapped[datetime]
    guard: Mapped[Guard]


class RuleRunRow(Schema):
    """One run of one rule, and how far it came: a new process goes on behind `place`.

    mark  of rule, version and parameters; `seen` of the data as they were when it began
    """

    __tablename__ = "rule_runs"
    __table_args__ = (CheckConstraint(one_of("state", RuleState), name="state"), Index(None, "rule_id", "began_at"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    rule_id: Mapped[Word]
    state: Mapped[Word]
    mark: Mapped[Digest]
    seen: Mapped[Digest]
    place: Mapped[str] = mapped_column(String(200))
    facts: Mapped[int]
    raised: Mapped[int]
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ShadowFlagRow(Schema):
    """What a rule in shadow found. Apart from `flags`, so that no queue, screen or notice can meet it by mistake.

    mark  of rule, version and parameters: under others it is found anew
    """

    __tablename__ = "shadow_flags"
    __table_args__ = (
        CheckConstraint(one_of("severity", Severity), name="severity"),
        UniqueConstraint("mark", "dedupe_key"),
        Index(None, "rule_id", "raised_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    rule_id: Mapped[Word]
    rule_version: Mapped[int]
    mark: Mapped[Digest]
    severity: Mapped[Word]
    evidence: Mapped[str] = mapped_column(Text)
    dedupe_key: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime]


class ShadowFlagPersonRow(Schema):
    """Whom a finding concerns, in the order that the rule gave."""

    __tablename__ = "shadow_flag_people"
    __table_args__ = (Index(None, "person_id"),)

    flag_id: Mapped[Id] = mapped_column(ForeignKey("shadow_flags.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))


class ShadowJudgementRow(Schema):
    """What a monitor said of a finding drawn as a sample: one word, once."""

    __tablename__ = "shadow_judgements"
    __table_args__ = (CheckConstraint(one_of("verdict", Verdict), name="verdict"),)

    flag_id: Mapped[Id] = mapped_column(ForeignKey("shadow_flags.id"), primary_key=True)
    verdict: Mapped[Word]
    reason_sealed: Mapped[bytes]
    judged_by: Mapped[str] = mapped_column(String(200))
    judged_at: Mapped[datetime]
