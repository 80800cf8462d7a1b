"""Numbers of the fund that are too much to be counted for each look.

Expand only: an older release works on. The rows are copies that the worker writes anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_6_dashboard"
down_revision = "2026_12_02_5_poverty"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_counts",
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("days", name=op.f("pk_fund_counts")),
    )
