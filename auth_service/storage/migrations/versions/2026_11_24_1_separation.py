"""Bank references leave the people table; on PostgreSQL identities, faces and bank get schemas of their own.

Expand (the new table), backfill (copy), enforce (the old columns go). The sealed values move as they are: they stay
bound to the place where they were first kept (storage/records/bank.py), so that no key is needed here. Releases before
this step cannot work with the database any more, which the row in `schema_reach` says.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_1_separation"
down_revision = "2026_11_23_5_append_only"
branch_labels = None
depends_on = None

MOVED = ("account_index", "bank_account_sealed", "account_holder_sealed")
SCHEMAS = {
    "identity": ("people", "benefits", "consents"),
    "faces": ("photos", "reference_photos", "reference_sets", "reference_set_photos", "captures"),
    "bank": ("bank_references",),
}


def upgrade() -> None:
    _expand()
    _backfill()
    _enforce()
    if op.get_bind().dialect.name == "postgresql":
        _separate()


def _expand() -> None:
    op.create_table(
        "bank_references",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("account_index", sa.LargeBinary(), nullable=True),
        sa.Column("bank_account_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("account_holder_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(account_index IS NULL) = (bank_account_sealed IS NULL)", name=op.f("ck_bank_references_indexed")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_bank_references_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_bank_references")),
    )
    op.create_index(op.f("ix_bank_references_account_index"), "bank_references", ["account_index"], unique=False)
    op.create_table(
        "schema_reach",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("oldest_revision", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_schema_reach_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_reach")),
    )
    op.execute(f"INSERT INTO schema_reach (id, oldest_revision) VALUES (1, '{revision}')")


def _backfill() -> None:
    moved = ", ".join(MOVED)
    op.execute(
        f"INSERT INTO bank_references (person_id, {moved}, batch_id, changed_at) "
        f"SELECT id, {moved}, batch_id, changed_at FROM people "
        "WHERE bank_account_sealed IS NOT NULL OR account_holder_sealed IS NOT NULL"
    )


def _enforce() -> None:
    # emptied first: dropping a column leaves its values in the rows of PostgreSQL until they are written anew
    emptied = ", ".join(f"{column} = NULL" for column in MOVED)
    op.execute(
        f"UPDATE people SET {emptied} WHERE bank_account_sealed IS NOT NULL OR account_holder_sealed IS NOT NULL"
    )
    op.drop_index("ix_people_account_index", "people")
    for column in MOVED:
        op.execute(f"ALTER TABLE people DROP COLUMN {column}")


def _separate() -> None:
    for schema, tables in SCHEMAS.items():
        op.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for table in tables:
            op.execute(f"ALTER TABLE {table} SET SCHEMA {schema}")
