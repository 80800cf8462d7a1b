"""Scans of all faces against each other (rule I03), and who was declared to be alike by birth.

Expand only: an older release works on beside it. Pairs stand only while a scan goes on; an older release makes none.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_4_face_scan"
down_revision = "2026_12_02_3_cases"
branch_labels = None
depends_on = None

KIN = "declared_kin"


def upgrade() -> None:
    _scans()
    _kin()
    if op.get_bind().dialect.name == "postgresql":
        for events, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            name = events.lower().replace(" or ", "_")
            op.execute(
                f"CREATE TRIGGER {KIN}_no_{name} BEFORE {events} ON {KIN} FOR EACH {each} "
                "EXECUTE FUNCTION refuse_change()"
            )
        op.execute(f"ALTER TABLE {KIN} SET SCHEMA identity")
        op.execute("ALTER TABLE face_scan_pairs SET SCHEMA faces")
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {KIN}_no_{event.lower()} BEFORE {event} ON {KIN} "
            f"BEGIN SELECT RAISE(ABORT, '{KIN} is append-only'); END"
        )


def _scans() -> None:
    op.create_table(
        "face_scans",
        _id("id"),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("weights_digest", sa.String(length=64), nullable=False),
        sa.Column("calibration", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        _id("place"),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("tail", sa.Text(), nullable=False),
        sa.Column("raised", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_scans")),
    )
    table = "face_scan_pairs"
    op.create_table(
        table,
        _id("scan_id"),
        _id("first_id"),
        _id("second_id"),
        sa.Column("similarity", sa.Float(precision=53), nullable=False),
        sa.Column("margin", sa.Float(precision=53), nullable=False),
        sa.Column("signals", sa.String(length=64), nullable=False),
        _check(table, "order", "first_id < second_id"),
        _to(table, "scan_id", "face_scans"),
        _to(table, "first_id", "people"),
        _to(table, "second_id", "people"),
        sa.PrimaryKeyConstraint("scan_id", "first_id", "second_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_second_id"), table, ["second_id"], unique=False)


def _kin() -> None:
    op.create_table(
        KIN,
        _id("id"),
        _id("first_id"),
        _id("second_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        _id("declared_by"),
        _id("done_by"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        _check(KIN, "relation", "relation IN ('twin', 'sibling')"),
        _check(KIN, "act", "act IN ('declared', 'confirmed', 'withdrawn')"),
        _check(KIN, "order", "first_id < second_id"),
        _check(KIN, "two_people", "act <> 'confirmed' OR declared_by <> done_by"),
        _check(KIN, "declarer", "act <> 'declared' OR declared_by = done_by"),
        _to(KIN, "first_id", "people"),
        _to(KIN, "second_id", "people"),
        _to(KIN, "declared_by", "staff"),
        _to(KIN, "done_by", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{KIN}")),
        sa.UniqueConstraint("first_id", "second_id", "number", name=op.f(f"uq_{KIN}_first_id_second_id_number")),
    )
    op.create_index(op.f(f"ix_{KIN}_second_id"), KIN, ["second_id"], unique=False)


def _id(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=False)


def _check(table: str, name: str, text: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
