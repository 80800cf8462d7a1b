"""Contacts, proxies and accommodations with their history.

Expand only: an older release works on beside it, and knows the contacts of the ledger's own rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_2_arrangements"
down_revision = "2026_11_30_1_regions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arrangements",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("kind_index", sa.LargeBinary(), nullable=False),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("holds_from", sa.Date(), nullable=False),
        sa.Column("holds_until", sa.Date(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.CheckConstraint("topic IN ('contact', 'proxy', 'accommodation')", name=op.f("ck_arrangements_topic")),
        sa.CheckConstraint("holds_until IS NULL OR holds_until >= holds_from", name=op.f("ck_arrangements_period")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_arrangements_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrangements")),
    )
    op.create_index(op.f("ix_arrangements_person_id_topic"), "arrangements", ["person_id", "topic"], unique=False)
    op.create_index(op.f("ix_arrangements_known_at"), "arrangements", ["known_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER arrangements_no_update_delete BEFORE UPDATE OR DELETE ON arrangements "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER arrangements_no_truncate BEFORE TRUNCATE ON arrangements "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute("ALTER TABLE arrangements SET SCHEMA identity")
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER arrangements_no_{event.lower()} BEFORE {event} ON arrangements "
            "BEGIN SELECT RAISE(ABORT, 'arrangements is append-only'); END"
        )
