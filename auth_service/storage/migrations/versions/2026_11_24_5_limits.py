"""Counts of requests against limits."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_5_limits"
down_revision = "2026_11_24_4_calibrations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limit_counts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_counts")),
    )
    op.create_index(op.f("ix_limit_counts_ends_at"), "limit_counts", ["ends_at"])
