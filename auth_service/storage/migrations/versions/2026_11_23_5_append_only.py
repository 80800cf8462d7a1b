"""Facts cannot be edited or removed: triggers refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE.

A reference set may be superseded once and the audit head may only grow; nothing else about them changes.
"""

from alembic import op

revision = "2026_11_23_5_append_only"
down_revision = "2026_11_23_4_accounts"
branch_labels = None
depends_on = None

FACTS = (
    "evidence",
    "certificates",
    "consents",
    "flags",
    "flag_people",
    "judgements",
    "audit_rows",
    "reference_set_photos",
)
SET_COLUMNS = ("id", "person_id", "engine", "weights_digest", "images", "mirrored", "template_sealed", "active_since")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _sqlite() -> None:
    for table in FACTS:
        _refuse(table, "UPDATE")
        _refuse(table, "DELETE")
    kept = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in SET_COLUMNS)
    ended = "OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL"
    _refuse("reference_sets", "UPDATE", f"WHEN NOT ({ended} AND {kept})")
    _refuse("reference_sets", "DELETE")
    _refuse("audit_head", "UPDATE", "WHEN NOT (NEW.id IS OLD.id AND NEW.rows > OLD.rows)")
    _refuse("audit_head", "DELETE")


def _refuse(table: str, event: str, condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql() -> None:
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table in FACTS:
        _refuse_rows(table, "UPDATE OR DELETE")
        _refuse_truncate(table)
    kept = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in SET_COLUMNS)
    ended = "OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL"
    _refuse_rows("reference_sets", "UPDATE", f"WHEN (NOT ({ended} AND {kept}))")
    _refuse_rows("audit_head", "UPDATE", "WHEN (NOT (NEW.id = OLD.id AND NEW.rows > OLD.rows))")
    for table in ("reference_sets", "audit_head"):
        _refuse_rows(table, "DELETE")
        _refuse_truncate(table)


def _refuse_rows(table: str, events: str, condition: str = "") -> None:
    name = f"{table}_no_{events.lower().replace(' or ', '_')}"
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION refuse_change()"
    )


def _refuse_truncate(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
