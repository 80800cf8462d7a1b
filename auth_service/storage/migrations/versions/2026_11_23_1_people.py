"""People, their keys and benefits."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_1_people"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("wrapping_key", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("index_check", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_keys")),
    )
    op.create_table(
        "person_keys",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("wrapping_key", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_person_keys_destroyed")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_keys")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(length=16), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("account_index", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("birth_date_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("village_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("bank_account_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("account_holder_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("tags_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("sex IS NULL OR sex IN ('male', 'female')", name=op.f("ck_people_sex")),
        sa.CheckConstraint("birth_year IS NULL OR birth_year BETWEEN 1800 AND 2200", name=op.f("ck_people_birth_year")),
        sa.ForeignKeyConstraint(["id"], ["person_keys.person_id"], name=op.f("fk_people_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("id_number_index", name=op.f("uq_people_id_number_index")),
        sa.UniqueConstraint("person_key", name=op.f("uq_people_person_key")),
    )
    op.create_index(op.f("ix_people_account_index"), "people", ["account_index"], unique=False)
    op.create_index(op.f("ix_people_name_index"), "people", ["name_index"], unique=False)
    op.create_index(op.f("ix_people_phone_index"), "people", ["phone_index"], unique=False)
    op.create_index(op.f("ix_people_region_code"), "people", ["region_code"], unique=False)
    op.create_table(
        "benefits",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("award_month", sa.String(length=7), nullable=True),
        sa.Column("monthly_amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('resident_pension', 'employee_pension', 'public_body_pension', 'work_injury', 'survivor', "
            "'unemployment')",
            name=op.f("ck_benefits_kind"),
        ),
        sa.CheckConstraint("monthly_amount_fen IS NULL OR monthly_amount_fen >= 0", name=op.f("ck_benefits_amount")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_benefits_person_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_benefits")),
    )
