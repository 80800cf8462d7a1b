"""Signed checkpoints of the audit chain, how far witnesses have them, and a guard on every row that lets somebody in.

The guard is a keyed HMAC over the row; no key is at hand here. Rows that are there already get theirs in
`Store.migrate`, in this same transaction and only when this very step is taken: a row that is slipped in later keeps
the empty guard, which never fits. Sessions end; people sign in again.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_2_checkpoints"
down_revision = "2026_11_24_1_separation"
branch_labels = None
depends_on = None

GUARDED = ("staff", "staff_sessions", "api_keys")


def upgrade() -> None:
    op.create_table(
        "audit_checkpoints",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("frontier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_checkpoints")),
        sa.UniqueConstraint("rows", name=op.f("uq_audit_checkpoints_rows")),
    )
    op.create_table(
        "audit_witnesses",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("lease", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_witnesses")),
    )
    op.execute("DELETE FROM staff_sessions")
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in GUARDED:
        kind, empty = ("BYTEA", "''") if postgresql else ("BLOB", "x''")
        op.execute(f"ALTER TABLE {table} ADD COLUMN guard {kind} NOT NULL DEFAULT {empty}")
    if postgresql:
        _keep_on_postgresql("audit_checkpoints")
    else:
        _keep_on_sqlite("audit_checkpoints")


def _keep_on_sqlite(table: str) -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _keep_on_postgresql(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_update_delete BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
