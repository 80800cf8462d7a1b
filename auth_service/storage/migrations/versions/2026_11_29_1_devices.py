"""Devices that sign what they send, the nonces they used, flags about them, and comparisons with a chip's portrait.

Expand only: an older release works on. A device is never removed; who approved it, its key and its end are set once and
never taken back. A comparison is a fact and goes with its attempt.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_1_devices"
down_revision = "2026_11_28_11_uploaded_photos"
branch_labels = None
depends_on = None

KINDS = "kind IN ('kiosk')"
LENSES = "lens_profile IN ('standard', 'wide', 'ultra_wide')"
ZONES = "{0} IS NULL OR {0} IN ('match', 'grey', 'non_match')"
KEPT = (
    "id", "kind", "name", "owner", "region_code", "place", "lens_profile", "created_by", "created_at",
    "code_expires_at",
)  # fmt: skip
SET_ONCE = ("approved_by", "approved_at", "public_key", "enrolled_at", "revoked_by", "revoked_at")
DAYS = 1096
"""Of core/retention.py FACT_DAYS when this step was released."""


def upgrade() -> None:
    _devices()
    _nonces_and_flags()
    _chips()
    op.add_column("capture_sessions", sa.Column("browser", sa.String(length=64), nullable=True))
    op.create_index(
        op.f("ix_capture_sessions_browser_decided_at"), "capture_sessions", ["browser", "decided_at"], unique=False
    )
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("region_code", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("lens_profile", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=32), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quarantine_reason", sa.String(length=64), nullable=True),
        sa.Column("release_proposed_by", sa.String(length=32), nullable=True),
        sa.Column("released_by", sa.String(length=32), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=32), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("staff_called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counter", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        *_rules(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_devices_code_hash")),
        sa.UniqueConstraint("public_key", name=op.f("uq_devices_public_key")),
    )
    op.create_index(op.f("ix_devices_owner"), "devices", ["owner"], unique=False)


def _rules() -> list[sa.CheckConstraint]:
    rules = {
        "kind": KINDS,
        "lens_profile": LENSES,
        "approved": "(approved_by IS NULL) = (approved_at IS NULL)",
        "two_approve": "approved_by IS NULL OR approved_by <> created_by",
        "enrolled": "(public_key IS NULL) = (enrolled_at IS NULL)",
        "enrolled_after_approval": "enrolled_at IS NULL OR approved_at IS NOT NULL",
        "quarantined": "(quarantined_at IS NULL) = (quarantine_reason IS NULL)",
        "released": "(released_by IS NULL) = (released_at IS NULL)",
        "two_release": (
            "released_by IS NULL OR (release_proposed_by IS NOT NULL AND released_by <> release_proposed_by)"
        ),
        "revoked": "(revoked_by IS NULL) = (revoked_at IS NULL)",
        "counter": "counter >= 0",
    }
    return [sa.CheckConstraint(rule, name=op.f(f"ck_devices_{name}")) for name, rule in rules.items()]


def _nonces_and_flags() -> None:
    op.create_table(
        "device_nonces",
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("nonce", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_nonces_device_id")),
        sa.PrimaryKeyConstraint("device_id", "nonce", name=op.f("pk_device_nonces")),
    )
    op.create_index(op.f("ix_device_nonces_expires_at"), "device_nonces", ["expires_at"], unique=False)
    op.create_table(
        "flag_devices",
        sa.Column("flag_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["flag_id"], ["flags.id"], name=op.f("fk_flag_devices_flag_id")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_flag_devices_device_id")),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_flag_devices")),
    )
    op.create_index(op.f("ix_flag_devices_device_id"), "flag_devices", ["device_id"], unique=False)


def _chips() -> None:
    op.create_table(
        "chip_comparisons",
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("live", sa.Double(), nullable=True),
        sa.Column("live_zone", sa.String(length=64), nullable=True),
        sa.Column("enrolled", sa.Double(), nullable=True),
        sa.Column("enrolled_zone", sa.String(length=64), nullable=True),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(ZONES.format("live_zone"), name=op.f("ck_chip_comparisons_live_zone")),
        sa.CheckConstraint(ZONES.format("enrolled_zone"), name=op.f("ck_chip_comparisons_enrolled_zone")),
        sa.CheckConstraint("(live_zone IS NULL) = (live IS NULL)", name=op.f("ck_chip_comparisons_live")),
        sa.CheckConstraint("(enrolled_zone IS NULL) = (enrolled IS NULL)", name=op.f("ck_chip_comparisons_enrolled")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_chip_comparisons_evidence_id")),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_chip_comparisons")),
    )


def _forward(same: str) -> str:
    """Which change of a device is one: what is set stays, what is not may be set, and the counter only rises."""
    kept = [f"NEW.{column} {same} OLD.{column}" for column in KEPT]
    once = [f"(OLD.{column} IS NULL OR NEW.{column} {same} OLD.{column})" for column in SET_ONCE]
    return " AND ".join([*kept, *once, "NEW.counter >= OLD.counter"])


def _sqlite() -> None:
    _refuse("devices", "UPDATE", f"WHEN NOT ({_forward('IS')})")
    _refuse("devices", "DELETE")
    for event in ("UPDATE", "DELETE"):
        _refuse("flag_devices", event)
    _refuse("chip_comparisons", "UPDATE")
    young = f"OLD.compared_at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-{DAYS} days')"
    _refuse("chip_comparisons", "DELETE", f"WHEN {young}")


def _refuse(table: str, event: str, condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql() -> None:
    op.execute(
        "CREATE TRIGGER devices_no_update BEFORE UPDATE ON devices FOR EACH ROW "
        f"WHEN (NOT ({_forward('IS NOT DISTINCT FROM')})) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER devices_no_delete BEFORE DELETE ON devices FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    for table, function in (
        ("flag_devices", "refuse_change()"),
        ("chip_comparisons", "refuse_change_of_young('compared_at')"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_no_update_delete BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # pg_temp last: nobody's temporary table may stand in for ours
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    op.execute(f"""
        CREATE OR REPLACE FUNCTION expire_facts(before timestamptz, most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path}, pg_temp AS $$
        DECLARE
            chosen text[] := ARRAY(SELECT id FROM evidence WHERE taken_at < before ORDER BY taken_at LIMIT most);
        BEGIN
            DELETE FROM chip_comparisons WHERE evidence_id = ANY (chosen);
            DELETE FROM pad_findings WHERE evidence_id = ANY (chosen);
            DELETE FROM certificates WHERE evidence_id = ANY (chosen);
            DELETE FROM evidence WHERE id = ANY (chosen);
            RETURN coalesce(array_length(chosen, 1), 0);
        END $$
    """)
    op.execute("ALTER TABLE chip_comparisons SET SCHEMA faces")
