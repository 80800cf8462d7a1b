"""What a capture session told its client and what was sealed, step by step; tries are found by the number given.

Expand only: an older release works on with the sessions that it opened itself. No row ever changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_8_capture_moves"
down_revision = "2026_11_28_7_replay_prints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "capture_moves",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('asked', 'sealed', 'code_sent', 'code_given')", name=op.f("ck_capture_moves_kind")
        ),
        sa.CheckConstraint("n >= 0 AND place >= 0", name=op.f("ck_capture_moves_place")),
        sa.ForeignKeyConstraint(["session_id"], ["capture_sessions.id"], name=op.f("fk_capture_moves_session_id")),
        sa.PrimaryKeyConstraint("session_id", "place", name=op.f("pk_capture_moves")),
    )
    op.create_index(op.f("ix_capture_sessions_subject"), "capture_sessions", ["subject"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER capture_moves_no_update BEFORE UPDATE ON capture_moves FOR EACH ROW "
            "EXECUTE FUNCTION refuse_change()"
        )
        op.execute("ALTER TABLE capture_moves SET SCHEMA faces")
    else:
        op.execute(
            "CREATE TRIGGER capture_moves_no_update BEFORE UPDATE ON capture_moves "
            "BEGIN SELECT RAISE(ABORT, 'capture_moves is append-only'); END"
        )
