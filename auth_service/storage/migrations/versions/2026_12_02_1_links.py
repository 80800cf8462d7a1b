"""Whom rows of registries may mean: findings, what became of each, and how far rows were compared.

Expand only: an older release works on. Findings and what became of them are never changed or deleted; who disproved one
is somebody of the staff, which a trigger sees to for a shell without foreign keys.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_1_links"
down_revision = "2026_12_01_1_registry"
branch_labels = None
depends_on = None

FACTS = ("link_findings", "link_acts")
VALUES = {
    "kind": (
        "death", "cremation", "household", "prison", "travel", "medical", "marriage", "adoption", "employment",
        "other_region", "poverty", "subsistence", "disability",
    ),
    "meaning": (
        "died", "died_in_hospital", "died_village_says", "cremated", "household_ended", "serving", "detained",
        "served_outside", "exit", "entry", "settled_abroad", "missing", "married", "adopted", "employed", "other_roll",
        "nothing",
    ),
    "strength": ("strong", "weak"),
    "id_level": ("exact", "widened", "repaired", "near", "different", "missing"),
    "name_level": (
        "exact", "surname_alike", "sounds_alike", "looks_alike", "one_character", "different", "missing",
    ),
    "birth_level": ("exact", "part", "swapped", "near", "different", "missing"),
    "region_level": ("village", "town", "county", "different", "missing"),
    "sex_level": ("same", "different", "missing"),
}  # fmt: skip
ACTS = ("voided", "corrected", "discarded", "renewed", "disproved")
NOBODY = "NEW.done_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM staff WHERE id = NEW.done_by)"


def upgrade() -> None:
    _findings()
    _acts()
    op.create_table(
        "link_places",
        _word("name"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        _word("mark", 200),
        _at("moved_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_link_places")),
    )
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in FACTS:
        _keep_on_postgresql(table) if on_postgresql else _keep_on_sqlite(table)
    if not on_postgresql:
        op.execute(
            f"CREATE TRIGGER link_acts_true BEFORE INSERT ON link_acts WHEN {NOBODY} "
            "BEGIN SELECT RAISE(ABORT, 'link_acts: nobody has done this'); END"
        )


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _word(name: str, length: int = 64) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _at(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _guard() -> sa.Column[Any]:
    return sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _check(table: str, name: str, text: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _findings() -> None:
    table = "link_findings"
    op.create_table(
        table,
        _id(),
        _id("record_id"),
        _id("batch_id"),
        _id("person_id"),
        _word("kind"),
        _word("source"),
        _word("meaning"),
        _word("rule"),
        _word("strength"),
        *(_word(name) for name in VALUES if name.endswith("_level")),
        sa.Column("alternative", sa.Boolean(), nullable=False),
        sa.Column("event_on", sa.String(length=10), nullable=True),
        _bytes("ref_index"),
        _bytes("said_index"),
        _at("found_at"),
        _guard(),
        *(_check(table, name, _one_of(name, values)) for name, values in VALUES.items()),
        _to(table, "record_id", "registry_records"),
        _to(table, "batch_id", "registry_batches"),
        _to(table, "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "record_id", "person_id", "rule", "strength", name=op.f(f"uq_{table}_record_id_person_id_rule_strength")
        ),
    )
    for columns in (["person_id"], ["batch_id"], ["ref_index"], ["meaning", "strength"]):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns, unique=False)


def _acts() -> None:
    table = "link_acts"
    op.create_table(
        table,
        _id(),
        _id("finding_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _word("act"),
        _id("done_by", nullable=True),
        _bytes("reason_sealed", nullable=True),
        _at("done_at"),
        _guard(),
        _check(table, "act", _one_of("act", ACTS)),
        _check(table, "somebody", "(act = 'disproved') = (done_by IS NOT NULL)"),
        _to(table, "finding_id", "link_findings"),
        _to(table, "done_by", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("finding_id", "number", name=op.f(f"uq_{table}_finding_id_number")),
    )


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
