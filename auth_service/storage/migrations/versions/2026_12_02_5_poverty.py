"""The poverty ledger: versions of months, their lines, and what they count.

Expand only: an older release works on. A finished version never changes, nor does a line, which can only be emptied of
whom it names.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_5_poverty"
down_revision = "2026_12_02_4_face_scan"
branch_labels = None
depends_on = None

OUTCOMES = "outcome IN ('insured_tagged', 'insured_untagged', 'uninsured_tagged', 'lost_source', 'to_confirm')"
FACTS = ("poverty_months", "poverty_lines", "poverty_counts")
SAME = (
    "id", "month_id", "list_index", "outcome", "person_id", "region_code", "reached_60", "drawing", "premium_years",
    "carried", "candidates",
)  # fmt: skip
"""Columns of a line that stay when it is emptied."""
MADE = ("id", "month", "version", "mark", "lists", "previous", "began_at", "began_by")
"""Columns of a month that stay while it is being made."""


def upgrade() -> None:
    _months()
    _lines()
    op.create_table(
        "poverty_counts",
        _id("month_id"),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        _word("kind"),
        _word("what"),
        sa.Column("people", sa.Integer(), nullable=False),
        _check("poverty_counts", "people", "people > 0"),
        _to("poverty_counts", "month_id", "poverty_months"),
        sa.PrimaryKeyConstraint("month_id", "region_code", "kind", "what", name=op.f("pk_poverty_counts")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
        op.execute("ALTER TABLE poverty_lines SET SCHEMA identity")
    else:
        _guard_on_sqlite()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _word(name: str, length: int = 64) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _check(table: str, name: str, text: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _months() -> None:
    table = "poverty_months"
    op.create_table(
        table,
        _id(),
        _word("month", 7),
        sa.Column("version", sa.Integer(), nullable=False),
        _word("mark"),
        sa.Column("lists", sa.Text(), nullable=False),
        _id("previous", nullable=True),
        _word("stage"),
        _word("place"),
        _at("began_at"),
        _word("began_by"),
        _at("finished_at", nullable=True),
        _check(table, "stage", "stage IN ('rows', 'before', 'tags', 'counts', 'done')"),
        _check(table, "finished", "(stage = 'done') = (finished_at IS NOT NULL)"),
        _to(table, "previous", table),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("month", "version", name=op.f(f"uq_{table}_month_version")),
    )


def _lines() -> None:
    table = "poverty_lines"
    op.create_table(
        table,
        _id(),
        _id("month_id"),
        sa.Column("list_index", sa.LargeBinary(), nullable=False),
        sa.Column("subject_index", sa.LargeBinary(), nullable=True),
        _word("outcome"),
        _id("person_id", nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("reached_60", sa.Boolean(), nullable=True),
        sa.Column("drawing", sa.Boolean(), nullable=False),
        _word("premium_years", 200),
        sa.Column("carried", sa.Boolean(), nullable=False),
        sa.Column("candidates", sa.Text(), nullable=False),
        sa.Column("said_sealed", sa.LargeBinary(), nullable=True),
        _check(table, "outcome", OUTCOMES),
        _check(table, "insured", "outcome <> 'insured_tagged' OR person_id IS NOT NULL"),
        _check(table, "uninsured", "outcome NOT IN ('uninsured_tagged', 'to_confirm') OR person_id IS NULL"),
        _to(table, "month_id", "poverty_months"),
        _to(table, "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("month_id", "list_index", "subject_index", name="uq_poverty_lines_once"),
    )
    op.create_index(op.f(f"ix_{table}_person_id"), table, ["person_id"], unique=False)
    op.create_index(op.f(f"ix_{table}_subject_index"), table, ["subject_index"], unique=False)


def _wrong(differs: str) -> dict[str, str]:
    """Which changes are refused. differs: `IS NOT` in the words of the database"""
    made = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in MADE)
    kept = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in SAME)
    subject = f"NEW.subject_index IS NOT NULL AND NEW.subject_index {differs} OLD.subject_index"
    return {
        "poverty_months": f"OLD.finished_at IS NOT NULL OR {made}",
        "poverty_lines": f"NEW.said_sealed IS NOT NULL OR {subject} OR {kept}",
    }


def _guard_on_sqlite() -> None:
    wrong = _wrong("IS NOT")
    for table in FACTS:
        for event in ("UPDATE", "DELETE"):
            when = f"WHEN {wrong[table]}" if event == "UPDATE" and table in wrong else ""
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {when} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _guard_on_postgresql() -> None:
    wrong = _wrong("IS DISTINCT FROM")
    for table, condition in wrong.items():
        op.execute(
            f"CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp "
            f"AS $$ BEGIN IF TG_OP = 'DELETE' THEN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
            f"USING ERRCODE = 'restrict_violation'; END IF; IF {condition} THEN "
            f"RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END IF; "
            f"RETURN NEW; END $$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION keep_{table}() FROM PUBLIC")
    for table in FACTS:
        keeper = f"keep_{table}" if table in wrong else "refuse_change"
        op.execute(
            f"CREATE TRIGGER {table}_no_update_delete BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {keeper}()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
