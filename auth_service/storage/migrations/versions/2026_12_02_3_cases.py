"""Cases, the flags in them, and what was done about them.

Expand only: an older release works on. Every row is a fact: none is changed or removed. One person who proposes how a
case ends and agrees is refused by a CHECK; that the second word names what it answers truly, and that acts follow one
another without a gap, by triggers.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_3_cases"
down_revision = "2026_12_02_2_rules"
branch_labels = None
depends_on = None

FACTS = ("cases", "case_flags", "case_acts")
CAUSES = "cause IN ('death', 'identity', 'payment', 'verification', 'condition', 'control', 'ledger')"
CHECKS = {
    "act": "act IN ('gathered', 'assigned', 'step', 'proposed', 'approved', 'returned', 'reopened')",
    "step": "step IS NULL OR step IN ('call', 'visit', 'in_person', 'source_query')",
    "outcome": (
        "outcome IS NULL OR outcome IN ('seen', 'reached', 'not_reached', 'told_of_death', 'source_confirms', "
        "'source_corrects', 'no_answer')"
    ),
    "disposition": (
        "disposition IS NULL OR disposition IN ('confirmed_death', 'confirmed_fraud', 'confirmed_other', 'duplicate', "
        "'data_error', 'false_alarm')"
    ),
    "state": "state IN ('new', 'assigned', 'verifying', 'proposed', 'closed')",
    "severity": "severity IN ('critical', 'high', 'medium', 'low')",
    "machine": "(act IN ('gathered', 'reopened')) = (done_by IS NULL)",
    "stepped": "(act = 'step') = (step IS NOT NULL) AND (step IS NULL) = (outcome IS NULL)",
    "said": (
        "(state IN ('proposed', 'closed')) = (disposition IS NOT NULL) AND (state = 'closed') = (act = 'approved')"
    ),
    "two_people": (
        "(act IN ('approved', 'returned')) = (proposal_id IS NOT NULL) AND (proposal_id IS NULL OR "
        "(proposed_by IS NOT NULL AND done_by IS NOT NULL AND proposed_by <> done_by))"
    ),
}


def upgrade() -> None:
    _cases()
    _acts()
    _flags()
    _guard_on_postgresql() if op.get_bind().dialect.name == "postgresql" else _guard_on_sqlite()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _word(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=64), nullable=nullable)


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _at(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _guard() -> sa.Column[Any]:
    return sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False)


def _check(table: str, name: str, text: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _cases() -> None:
    op.create_table(
        "cases",
        _id(),
        _id("person_id"),
        _word("cause"),
        _at("opened_at"),
        _guard(),
        _check("cases", "cause", CAUSES),
        _to("cases", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("person_id", "cause", name=op.f("uq_cases_person_id_cause")),
    )


def _acts() -> None:
    table = "case_acts"
    op.create_table(
        table,
        _id(),
        _id("case_id"),
        _whole("number"),
        _word("act"),
        _word("step", nullable=True),
        _word("outcome", nullable=True),
        _word("disposition", nullable=True),
        _id("proposal_id", nullable=True),
        _id("proposed_by", nullable=True),
        _word("state"),
        _word("severity"),
        _whole("severity_rank"),
        _whole("rules"),
        sa.Column("due_on", sa.Date(), nullable=False),
        _id("assignee", nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        _id("done_by", nullable=True),
        _at("done_at"),
        _guard(),
        *(_check(table, name, text) for name, text in CHECKS.items()),
        _to(table, "case_id", "cases"),
        _to(table, "proposal_id", "case_acts"),
        _to(table, "proposed_by", "staff"),
        _to(table, "assignee", "staff"),
        _to(table, "done_by", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("case_id", "number", name=op.f(f"uq_{table}_case_id_number")),
    )
    columns = ["state", "severity_rank", "due_on"]
    op.create_index(op.f(f"ix_{table}_state_severity_rank_due_on"), table, columns, unique=False)


def _flags() -> None:
    op.create_table(
        "case_flags",
        _id("case_id"),
        _id("flag_id"),
        _whole("number"),
        _at("gathered_at"),
        _guard(),
        _to("case_flags", "case_id", "cases"),
        _to("case_flags", "flag_id", "flags"),
        sa.ForeignKeyConstraint(
            ["case_id", "number"], ["case_acts.case_id", "case_acts.number"], name="fk_case_flags_act"
        ),
        sa.PrimaryKeyConstraint("case_id", "flag_id", name=op.f("pk_case_flags")),
    )
    op.create_index(op.f("ix_case_flags_flag_id"), "case_flags", ["flag_id"], unique=False)


def _untrue() -> dict[str, str]:
    """table -> what a new row of it may not be: an answer to what nobody proposed, or that somebody else did; an act
    behind a gap; of people who do not exist; a flag that no act put in."""
    answered = (
        "SELECT 1 FROM case_acts WHERE id = NEW.proposal_id AND case_id = NEW.case_id AND act = 'proposed'"
        " AND number = NEW.number - 1 AND done_by = NEW.proposed_by"
        " AND (NEW.act = 'returned' OR disposition = NEW.disposition)"
    )
    unknown = " OR ".join(
        f"(NEW.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM staff WHERE id = NEW.{column}))"
        for column in ("done_by", "assignee", "proposed_by")
    )
    before = "SELECT 1 FROM case_acts WHERE case_id = NEW.case_id AND number = NEW.number - 1"
    known = "NOT EXISTS (SELECT 1 FROM cases WHERE id = NEW.case_id)"
    put_in = (
        "SELECT 1 FROM case_acts WHERE case_id = NEW.case_id AND number = NEW.number"
        " AND act IN ('gathered', 'reopened') AND done_at = NEW.gathered_at"
    )
    return {
        "case_acts": (
            f"(NEW.act IN ('approved', 'returned') AND NOT EXISTS ({answered}))"
            f" OR (NEW.number <> 1 AND NOT EXISTS ({before})) OR {known} OR {unknown}"
        ),
        "case_flags": f"NOT EXISTS ({put_in})",
    }


def _guard_on_sqlite() -> None:
    for table in FACTS:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table, wrong in _untrue().items():
        op.execute(
            f"CREATE TRIGGER {table}_true BEFORE INSERT ON {table} WHEN {wrong} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: nobody has done this'); END"
        )


def _guard_on_postgresql() -> None:
    for table in FACTS:
        for events, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            name = events.lower().replace(" or ", "_")
            op.execute(
                f"CREATE TRIGGER {table}_no_{name} BEFORE {events} ON {table} FOR EACH {each} "
                "EXECUTE FUNCTION refuse_change()"
            )
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    for table, wrong in _untrue().items():
        # as whoever owns the tables, without pg_temp before them: nobody's temporary table may stand in for ours
        op.execute(
            f"CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
            f"SET search_path = {path}, pg_temp AS $$ BEGIN IF {wrong} THEN RAISE EXCEPTION "
            f"'{table}: nobody has done this' USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION keep_{table}() FROM PUBLIC")
        op.execute(f"CREATE TRIGGER {table}_true BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{table}()")
