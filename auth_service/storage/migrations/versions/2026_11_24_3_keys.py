"""Versions of the wrapping key and the tombstones of erased people: expand only, an older release works on.

A consent stays as a fact when its person is erased; the reference to their paper, which only their key could open, may
then be emptied. Nothing else about a consent ever changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_3_keys"
down_revision = "2026_11_24_2_checkpoints"
branch_labels = None
depends_on = None

KEPT_OF_CONSENT = ("id", "person_id", "basis", "text_version", "language", "channel", "recorded_at")
_ERASED = "EXISTS (SELECT 1 FROM person_keys WHERE person_id = OLD.person_id AND destroyed_at IS NOT NULL)"


def upgrade() -> None:
    op.create_table(
        "wrapping_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrapping_keys")),
    )
    op.create_table(
        "erasures",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("confirmed_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "requested_by IN ('person', 'proxy', 'relatives', 'authority', 'service')",
            name=op.f("ck_erasures_requested_by"),
        ),
        sa.CheckConstraint(
            "reason IN ('consent_withdrawn', 'asked_for', 'deceased', 'mistaken_record', 'retention_over', "
            "'court_order')",
            name=op.f("ck_erasures_reason"),
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_erasures")),
    )
    op.add_column("captures", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _sqlite() -> None:
    for event in ("UPDATE", "DELETE"):
        _refuse("erasures", event)
    _refuse("wrapping_keys", "DELETE")
    _refuse("wrapping_keys", "UPDATE", f"WHEN NOT ({_retiring('IS')})")
    op.execute("DROP TRIGGER consents_no_update")
    kept = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in KEPT_OF_CONSENT)
    _refuse("consents", "UPDATE", f"WHEN NOT (NEW.reference_sealed IS NULL AND {kept} AND {_ERASED})")


def _refuse(table: str, event: str, condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql() -> None:
    _refuse_rows("erasures", "UPDATE OR DELETE")
    _refuse_rows("wrapping_keys", "DELETE")
    _refuse_rows("wrapping_keys", "UPDATE", f"WHEN (NOT ({_retiring('IS NOT DISTINCT FROM')}))")
    for table in ("erasures", "wrapping_keys"):
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    kept = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in KEPT_OF_CONSENT)
    # a trigger's WHEN may hold no subquery, so the look at the person's key is a function's
    op.execute(f"""
        CREATE FUNCTION refuse_unless_erased() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.reference_sealed IS NULL AND {kept} AND {_ERASED} THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("DROP TRIGGER consents_no_update_delete ON consents")
    op.execute(
        "CREATE TRIGGER consents_no_update_delete BEFORE UPDATE OR DELETE ON consents "
        "FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased()"
    )


def _retiring(same: str) -> str:
    """A version is retired once and stays so."""
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in ("id", "first_used_at"))
    return f"{kept} AND OLD.retired_at IS NULL"


def _refuse_rows(table: str, events: str, condition: str = "") -> None:
    name = f"{table}_no_{events.lower().replace(' or ', '_')}"
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION refuse_change()"
    )
