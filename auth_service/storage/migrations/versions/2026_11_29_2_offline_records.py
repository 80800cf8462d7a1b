"""Records that kiosks made without a line, the tickets that they were made with, and what was counted on both sides.

Expand only: an older release works on. A record's place in the chain and what the kiosk was told of it never change,
it is decided once, and no record goes that is younger than three years: whoever copies a kiosk is found by the records
that are there.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_2_offline_records"
down_revision = "2026_11_29_1_devices"
branch_labels = None
depends_on = None

STATES = "state IN ('accepted', 'pending', 'refused')"
FAULTS = "fault IS NULL OR fault IN ('fork', 'broken', 'gap')"
HOLDS = (
    "hold = '' OR hold IS NULL OR hold IN ('device_revoked', 'device_quarantined', 'chain_fork', 'chain_broken', "
    "'chain_gap', 'ticket_reused', 'ticket_of_another_device', 'ticket_expired', 'record_from_future', "
    "'record_before_ticket', 'record_too_old')"
)
KEPT = (
    "id", "device_id", "counter", "previous", "digest", "client_event", "ticket_id", "person_id", "state", "code",
    "captured_at", "received_at",
)  # fmt: skip
SET_ONCE = ("hold", "decided_at", "evidence_id")
DAYS = 1096
"""Of core/retention.py FACT_DAYS when this step was released."""


def upgrade() -> None:
    _tickets()
    _records()
    _reconciliations()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _tickets() -> None:
    op.create_table(
        "offline_tickets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.String(length=32), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(used_by IS NULL) = (used_at IS NULL)", name=op.f("ck_offline_tickets_used")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_offline_tickets_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_tickets")),
    )
    op.create_index(op.f("ix_offline_tickets_expires_at"), "offline_tickets", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_offline_tickets_device_id_expires_at"), "offline_tickets", ["device_id", "expires_at"], unique=False
    )


def _records() -> None:
    op.create_table(
        "offline_records",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("client_event", sa.String(length=36), nullable=False),
        sa.Column("ticket_id", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("fault", sa.String(length=64), nullable=True),
        sa.Column("fault_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold", sa.String(length=64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_id", sa.String(length=32), nullable=True),
        sa.Column("record_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        *_rules(),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_offline_records_device_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_offline_records_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_records")),
        sa.UniqueConstraint("device_id", "client_event", name=op.f("uq_offline_records_device_id_client_event")),
    )
    for name, columns, where in (
        ("open", ["device_id", "tries", "counter"], sa.text("decided_at IS NULL")),
        ("faults", ["device_id", "counter"], sa.text("fault IS NOT NULL")),
    ):
        op.create_index(
            f"ix_offline_records_{name}", "offline_records", columns, sqlite_where=where, postgresql_where=where
        )
    double = ("counter", "previous", "received_at")
    single = ("session_id", "evidence_id", "person_id")
    for columns in (*(["device_id", column] for column in double), *([column] for column in single)):
        op.create_index(op.f(f"ix_offline_records_{'_'.join(columns)}"), "offline_records", columns, unique=False)


def _rules() -> list[sa.CheckConstraint]:
    rules = {
        "state": STATES,
        "code": "(state = 'accepted') = (code = '')",
        "fault": FAULTS,
        "fault_at": "(fault IS NULL) = (fault_at IS NULL)",
        "hold": HOLDS,
        "counter": "counter > 0 AND tries >= 0",
        "evidence": "evidence_id IS NULL OR decided_at IS NOT NULL",
    }
    return [sa.CheckConstraint(rule, name=op.f(f"ck_offline_records_{name}")) for name, rule in rules.items()]


def _reconciliations() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("captures", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_reconciliations_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index(op.f("ix_reconciliations_day_device_id"), "reconciliations", ["day", "device_id"], unique=False)


def _forward(same: str) -> str:
    """Which change of a record is one: what came stays, and a decision is made once. What is wrong with its place
    follows from the records around it, and may change with them."""
    kept = [f"NEW.{column} {same} OLD.{column}" for column in KEPT]
    once = [f"(OLD.{column} IS NULL OR NEW.{column} {same} OLD.{column})" for column in SET_ONCE]
    return " AND ".join([*kept, *once])


def _sqlite() -> None:
    young = f"OLD.received_at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-{DAYS} days')"
    for event, condition in (("UPDATE", f"NOT ({_forward('IS')})"), ("DELETE", young)):
        op.execute(
            f"CREATE TRIGGER offline_records_no_{event.lower()} BEFORE {event} ON offline_records WHEN {condition} "
            "BEGIN SELECT RAISE(ABORT, 'offline_records is append-only'); END"
        )


def _postgresql() -> None:
    op.execute(
        "CREATE TRIGGER offline_records_no_update BEFORE UPDATE ON offline_records FOR EACH ROW "
        f"WHEN (NOT ({_forward('IS NOT DISTINCT FROM')})) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER offline_records_no_delete BEFORE DELETE ON offline_records FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change_of_young('received_at')"
    )
    op.execute("ALTER TABLE offline_records SET SCHEMA faces")
