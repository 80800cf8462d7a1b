"""The last sign of a service that could do its work. Expand only: an older release leaves none and misses none."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_7_service_signs"
down_revision = "2026_11_29_5_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_signs",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_service_signs_only_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_signs")),
    )
