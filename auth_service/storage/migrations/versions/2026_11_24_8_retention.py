"""Scores, verdicts and certificates may be removed once they are three years old, and never before.

Until then the database refuses, whoever asks. On PostgreSQL, where the serving role has no right to DELETE facts, they
go through one function that belongs to the owner. Expand only: an older release works on.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_8_retention"
down_revision = "2026_11_24_7_operations"
branch_labels = None
depends_on = None

DAYS = 1096
"""Of core/retention.py FACT_DAYS when this step was released."""
FACTS = (("evidence", "taken_at"), ("certificates", "issued_at"))


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
        return
    for table, column in FACTS:
        op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"WHEN OLD.{column} >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-{DAYS} days') "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _postgresql() -> None:
    op.execute(f"""
        CREATE FUNCTION refuse_change_of_young() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz < now() - interval '{DAYS} days' THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table, column in FACTS:
        op.execute(f"DROP TRIGGER {table}_no_update_delete ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_no_update_delete BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change_of_young('{column}')"
        )
    # pg_temp last: nobody's temporary table may stand in for ours while the function runs with the owner's rights
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    op.execute(f"""
        CREATE FUNCTION expire_facts(before timestamptz, most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path}, pg_temp AS $$
        DECLARE
            chosen text[] := ARRAY(SELECT id FROM evidence WHERE taken_at < before ORDER BY taken_at LIMIT most);
        BEGIN
            DELETE FROM certificates WHERE evidence_id = ANY (chosen);
            DELETE FROM evidence WHERE id = ANY (chosen);
            RETURN coalesce(array_length(chosen, 1), 0);
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION expire_facts(timestamptz, integer) FROM PUBLIC")
