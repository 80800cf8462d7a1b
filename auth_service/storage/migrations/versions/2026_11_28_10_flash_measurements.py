"""Measurements of the colours: kept by one person, put in force by another, withdrawn by anyone who may.

Expand only: an older release works on. Both tables are append-only, as threshold records are.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_10_flash_measurements"
down_revision = "2026_11_28_9_reviews"
branch_labels = None
depends_on = None

FACTS = ("flash_measurements", "flash_acts")


def upgrade() -> None:
    _measurements()
    _acts()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _measurements() -> None:
    op.create_table(
        "flash_measurements",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("record_digest", sa.String(length=64), nullable=False),
        sa.Column("recorded_by", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["recorded_by"], ["staff.id"], name=op.f("fk_flash_measurements_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flash_measurements")),
        sa.UniqueConstraint("name", name=op.f("uq_flash_measurements_name")),
        sa.UniqueConstraint("id", "recorded_by", name=op.f("uq_flash_measurements_id_recorded_by")),
    )


def _acts() -> None:
    op.create_table(
        "flash_acts",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("measurement_id", sa.String(length=32), nullable=False),
        sa.Column("recorded_by", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("done_by", sa.String(length=32), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("act IN ('activated', 'withdrawn')", name=op.f("ck_flash_acts_act")),
        sa.CheckConstraint("act = 'withdrawn' OR done_by <> recorded_by", name=op.f("ck_flash_acts_two_people")),
        sa.ForeignKeyConstraint(
            ["measurement_id", "recorded_by"],
            ["flash_measurements.id", "flash_measurements.recorded_by"],
            name=op.f("fk_flash_acts_measurement_id_recorded_by"),
        ),
        sa.ForeignKeyConstraint(["done_by"], ["staff.id"], name=op.f("fk_flash_acts_done_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_flash_acts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_flash_acts_measurement_id"), "flash_acts", ["measurement_id"], unique=False)


def _guard_on_sqlite() -> None:
    for table in FACTS:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    # a shell that did not switch foreign keys on could otherwise write down somebody else as who recorded it
    op.execute(
        "CREATE TRIGGER flash_acts_two_people BEFORE INSERT ON flash_acts "
        "WHEN NEW.recorded_by IS NOT (SELECT recorded_by FROM flash_measurements WHERE id = NEW.measurement_id) "
        "BEGIN SELECT RAISE(ABORT, 'who recorded it is another'); END"
    )


def _guard_on_postgresql() -> None:
    for table in FACTS:
        op.execute(
            f"CREATE TRIGGER {table}_no_update_delete BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
