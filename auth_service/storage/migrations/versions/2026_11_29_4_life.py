"""Events of lives, tags with their history, outages, and where each benefit stood when it was last judged.

Expand only: an older release works on beside it; what it imports gets no tag changes until the next import here.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_4_life"
down_revision = "2026_11_29_3_policies"
branch_labels = None
depends_on = None

FACTS = ("life_events", "tag_changes", "outages")
EVENT_KINDS = (
    "'face_in_person', 'face_remote', 'assisted', 'home_visit', 'consulate', 'other_region', 'travel_gate', 'hotel', "
    "'border', 'inpatient', 'vaccination', 'examination', 'bank_in_person', 'id_reissue', 'notary', 'marriage', "
    "'outpatient_card', 'pharmacy', 'phone_active', 'app_payment', 'card_atm', 'premium_paid', 'utility_bill', "
    "'visit_attempt', 'data_opt_out', 'data_opt_in'"
)
BENEFITS = "'resident_pension', 'employee_pension', 'public_body_pension', 'work_injury', 'survivor', 'unemployment'"
STATES = "'normal', 'due_soon', 'overdue', 'held', 'suspended', 'terminated'"


def upgrade() -> None:
    op.add_column("benefits", sa.Column("known_since", sa.Date(), nullable=True))
    op.create_index(op.f("ix_benefits_changed_at"), "benefits", ["changed_at"], unique=False)
    op.create_index(op.f("ix_evidence_taken_at"), "evidence", ["taken_at"], unique=False)
    op.create_index(op.f("ix_certificates_issued_at"), "certificates", ["issued_at"], unique=False)
    _events()
    _tags_and_outages()
    _states()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
        for table in ("life_events", "tag_changes", "life_states"):
            op.execute(f"ALTER TABLE {table} SET SCHEMA identity")
    else:
        _guard_on_sqlite()


def _events() -> None:
    op.create_table(
        "life_events",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("ref_index", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.CheckConstraint(f"kind IN ({EVENT_KINDS})", name=op.f("ck_life_events_kind")),
        sa.CheckConstraint("message IN ('new', 'correct', 'void')", name=op.f("ck_life_events_message")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_life_events_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_life_events")),
        sa.UniqueConstraint(
            "source", "ref_index", "message", "kind", "happened_on", "person_id",
            name=op.f("uq_life_events_told"),
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_life_events_person_id"), "life_events", ["person_id"], unique=False)
    op.create_index(op.f("ix_life_events_known_at"), "life_events", ["known_at"], unique=False)


def _tags_and_outages() -> None:
    op.create_table(
        "tag_changes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("tag_index", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("holds_from", sa.Date(), nullable=False),
        sa.Column("holds_until", sa.Date(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_tag_changes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_changes")),
    )
    op.create_index(op.f("ix_tag_changes_person_id"), "tag_changes", ["person_id"], unique=False)
    op.create_index(op.f("ix_tag_changes_known_at"), "tag_changes", ["known_at"], unique=False)
    op.create_table(
        "outages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("told_by", sa.String(length=64), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ended_on >= began_on", name=op.f("ck_outages_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
    )


def _states() -> None:
    op.create_table(
        "life_states",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("passed_on", sa.Date(), nullable=True),
        sa.Column("reminder", sa.Integer(), nullable=True),
        sa.Column("may_propose_hold", sa.Boolean(), nullable=False),
        sa.Column("sample_wanted", sa.Boolean(), nullable=False),
        sa.Column("restore_first", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("next_look_on", sa.Date(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN ({BENEFITS})", name=op.f("ck_life_states_kind")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_life_states_state")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_life_states_person_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_life_states")),
    )
    op.create_index(op.f("ix_life_states_next_look_on"), "life_states", ["next_look_on"], unique=False)
    op.create_index(op.f("ix_life_states_state_due_on"), "life_states", ["state", "due_on"], unique=False)
    op.create_table(
        "sweeps",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=32), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweeps")),
    )


def _guard_on_sqlite() -> None:
    for table in FACTS:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _guard_on_postgresql() -> None:
    for table in FACTS:
        op.execute(
            f"CREATE TRIGGER {table}_no_update_delete BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
