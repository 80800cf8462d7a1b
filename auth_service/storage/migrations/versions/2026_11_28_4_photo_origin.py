"""Who brought an enrolled photo, so that an API key's word for a photo never stands above the agency's own.

A photo of an earlier release has no origin and counts as one from the agency's own files: whoever was enrolled goes on
being recognised. Expand only: an older release works on, and what it enrols counts in the same way.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_4_photo_origin"
down_revision = "2026_11_28_3_audit_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reference_photos", sa.Column("origin", sa.String(64), nullable=True))
