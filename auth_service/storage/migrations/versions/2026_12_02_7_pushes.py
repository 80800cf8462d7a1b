"""Files of registries that systems of other offices send themselves: which key sent which batch.

Expand only: an older release works on.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_7_pushes"
down_revision = "2026_12_02_6_dashboard"
branch_labels = None
depends_on = None

TABLE = "registry_pushes"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("api_key_id", sa.String(length=64), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["registry_batches.id"], name=op.f(f"fk_{TABLE}_batch_id")),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name=op.f(f"fk_{TABLE}_api_key_id")),
        sa.PrimaryKeyConstraint("batch_id", "api_key_id", name=op.f(f"pk_{TABLE}")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_update_delete BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{event.lower()} BEFORE {event} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )
