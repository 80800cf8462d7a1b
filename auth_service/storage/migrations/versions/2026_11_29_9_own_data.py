"""Certificates of passes that were not made here, certificates that hold no longer, and what people ask about their own
data.

Expand only: an older release works on beside it, and knows none of the new certificates.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_9_own_data"
down_revision = "2026_11_29_8_notices"
branch_labels = None
depends_on = None

FACTS = ("receipts", "revocations")


def upgrade() -> None:
    _receipts()
    _revocations()
    _own_requests()
    if op.get_bind().dialect.name == "postgresql":
        for table in FACTS:
            _keep_on_postgresql(table)
        op.execute("ALTER TABLE own_requests SET SCHEMA identity")
    else:
        for table in FACTS:
            _keep_on_sqlite(table)


def _receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("passed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('silent', 'home_visit', 'consulate', 'other_region')", name=op.f("ck_receipts_kind")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_receipts_person_id")),
        sa.ForeignKeyConstraint(["event_id"], ["life_events.id"], name=op.f("fk_receipts_event_id")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_receipts")),
        sa.UniqueConstraint("event_id", name=op.f("uq_receipts_event_id")),
    )
    op.create_index(op.f("ix_receipts_person_id_passed_on"), "receipts", ["person_id", "passed_on"], unique=False)
    op.create_index(op.f("ix_receipts_issued_at"), "receipts", ["issued_at"], unique=False)


def _revocations() -> None:
    op.create_table(
        "revocations",
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "reason IN ('voided_by_source', 'corrected_by_source', 'issued_in_error')",
            name=op.f("ck_revocations_reason"),
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_revocations")),
    )
    op.create_index(op.f("ix_revocations_revoked_at"), "revocations", ["revoked_at"], unique=False)


def _own_requests() -> None:
    op.create_table(
        "own_requests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("wish", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.LargeBinary(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=32), nullable=True),
        sa.Column("answer", sa.String(length=64), nullable=True),
        sa.Column("papers", sa.String(length=64), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "wish IN ('withdraw_consent', 'erase', 'data_opt_out', 'data_opt_in')", name=op.f("ck_own_requests_wish")
        ),
        sa.CheckConstraint(
            "channel IN ('counter', 'agency_api', 'phone', 'kiosk')", name=op.f("ck_own_requests_channel")
        ),
        sa.CheckConstraint(
            "answer IS NULL OR answer IN ('done', 'taken_back', 'not_confirmed')", name=op.f("ck_own_requests_answer")
        ),
        sa.CheckConstraint(
            "papers IS NULL OR papers IN ('id_card', 'household_book', 'proxy_letter')",
            name=op.f("ck_own_requests_papers"),
        ),
        sa.CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name=op.f("ck_own_requests_settled")),
        sa.CheckConstraint("(answer IS NULL) = (settled_at IS NULL)", name=op.f("ck_own_requests_answered")),
        sa.CheckConstraint(
            "answer IS NULL OR (answer = 'done') = (papers IS NOT NULL)", name=op.f("ck_own_requests_in_person")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_own_requests_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_requests")),
        sa.UniqueConstraint("once", name=op.f("uq_own_requests_once")),
    )
    op.create_index(op.f("ix_own_requests_asked_at"), "own_requests", ["asked_at"], unique=False)
    op.create_index(op.f("ix_own_requests_person_id"), "own_requests", ["person_id"], unique=False)


def _keep_on_postgresql(table: str) -> None:
    for events, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = events.lower().replace(" or ", "_")
        op.execute(
            f"CREATE TRIGGER {table}_no_{name} BEFORE {events} ON {table} FOR EACH {each} "
            "EXECUTE FUNCTION refuse_change()"
        )


def _keep_on_sqlite(table: str) -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
