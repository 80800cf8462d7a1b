"""What recognises a replay cannot be taken away: captures stay for 425 days, and counts of requests only grow.

A capture is emptied once its person's key is destroyed; its template alone, once no set of its engine is in force for
the person: its hashes still recognise the picture then. On PostgreSQL the serving role has no right to DELETE either
table; what is over goes through two functions of the owner, which look at the database's own clock. SQLite knows no
roles; its trigger keeps captures all the same. An older release works on, but for its retention job and its forgetting
of counts, which are refused until it is replaced.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_2_replays"
down_revision = "2026_11_28_2_forgetting"
branch_labels = None
depends_on = None

DAYS = 425
"""Of core/retention.py CAPTURE_DAYS when this step was released."""
EMPTY_BLOB = "x''"
KEPT = ("evidence_id", "place", "person_id", "photo_id", "engine", "weights_digest", "images", "mirrored", "stored_at")
DESTROYED = "EXISTS (SELECT 1 FROM person_keys WHERE person_id = OLD.person_id AND destroyed_at IS NOT NULL)"
IN_FORCE = (
    "EXISTS (SELECT 1 FROM reference_sets WHERE person_id = OLD.person_id AND engine = OLD.engine "
    "AND weights_digest = OLD.weights_digest AND superseded_at IS NULL)"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _allowed(same: str, nothing: str) -> str:
    """Which change of a capture is one."""
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT)
    hashes = f"NEW.photo_hash_sealed {same} OLD.photo_hash_sealed AND NEW.erased_at {same} OLD.erased_at"
    emptied = f"NEW.photo_hash_sealed = {nothing} AND {DESTROYED}"
    return f"{kept} AND NEW.template_sealed = {nothing} AND (({emptied}) OR ({hashes} AND NOT {IN_FORCE}))"


def _sqlite() -> None:
    for event, condition in (
        ("UPDATE", f"NOT ({_allowed('IS', EMPTY_BLOB)})"),
        ("DELETE", f"OLD.stored_at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-{DAYS} days')"),
    ):
        op.execute(
            f"CREATE TRIGGER captures_no_{event.lower()} BEFORE {event} ON captures WHEN {condition} "
            "BEGIN SELECT RAISE(ABORT, 'captures is append-only'); END"
        )


def _postgresql() -> None:
    op.execute(f"""
        CREATE FUNCTION keep_captures() RETURNS trigger LANGUAGE plpgsql SET search_path = {_path()} AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF OLD.stored_at < now() - interval '{DAYS} days' THEN
                    RETURN OLD;
                END IF;
            ELSIF {_allowed("IS NOT DISTINCT FROM", "''::bytea")} THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute(
        "CREATE TRIGGER captures_no_update_delete BEFORE UPDATE OR DELETE ON captures "
        "FOR EACH ROW EXECUTE FUNCTION keep_captures()"
    )
    op.execute(
        "CREATE TRIGGER limit_counts_only_grow BEFORE UPDATE ON limit_counts FOR EACH ROW "
        "WHEN (NOT (NEW.id = OLD.id AND NEW.ends_at = OLD.ends_at AND NEW.count > OLD.count)) "
        "EXECUTE FUNCTION refuse_change()"
    )
    for table in ("captures", "limit_counts"):
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    _owner_function(
        "expire_captures(before timestamptz, most integer)",
        "DELETE FROM captures WHERE stored_at < before AND evidence_id IN "
        "(SELECT evidence_id FROM captures WHERE stored_at < before LIMIT most);",
    )
    _owner_function(
        "forget_counts(before timestamptz)", "DELETE FROM limit_counts WHERE ends_at <= least(before, now());"
    )


def _owner_function(head: str, statement: str) -> None:
    """Returns how many rows went."""
    op.execute(f"""
        CREATE FUNCTION {head} RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = {_path()} AS $$
        DECLARE
            gone integer;
        BEGIN
            {statement}
            GET DIAGNOSTICS gone = ROW_COUNT;
            RETURN gone;
        END $$
    """)
    name, parameters = head[:-1].split("(")
    kinds = ", ".join(parameter.split()[-1] for parameter in parameters.split(", "))
    op.execute(f"REVOKE ALL ON FUNCTION {name}({kinds}) FROM PUBLIC")


def _path() -> str:
    """pg_temp last: nobody's temporary table may stand in for ours."""
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    return f"{path}, pg_temp"
