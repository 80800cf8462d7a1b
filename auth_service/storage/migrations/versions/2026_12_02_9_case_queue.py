"""The queue of cases is read in its order. Expand only: an older release does not notice."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_9_case_queue"
down_revision = "2026_12_02_8_bindings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_case_acts_queue", "case_acts", ["severity_rank", sa.text("rules DESC"), "due_on", "case_id"])
