"""Threshold records of the operator's own: proposals and activations, append-only, never by one and the same person."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_4_calibrations"
down_revision = "2026_11_24_3_keys"
branch_labels = None
depends_on = None

FACTS = ("calibrations", "calibration_activations")


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("weights_digest", sa.String(length=64), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("record_digest", sa.String(length=64), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_calibrations_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
        sa.UniqueConstraint("name", name=op.f("uq_calibrations_name")),
        sa.UniqueConstraint("id", "proposed_by", name=op.f("uq_calibrations_id_proposed_by")),
    )
    op.create_table(
        "calibration_activations",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("calibration_id", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("activated_by", sa.String(length=32), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("activated_by <> proposed_by", name=op.f("ck_calibration_activations_two_people")),
        sa.ForeignKeyConstraint(
            ["calibration_id", "proposed_by"],
            ["calibrations.id", "calibrations.proposed_by"],
            name=op.f("fk_calibration_activations_calibration_id_proposed_by"),
        ),
        sa.ForeignKeyConstraint(["activated_by"], ["staff.id"], name=op.f("fk_calibration_activations_activated_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_calibration_activations")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_calibration_activations_calibration_id"), "calibration_activations", ["calibration_id"], unique=False
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _guard_on_sqlite() -> None:
    for table in FACTS:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    # a shell that did not switch foreign keys on could otherwise write down somebody else as the proposer
    op.execute(
        "CREATE TRIGGER calibration_activations_two_people BEFORE INSERT ON calibration_activations "
        "WHEN NEW.proposed_by IS NOT (SELECT proposed_by FROM calibrations WHERE id = NEW.calibration_id) "
        "BEGIN SELECT RAISE(ABORT, 'the proposer is another'); END"
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
