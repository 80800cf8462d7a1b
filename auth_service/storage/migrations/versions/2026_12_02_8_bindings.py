"""Keys that send files of registries are bound to kinds and to one source; the database notes no push beside that.

Expand only: an older release works on, but takes no pushes. A bound key is none that it knows (the guard covers the
binding), and what an unbound one sends through it is refused here. Keys from before stay unbound; that they sent
something stays true, and a backup that tells of it can be put back (`unbound_until`: this step, or their last push if
a clock was ahead).
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_8_bindings"
down_revision = "2026_12_02_7_pushes"
branch_labels = None
depends_on = None

TABLE, PUSHES = "api_keys", "registry_pushes"
BOTH_OR_NEITHER = "(registry_kinds IS NULL) = (registry_source IS NULL)"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column(TABLE, sa.Column("registry_kinds", sa.String(length=200), nullable=True))
    op.add_column(TABLE, sa.Column("unbound_until", sa.DateTime(timezone=True), nullable=True))
    check = f"CONSTRAINT ck_{TABLE}_binding CHECK ({BOTH_OR_NEITHER})"
    # as part of the column: SQLite adds a condition to a table in no other way
    op.execute(f"ALTER TABLE {TABLE} ADD COLUMN registry_source VARCHAR(64) {check}")
    _let_old_pushes_stand()
    if postgresql:
        _guard_on_postgresql()
    else:
        op.execute(
            f"CREATE TRIGGER {PUSHES}_true BEFORE INSERT ON {PUSHES} WHEN {_untrue('instr(%s, %s)')} "
            f"BEGIN SELECT RAISE(ABORT, '{PUSHES}: this key may not send this'); END"
        )


def _let_old_pushes_stand() -> None:
    instant = sa.DateTime(timezone=True)
    keys = sa.table(TABLE, sa.column("id"), sa.column("scopes", sa.String()), sa.column("unbound_until", instant))
    pushes = sa.table(PUSHES, sa.column("api_key_id"), sa.column("pushed_at", instant))
    now = sa.bindparam("now", datetime.now(UTC), instant)
    ahead = sa.select(sa.func.max(pushes.c.pushed_at)).where(pushes.c.api_key_id == keys.c.id, pushes.c.pushed_at > now)
    sends = sa.literal(",") + keys.c.scopes + sa.literal(",")
    until = sa.func.coalesce(ahead.scalar_subquery(), now)
    op.execute(keys.update().where(sends.like("%,registry,%")).values(unbound_until=until))


def _untrue(place: str) -> str:
    """What a push may not be: of a kind or a source that its key is not bound to, or of a key without a binding, after
    this step. place: SQL of where a text (the first) holds another"""
    held = place % ("',' || k.registry_kinds || ','", "',' || b.kind || ','")
    return (
        f"NOT EXISTS (SELECT 1 FROM {TABLE} k JOIN registry_batches b ON b.id = NEW.batch_id"
        f" WHERE k.id = NEW.api_key_id AND ((k.registry_source = b.source AND {held} > 0)"
        " OR (k.registry_source IS NULL AND NEW.pushed_at <= k.unbound_until)))"
    )


def _guard_on_postgresql() -> None:
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    # as whoever owns the tables: who imports may not read the accounts. pg_temp last: nobody's temporary table may
    # stand in for ours
    op.execute(
        f"CREATE FUNCTION keep_{PUSHES}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = {path}, pg_temp AS $$ BEGIN IF {_untrue('strpos(%s, %s)')} THEN RAISE EXCEPTION "
        f"'{PUSHES}: this key may not send this' USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION keep_{PUSHES}() FROM PUBLIC")
    op.execute(f"CREATE TRIGGER {PUSHES}_true BEFORE INSERT ON {PUSHES} FOR EACH ROW EXECUTE FUNCTION keep_{PUSHES}()")
