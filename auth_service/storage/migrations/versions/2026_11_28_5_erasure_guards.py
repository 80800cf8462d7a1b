"""A guard on every tombstone: expand only, an older release works on.

As for calibrations (2026_11_28_1), no key is at hand here: tombstones that are there and that the audit trail tells of
get their guard in `Store.migrate`, in this same transaction. For that a guard that is still empty may be filled once;
nothing else about a row ever changes. What an older release writes beside this one has no guard and is not obeyed.
"""

from alembic import op

revision = "2026_11_28_5_erasure_guards"
down_revision = "2026_11_28_4_photo_origin"
branch_labels = None
depends_on = None

KEPT = ("person_id", "requested_by", "reason", "confirmed_by", "decided_at", "erased_at")


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    kind, empty = ("BYTEA", "''") if postgresql else ("BLOB", "x''")
    op.execute(f"ALTER TABLE erasures ADD COLUMN guard {kind} NOT NULL DEFAULT {empty}")
    same = "IS NOT DISTINCT FROM" if postgresql else "IS"
    filled = " AND ".join(["length(OLD.guard) = 0", *(f"NEW.{column} {same} OLD.{column}" for column in KEPT)])
    (_on_postgresql if postgresql else _on_sqlite)(filled)


def _on_sqlite(filled: str) -> None:
    op.execute("DROP TRIGGER erasures_no_update")
    op.execute(
        f"CREATE TRIGGER erasures_no_update BEFORE UPDATE ON erasures WHEN NOT ({filled}) "
        "BEGIN SELECT RAISE(ABORT, 'erasures is append-only'); END"
    )


def _on_postgresql(filled: str) -> None:
    op.execute("DROP TRIGGER erasures_no_update_delete ON erasures")
    for event, condition in (("UPDATE", f"WHEN (NOT ({filled}))"), ("DELETE", "")):
        op.execute(
            f"CREATE TRIGGER erasures_no_{event.lower()} BEFORE {event} ON erasures FOR EACH ROW {condition} "
            "EXECUTE FUNCTION refuse_change()"
        )
