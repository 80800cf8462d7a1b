"""The tree of regions, from provinces to villages, with what became of codes that ended.

Expand only: an older release works on beside it and knows the one old code that it was built with.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_1_regions"
down_revision = "2026_11_29_9_own_data"
branch_labels = None
depends_on = None

CHANGES = "change IS NULL OR change IN ('recoded', 'merged', 'split', 'abolished')"


def upgrade() -> None:
    op.create_table(
        "regions",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("change", sa.String(length=64), nullable=True),
        sa.Column("successors", sa.Text(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.CheckConstraint(CHANGES, name=op.f("ck_regions_change")),
        sa.CheckConstraint("(change IS NULL) = (valid_to IS NULL)", name=op.f("ck_regions_ended")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_regions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_regions_code"), "regions", ["code"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER regions_no_update_delete BEFORE UPDATE OR DELETE ON regions "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER regions_no_truncate BEFORE TRUNCATE ON regions "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER regions_no_{event.lower()} BEFORE {event} ON regions "
            "BEGIN SELECT RAISE(ABORT, 'regions is append-only'); END"
        )
