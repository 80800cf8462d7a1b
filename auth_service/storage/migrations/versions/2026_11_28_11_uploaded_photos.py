"""A photo that somebody left for staff to check, with the request for another way that it belongs to.

Expand only: an older release works on, and shows such a request as one for the counter.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_11_uploaded_photos"
down_revision = "2026_11_28_10_flash_measurements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("other_ways", sa.Column("upload", sa.LargeBinary(), nullable=True))
    op.add_column("other_ways", sa.Column("photo_id", sa.String(length=32), nullable=True))
    op.add_column("other_ways", sa.Column("consent_sealed", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_other_ways_photo_id"), "other_ways", ["photo_id"], unique=False)
