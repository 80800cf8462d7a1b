"""Prints of decided sessions' films, and keyed hashes of their frames: what recognises a film that is played again.

Expand only: an older release works on. Neither table's rows ever change. A print goes with its cells once its person's
key is destroyed, or when it is over a year and a month old. On PostgreSQL the serving role has no right to DELETE; what
is over goes through two functions of the owner, which look at the key and at the database's own clock.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_7_replay_prints"
down_revision = "2026_11_28_6_capture_sessions"
branch_labels = None
depends_on = None

DAYS = 396
"""Of core/retention.py LEAST_PRINT_DAYS when this step was released."""
TABLES = ("replay_prints", "replay_cells")


def upgrade() -> None:
    op.create_table(
        "replay_prints",
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("print_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_replay_prints_evidence_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_replay_prints_person_id")),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_replay_prints")),
    )
    for column in ("person_id", "taken_at"):
        op.create_index(op.f(f"ix_replay_prints_{column}"), "replay_prints", [column], unique=False)
    op.create_table(
        "replay_cells",
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("place >= 0 AND place < 8", name=op.f("ck_replay_cells_place")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["replay_prints.evidence_id"], name=op.f("fk_replay_cells_evidence_id")
        ),
        sa.PrimaryKeyConstraint("evidence_id", "place", name=op.f("pk_replay_cells")),
    )
    op.create_index(op.f("ix_replay_cells_cell"), "replay_cells", ["cell"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _may_go(old: str) -> str:
    """Which print may go: its person is erased, or it is over."""
    return (
        f"SELECT 1 FROM replay_prints p LEFT JOIN person_keys k ON k.person_id = p.person_id "
        f"WHERE p.evidence_id = OLD.evidence_id AND (k.destroyed_at IS NOT NULL OR p.taken_at < {old})"
    )


def _sqlite() -> None:
    old = f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-{DAYS} days')"
    for table in TABLES:
        for event, condition in (("UPDATE", ""), ("DELETE", f"WHEN NOT EXISTS ({_may_go(old)})")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _postgresql() -> None:
    # pg_temp last: nobody's temporary table may stand in for ours
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    op.execute(f"""
        CREATE FUNCTION keep_prints() RETURNS trigger LANGUAGE plpgsql SET search_path = {path}, pg_temp AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND EXISTS ({_may_go(f"now() - interval '{DAYS} days'")}) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_no_update_delete BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_prints()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    _owner_function(path, "expire_prints(before timestamptz, most integer)", "taken_at < before LIMIT most")
    _owner_function(path, "forget_prints(erased text)", "person_id = erased")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} SET SCHEMA faces")


def _owner_function(path: str, head: str, chosen: str) -> None:
    """Removes the chosen prints with their cells; returns how many prints went."""
    op.execute(f"""
        CREATE FUNCTION {head} RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path}, pg_temp AS $$
        DECLARE
            chosen text[] := ARRAY(SELECT evidence_id FROM replay_prints WHERE {chosen});
        BEGIN
            DELETE FROM replay_cells WHERE evidence_id = ANY (chosen);
            DELETE FROM replay_prints WHERE evidence_id = ANY (chosen);
            RETURN coalesce(array_length(chosen, 1), 0);
        END $$
    """)
    name, parameters = head[:-1].split("(")
    kinds = ", ".join(parameter.split()[-1] for parameter in parameters.split(", "))
    op.execute(f"REVOKE ALL ON FUNCTION {name}({kinds}) FROM PUBLIC")
