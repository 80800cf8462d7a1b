"""Files of registries: batches, who stands for them, their rows, and what was refused.

Expand only: an older release works on. A batch that was read to its end never changes; a row can only be emptied of
what it said of a person; one person who imports and releases the same batch is refused by a CHECK, and that a release
names the importer truly, by triggers.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_1_registry"
down_revision = "2026_11_30_2_arrangements"
branch_labels = None
depends_on = None

KINDS = (
    "kind IN ('death', 'cremation', 'household', 'prison', 'travel', 'medical', 'marriage', 'adoption', 'employment', "
    "'other_region', 'poverty', 'subsistence', 'disability')"
)
FACTS = ("registry_batches", "registry_acts", "registry_records", "registry_refusals")
SAME = ("id", "batch_id", "row", "kind", "source", "act", "ref_index", "source_time", "time_given", "event_on")
"""Columns of a row that stay when it is emptied."""


def upgrade() -> None:
    _batches()
    _acts()
    _records()
    op.create_table(
        "registry_refusals",
        _id("batch_id"),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        _word("field"),
        _word("code"),
        _to("registry_refusals", "batch_id", "registry_batches"),
        sa.PrimaryKeyConstraint("batch_id", "row", name=op.f("pk_registry_refusals")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
        op.execute("ALTER TABLE registry_records SET SCHEMA identity")
    else:
        _guard_on_sqlite()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _word(name: str, length: int = 64) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _bytes(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _guard() -> sa.Column[Any]:
    return sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False)


def _check(table: str, name: str, text: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _batches() -> None:
    table = "registry_batches"
    op.create_table(
        table,
        _id(),
        _word("kind"),
        _word("source"),
        _word("file_digest"),
        _word("profile_digest"),
        _text("profile"),
        _bytes("file_name_sealed", nullable=False),
        _at("begun_at"),
        sa.Column("place", sa.Integer(), nullable=False),
        _text("counts"),
        _at("newest_at", nullable=True),
        _at("finished_at", nullable=True),
        _text("findings"),
        _guard(),
        _check(table, "kind", KINDS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "kind", "file_digest", "profile_digest", name=op.f(f"uq_{table}_kind_file_digest_profile_digest")
        ),
    )
    op.create_index(op.f(f"ix_{table}_kind_source_begun_at"), table, ["kind", "source", "begun_at"], unique=False)


def _acts() -> None:
    table = "registry_acts"
    step = (
        "(step = 1 AND act = 'imported') OR (step = 2 AND act IN ('cleared', 'released'))"
        " OR (step = 3 AND act = 'discarded')"
    )
    op.create_table(
        table,
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        _id("batch_id"),
        sa.Column("step", sa.Integer(), nullable=False),
        _word("act"),
        _id("first_by", nullable=True),
        _id("done_by", nullable=True),
        _at("done_at"),
        _guard(),
        _check(table, "step", step),
        _check(table, "somebody", "(act = 'cleared') = (done_by IS NULL)"),
        _check(table, "first", "(act = 'released') = (first_by IS NOT NULL)"),
        _check(table, "two_people", "act <> 'released' OR first_by <> done_by"),
        _to(table, "batch_id", "registry_batches"),
        _to(table, "first_by", "staff"),
        _to(table, "done_by", "staff"),
        sa.PrimaryKeyConstraint("number", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("batch_id", "step", name=op.f(f"uq_{table}_batch_id_step")),
    )


def _records() -> None:
    table = "registry_records"
    op.create_table(
        table,
        _id(),
        _id("batch_id"),
        sa.Column("row", sa.Integer(), nullable=False),
        _word("kind"),
        _word("source"),
        _word("act"),
        _bytes("ref_index", nullable=False),
        _at("source_time"),
        sa.Column("time_given", sa.Boolean(), nullable=False),
        sa.Column("event_on", sa.String(length=10), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        _bytes("id_index"),
        _bytes("content_index"),
        _bytes("content_sealed"),
        _check(table, "kind", KINDS),
        _check(table, "act", "act IN ('new', 'correct', 'void')"),
        _to(table, "batch_id", "registry_batches"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("batch_id", "row", name=op.f(f"uq_{table}_batch_id_row")),
    )
    op.create_index(op.f(f"ix_{table}_ref_index"), table, ["ref_index"], unique=False)
    op.create_index(op.f(f"ix_{table}_id_index"), table, ["id_index"], unique=False)


def _untrue() -> str:
    """What an act may not be: a release that names another importer than stood for it, or one of an unfinished batch,
    or one that cleared itself."""
    done = "SELECT 1 FROM registry_batches WHERE id = NEW.batch_id AND finished_at IS NOT NULL"
    stood = "SELECT 1 FROM registry_acts WHERE batch_id = NEW.batch_id AND step = 1 AND done_by = NEW.first_by"
    return (
        f"(NEW.step > 1 AND NOT EXISTS ({done}))"
        f" OR (NEW.act = 'cleared' AND NOT EXISTS ({done} AND findings = '[]'))"
        f" OR (NEW.act = 'released' AND NOT EXISTS ({stood}))"
        " OR (NEW.done_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM staff WHERE id = NEW.done_by))"
        " OR (NEW.step = 2 AND EXISTS"
        " (SELECT 1 FROM registry_acts WHERE batch_id = NEW.batch_id AND step = 3))"
    )


def _guard_on_sqlite() -> None:
    kept = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in SAME)
    whens = {
        "registry_batches": "WHEN OLD.finished_at IS NOT NULL",
        "registry_records": f"WHEN NEW.content_sealed IS NOT NULL OR {kept}",
    }
    for table in FACTS:
        for event in ("UPDATE", "DELETE"):
            when = whens.get(table, "") if event == "UPDATE" else ""
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {when} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    op.execute(
        f"CREATE TRIGGER registry_acts_true BEFORE INSERT ON registry_acts WHEN {_untrue()} "
        "BEGIN SELECT RAISE(ABORT, 'registry_acts: nobody has done this'); END"
    )


def _guard_on_postgresql() -> None:
    kept = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in SAME)
    rules = {
        "registry_batches": ("keep_registry_batches", "TG_OP = 'DELETE' OR OLD.finished_at IS NOT NULL"),
        "registry_records": ("keep_registry_records", f"TG_OP = 'DELETE' OR NEW.content_sealed IS NOT NULL OR {kept}"),
    }
    for name, wrong in rules.values():
        _function(name, f"IF {wrong} THEN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
                        "USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW;")  # fmt: skip
    _function("keep_registry_acts", f"IF {_untrue()} THEN RAISE EXCEPTION 'registry_acts: nobody has done this' "
                                    "USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW;")  # fmt: skip
    for table in FACTS:
        keeper = rules.get(table, ("refuse_change", ""))[0]
        op.execute(
            f"CREATE TRIGGER {table}_no_update_delete BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {keeper}()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER registry_acts_true BEFORE INSERT ON registry_acts "
        "FOR EACH ROW EXECUTE FUNCTION keep_registry_acts()"
    )


def _function(name: str, body: str) -> None:
    # as whoever owns the tables: who imports may not read the accounts
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = {_path()}, pg_temp AS $$ BEGIN {body} END $$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")


def _path() -> str:
    """Without pg_temp, which comes last: nobody's temporary table may stand in for ours."""
    return str(op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one())
