"""What members of staff say of captures that a person must look at, and a note on requests for another way.

Expand only: an older release works on. A review is a fact: no row of it is changed or removed. The index finds what
waits without a walk over all attempts.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_9_reviews"
down_revision = "2026_11_28_8_capture_moves"
branch_labels = None
depends_on = None

ACTS = "act IN ('decided', 'taken_back', 'settled')"
VERDICTS = "verdict IS NULL OR verdict IN ('accepted', 'suspected', 'cannot_tell')"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    _reviews()
    op.add_column("other_ways", sa.Column("note_sealed", sa.LargeBinary(), nullable=True))
    referred = sa.text("outcome = 'refer'")
    op.create_index(
        "ix_evidence_referred", "evidence", ["taken_at", "id"], sqlite_where=referred, postgresql_where=referred
    )
    if postgresql:
        for events in ("UPDATE OR DELETE", "TRUNCATE"):
            each = "STATEMENT" if events == "TRUNCATE" else "ROW"
            name = events.lower().replace(" or ", "_")
            op.execute(
                f"CREATE TRIGGER reviews_no_{name} BEFORE {events} ON reviews FOR EACH {each} "
                "EXECUTE FUNCTION refuse_change()"
            )
    else:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER reviews_no_{event.lower()} BEFORE {event} ON reviews "
                "BEGIN SELECT RAISE(ABORT, 'reviews is append-only'); END"
            )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("evidence_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(ACTS, name=op.f("ck_reviews_act")),
        sa.CheckConstraint(VERDICTS, name=op.f("ck_reviews_verdict")),
        sa.CheckConstraint("(act = 'taken_back') = (verdict IS NULL)", name=op.f("ck_reviews_said")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reviews_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("evidence_id", "number", name=op.f("uq_reviews_evidence_id_number")),
    )
    op.create_index(op.f("ix_reviews_act_done_at"), "reviews", ["act", "done_at"], unique=False)
    op.create_index(op.f("ix_reviews_person_id"), "reviews", ["person_id"], unique=False)
