"""Policies of benefits: proposals and activations, append-only, never by one and the same person.

Expand only: an older release works on without them.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_3_policies"
down_revision = "2026_11_29_2_offline_records"
branch_labels = None
depends_on = None

FACTS = ("policies", "policy_activations")


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_digest", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_policies_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint("name", name=op.f("uq_policies_name")),
        sa.UniqueConstraint("id", "proposed_by", name=op.f("uq_policies_id_proposed_by")),
    )
    op.create_table(
        "policy_activations",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("policy_id", sa.String(length=32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("activated_by", sa.String(length=32), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("activated_by <> proposed_by", name=op.f("ck_policy_activations_two_people")),
        sa.ForeignKeyConstraint(
            ["policy_id", "proposed_by"],
            ["policies.id", "policies.proposed_by"],
            name=op.f("fk_policy_activations_policy_id_proposed_by"),
        ),
        sa.ForeignKeyConstraint(["activated_by"], ["staff.id"], name=op.f("fk_policy_activations_activated_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_policy_activations")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_policy_activations_policy_id"), "policy_activations", ["policy_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _guard_on_sqlite() -> None:
    for table in FACTS:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    # a shell that did not switch foreign keys on could otherwise write down somebody else as the proposer
    op.execute(
        "CREATE TRIGGER policy_activations_two_people BEFORE INSERT ON policy_activations "
        "WHEN NEW.proposed_by IS NOT (SELECT proposed_by FROM policies WHERE id = NEW.policy_id) "
        "BEGIN SELECT RAISE(ABORT, 'the proposer is another'); END"
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
