"""What people are told: an outbox that is the person's log as well, and how each wants to be told.

Expand only: an older release works on and tells nobody.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_8_notices"
down_revision = "2026_11_29_7_service_signs"
branch_labels = None
depends_on = None

KINDS = (
    "'reminder', 'overdue', 'extended', 'receipt', 'hold_proposed', 'check_proposed', 'suspension_proposed', "
    "'end_proposed', 'recovery_proposed', 'proposal_ended', 'held', 'suspended', 'ended', 'recovery', 'resumed', "
    "'back_paid', 'contest_received', 'contest_dismissed'"
)
REACHES = "'sms', 'helper', 'email', 'letter', 'in_person', 'post', 'visit', 'only_one', 'none'"


def upgrade() -> None:
    op.create_table(
        "notices_outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=100), nullable=False),
        sa.Column("reach", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", sa.String(length=64), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_notices_outbox_kind")),
        sa.CheckConstraint(f"reach IN ({REACHES})", name=op.f("ck_notices_outbox_reach")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'dead', 'dropped')", name=op.f("ck_notices_outbox_state")),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_notices_outbox_language")),
        sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name=op.f("ck_notices_outbox_settled")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notices_outbox_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_outbox")),
        sa.UniqueConstraint("person_id", "kind", "about", "reach", name=op.f("uq_notices_outbox_once")),
    )
    op.create_index(op.f("ix_notices_outbox_state_due_at"), "notices_outbox", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_notices_outbox_about"), "notices_outbox", ["about"], unique=False)
    op.create_table(
        "notice_wishes",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("receipts", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_notice_wishes_language")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notice_wishes_person_id")),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_notice_wishes_changed_by")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_wishes")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("notices_outbox", "notice_wishes"):
            op.execute(f"ALTER TABLE {table} SET SCHEMA identity")
