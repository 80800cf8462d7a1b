"""Capture sessions with their steps, the findings of the layers of liveness, and requests for another way.

Expand only: an older release works on. What a session has reached is set once and never taken back, a step never
changes, and findings are facts: their reasons and scores may be emptied once the person's key is destroyed, and rows
may go when they are three years old.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_6_capture_sessions"
down_revision = "2026_11_28_5_erasure_guards"
branch_labels = None
depends_on = None

CHANNELS = "channel IN ('counter', 'agency_api', 'phone', 'kiosk')"
LAYERS = (
    "layer IN ('challenge', 'geometry', 'parallax', 'flash', 'consistency', 'texture', 'model', 'replay', 'channel')"
)
SET_ONCE = (
    "token_index", "challenge_sealed", "started_at", "claimed_at", "decided_at", "ended_at", "evidence_id",
)  # fmt: skip
KEPT = ("id", "person_id", "channel", "device", "subject", "ticket_index", "asked_sealed", "opened_at")
KEPT_OF_FINDING = ("evidence_id", "layer", "person_id", "sign", "versions", "found_at")
DAYS = 1096
"""Of core/retention.py FACT_DAYS when this step was released."""
DESTROYED = "EXISTS (SELECT 1 FROM person_keys WHERE person_id = OLD.person_id AND destroyed_at IS NOT NULL)"
EMPTY_BLOB = "x''"
IN_FACES = ("capture_sessions", "capture_steps", "pad_findings")


def upgrade() -> None:
    _sessions()
    _steps()
    _findings()
    _other_ways()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _sessions() -> None:
    op.create_table(
        "capture_sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("ticket_index", sa.LargeBinary(), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=True),
        sa.Column("asked_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("challenge_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint(CHANNELS, name=op.f("ck_capture_sessions_channel")),
        sa.CheckConstraint(
            "(started_at IS NULL) = (challenge_sealed IS NULL)", name=op.f("ck_capture_sessions_challenge")
        ),
        sa.CheckConstraint("claimed_at IS NULL OR started_at IS NOT NULL", name=op.f("ck_capture_sessions_claimed")),
        sa.CheckConstraint("decided_at IS NULL OR claimed_at IS NOT NULL", name=op.f("ck_capture_sessions_decided")),
        sa.CheckConstraint("(decided_at IS NULL) = (evidence_id IS NULL)", name=op.f("ck_capture_sessions_evidence")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_capture_sessions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture_sessions")),
        sa.UniqueConstraint("ticket_index", name=op.f("uq_capture_sessions_ticket_index")),
        sa.UniqueConstraint("token_index", name=op.f("uq_capture_sessions_token_index")),
    )
    for column in ("person_id", "opened_at", "evidence_id"):
        op.create_index(op.f(f"ix_capture_sessions_{column}"), "capture_sessions", [column], unique=False)


def _steps() -> None:
    op.create_table(
        "capture_steps",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("look", sa.Text(), nullable=False),
        sa.Column("frames_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("n >= 0", name=op.f("ck_capture_steps_n")),
        sa.ForeignKeyConstraint(["session_id"], ["capture_sessions.id"], name=op.f("fk_capture_steps_session_id")),
        sa.PrimaryKeyConstraint("session_id", "n", name=op.f("pk_capture_steps")),
    )


def _findings() -> None:
    op.create_table(
        "pad_findings",
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("layer", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("sign", sa.String(length=64), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(LAYERS, name=op.f("ck_pad_findings_layer")),
        sa.CheckConstraint("sign IN ('live', 'absent', 'attack', 'unknown')", name=op.f("ck_pad_findings_sign")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_pad_findings_evidence_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_pad_findings_person_id")),
        sa.PrimaryKeyConstraint("evidence_id", "layer", name=op.f("pk_pad_findings")),
    )
    op.create_index(op.f("ix_pad_findings_person_id"), "pad_findings", ["person_id"], unique=False)


def _other_ways() -> None:
    op.create_table(
        "other_ways",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("way", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("once", sa.LargeBinary(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "way IN ('counter', 'home_visit', 'phone_call', 'relative')", name=op.f("ck_other_ways_way")
        ),
        sa.CheckConstraint(CHANNELS, name=op.f("ck_other_ways_channel")),
        sa.CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_other_ways_settled")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_other_ways_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_other_ways")),
        sa.UniqueConstraint("once", name=op.f("uq_other_ways_once")),
    )
    for column in ("asked_at", "person_id"):
        op.create_index(op.f(f"ix_other_ways_{column}"), "other_ways", [column], unique=False)


def _forward(same: str) -> str:
    """Which change of a session is one: what is set stays, what is not may be set."""
    kept = [f"NEW.{column} {same} OLD.{column}" for column in KEPT]
    once = [f"(OLD.{column} IS NULL OR NEW.{column} {same} OLD.{column})" for column in SET_ONCE]
    return " AND ".join([*kept, *once])


def _emptied(same: str, nothing: str) -> str:
    """Which change of a finding is one."""
    kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in KEPT_OF_FINDING)
    return f"{kept} AND NEW.details_sealed = {nothing} AND {DESTROYED}"


def _sqlite() -> None:
    _refuse("capture_sessions", "UPDATE", f"WHEN NOT ({_forward('IS')})")
    _refuse("capture_steps", "UPDATE")
    _refuse("pad_findings", "UPDATE", f"WHEN NOT ({_emptied('IS', EMPTY_BLOB)})")
    _refuse("pad_findings", "DELETE", f"WHEN OLD.found_at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-{DAYS} days')")


def _refuse(table: str, event: str, condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql() -> None:
    forward = _forward("IS NOT DISTINCT FROM")
    for table, condition in (("capture_sessions", f"WHEN (NOT ({forward}))"), ("capture_steps", "")):
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW {condition} "
            "EXECUTE FUNCTION refuse_change()"
        )
    # pg_temp last: nobody's temporary table may stand in for ours
    path = op.get_bind().execute(sa.text("SELECT array_to_string(current_schemas(false), ', ')")).scalar_one()
    op.execute(f"""
        CREATE FUNCTION keep_findings() RETURNS trigger LANGUAGE plpgsql SET search_path = {path}, pg_temp AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF OLD.found_at < now() - interval '{DAYS} days' THEN
                    RETURN OLD;
                END IF;
            ELSIF {_emptied("IS NOT DISTINCT FROM", "''::bytea")} THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute(
        "CREATE TRIGGER pad_findings_no_update_delete BEFORE UPDATE OR DELETE ON pad_findings "
        "FOR EACH ROW EXECUTE FUNCTION keep_findings()"
    )
    op.execute(
        "CREATE TRIGGER pad_findings_no_truncate BEFORE TRUNCATE ON pad_findings "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"""
        CREATE OR REPLACE FUNCTION expire_facts(before timestamptz, most integer) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path}, pg_temp AS $$
        DECLARE
            chosen text[] := ARRAY(SELECT id FROM evidence WHERE taken_at < before ORDER BY taken_at LIMIT most);
        BEGIN
            DELETE FROM pad_findings WHERE evidence_id = ANY (chosen);
            DELETE FROM certificates WHERE evidence_id = ANY (chosen);
            DELETE FROM evidence WHERE id = ANY (chosen);
            RETURN coalesce(array_length(chosen, 1), 0);
        END $$
    """)
    for table in IN_FACES:
        op.execute(f"ALTER TABLE {table} SET SCHEMA faces")
