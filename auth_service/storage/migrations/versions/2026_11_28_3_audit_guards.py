"""A keyed guard on every audit row and checkpoint; the head of the chain follows the rows, and nothing else moves it.

No key is at hand here: `Store.migrate` seals the one row of `audit_base`, in this same transaction, over how long the
trail and its checkpoints are now. What is older has no guard of its own and is held by that one. From then on a row
comes in only behind the last one, with a guard, and moves the head itself; while the base is not sealed, as during a
restore, rows come in as they are. Whoever takes a checkpoint's number in advance does not have its guard, so that both
rows find room.

Expand (columns, the base), enforce (triggers, rights). Releases before this step write rows without a guard and cannot
work with the database any more, which the row in `schema_reach` says.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_3_audit_guards"
down_revision = "2026_11_28_2_replays"
branch_labels = None
depends_on = None

COLUMNS = "number, rows, note, frontier"
SEALED = "EXISTS (SELECT 1 FROM audit_base WHERE length(guard) = 32)"


def upgrade() -> None:
    op.create_table(
        "audit_base",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("checkpoints", sa.BigInteger(), nullable=False),
        sa.Column("guard", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_base_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_base")),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    kind, empty = ("BYTEA", "''") if postgresql else ("BLOB", "x''")
    op.execute(
        "INSERT INTO audit_base (id, rows, hash, checkpoints, guard) SELECT 1, rows, hash, "
        f"(SELECT coalesce(max(number), 0) FROM audit_checkpoints), {empty} FROM audit_head"
    )
    op.execute(f"ALTER TABLE audit_rows ADD COLUMN guard {kind} NOT NULL DEFAULT {empty}")
    if postgresql:
        _postgresql()
    else:
        _sqlite()
    op.execute(f"UPDATE schema_reach SET oldest_revision = '{revision}'")


def _sqlite() -> None:
    # SQLite changes no primary key: the table is made anew, and its triggers with it
    op.execute("ALTER TABLE audit_checkpoints RENAME TO audit_checkpoints_before")
    op.create_table(
        "audit_checkpoints",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("x''"), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("frontier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", "guard", name=op.f("pk_audit_checkpoints")),
    )
    op.execute(f"INSERT INTO audit_checkpoints ({COLUMNS}) SELECT {COLUMNS} FROM audit_checkpoints_before")
    op.execute("DROP TABLE audit_checkpoints_before")
    for event in ("UPDATE", "DELETE"):
        _refuse("audit_checkpoints", event)
    _refuse("audit_base", "UPDATE", "WHEN length(OLD.guard) > 0")
    _refuse("audit_base", "DELETE")
    wrong = "length(NEW.guard) <> 32 OR length(NEW.hash) <> 64 OR NEW.hash GLOB '*[^0-9a-f]*'"
    behind = "EXISTS (SELECT 1 FROM audit_head WHERE rows = NEW.number - 1 AND hash = NEW.previous)"
    op.execute(
        f"CREATE TRIGGER audit_rows_move_head AFTER INSERT ON audit_rows WHEN {SEALED} BEGIN "
        f"SELECT RAISE(ABORT, 'audit_rows follow their head one by one') WHERE {wrong} OR NOT {behind}; "
        "UPDATE audit_head SET rows = NEW.number, hash = NEW.hash; END"
    )
    written = "EXISTS (SELECT 1 FROM audit_rows WHERE number = NEW.rows AND hash = NEW.hash)"
    op.execute(
        f"CREATE TRIGGER audit_head_written BEFORE UPDATE ON audit_head WHEN {SEALED} AND NOT {written} "
        "BEGIN SELECT RAISE(ABORT, 'audit_head is append-only'); END"
    )


def _refuse(table: str, event: str, condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql() -> None:
    op.execute("ALTER TABLE audit_checkpoints ADD COLUMN guard BYTEA NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE audit_checkpoints DROP CONSTRAINT uq_audit_checkpoints_rows")
    op.execute("ALTER TABLE audit_checkpoints DROP CONSTRAINT pk_audit_checkpoints")
    op.execute("ALTER TABLE audit_checkpoints ADD CONSTRAINT pk_audit_checkpoints PRIMARY KEY (number, guard)")
    for event, condition in (("UPDATE", "WHEN (length(OLD.guard) > 0)"), ("DELETE", "")):
        op.execute(
            f"CREATE TRIGGER audit_base_no_{event.lower()} BEFORE {event} ON audit_base FOR EACH ROW {condition} "
            "EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER audit_base_no_truncate BEFORE TRUNCATE ON audit_base "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    _head_follows_rows()
    _head_names_a_row()


def _head_follows_rows() -> None:
    """One look over all rows of a statement: a batch costs little more than a single row."""
    op.execute(f"""
        CREATE FUNCTION move_audit_head() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = {_path()} AS $$
        DECLARE
            head record;
        BEGIN
            IF NOT {SEALED} THEN
                RETURN NULL;
            END IF;
            SELECT rows, hash INTO head FROM audit_head FOR UPDATE;
            IF EXISTS (
                SELECT 1 FROM (
                    SELECT number, previous, hash, guard,
                           lag(number, 1, head.rows) OVER (ORDER BY number) AS last_number,
                           lag(hash, 1, head.hash) OVER (ORDER BY number) AS last_hash
                    FROM added
                ) AS each
                WHERE number <> last_number + 1 OR previous <> last_hash OR length(guard) <> 32
                   OR hash !~ '^[0-9a-f]{{64}}$'
            ) THEN
                RAISE EXCEPTION 'audit_rows follow their head one by one' USING ERRCODE = 'restrict_violation';
            END IF;
            UPDATE audit_head SET (rows, hash) = (SELECT number, hash FROM added ORDER BY number DESC LIMIT 1)
            WHERE EXISTS (SELECT 1 FROM added);
            RETURN NULL;
        END $$
    """)
    op.execute(
        "CREATE TRIGGER audit_rows_move_head AFTER INSERT ON audit_rows REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION move_audit_head()"
    )


def _head_names_a_row() -> None:
    op.execute(f"""
        CREATE FUNCTION refuse_unwritten_head() RETURNS trigger LANGUAGE plpgsql SET search_path = {_path()} AS $$
        BEGIN
            IF {SEALED} AND NOT EXISTS (SELECT 1 FROM audit_rows WHERE number = NEW.rows AND hash = NEW.hash) THEN
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute(
        "CREATE TRIGGER audit_head_written BEFORE UPDATE ON audit_head "
        "FOR EACH ROW EXECUTE FUNCTION refuse_unwritten_head()"
    )


def _path() -> str:
    """pg_temp last: nobody's temporary table may stand in for ours."""
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    return f"{path}, pg_temp"
