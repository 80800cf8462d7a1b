"""A guard on every threshold record and on every activation of one: expand only, an older release works on.

As for accounts (2026_11_24_2_checkpoints), no key is at hand here: rows that are there and that the audit trail knows
get their guard in `Store.migrate`, in this same transaction. For that a guard that is still empty may be filled once;
nothing else about a row ever changes. What an older release activates beside this one has no guard and is refused.
"""

from alembic import op

revision = "2026_11_28_1_calibration_guards"
down_revision = "2026_11_24_8_retention"
branch_labels = None
depends_on = None

KEPT = {
    "calibrations": (
        "id", "name", "engine", "weights_digest", "record", "record_digest", "report", "proposed_by", "proposed_at",
    ),
    "calibration_activations": ("number", "calibration_id", "proposed_by", "activated_by", "activated_at"),
}  # fmt: skip


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, kept in KEPT.items():
        kind, empty = ("BYTEA", "''") if postgresql else ("BLOB", "x''")
        op.execute(f"ALTER TABLE {table} ADD COLUMN guard {kind} NOT NULL DEFAULT {empty}")
        same = "IS NOT DISTINCT FROM" if postgresql else "IS"
        filled = " AND ".join(["length(OLD.guard) = 0", *(f"NEW.{column} {same} OLD.{column}" for column in kept)])
        (_on_postgresql if postgresql else _on_sqlite)(table, filled)


def _on_sqlite(table: str, filled: str) -> None:
    op.execute(f"DROP TRIGGER {table}_no_update")
    op.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT ({filled}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _on_postgresql(table: str, filled: str) -> None:
    op.execute(f"DROP TRIGGER {table}_no_update_delete ON {table}")
    for event, condition in (("UPDATE", f"WHEN (NOT ({filled}))"), ("DELETE", "")):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} FOR EACH ROW {condition} "
            "EXECUTE FUNCTION refuse_change()"
        )
