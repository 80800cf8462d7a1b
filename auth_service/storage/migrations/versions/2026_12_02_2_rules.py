"""How monitoring rules run, how far each came, and what rules in shadow found.

Expand only: an older release works on without them. Settings are append-only, and never by one and the same person.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_2_rules"
down_revision = "2026_12_02_1_links"
branch_labels = None
depends_on = None

FACTS = ("rule_settings", "rule_activations", "shadow_flags", "shadow_flag_people", "shadow_judgements")
STATES = "state IN ('shadow', 'in_force', 'off')"
SEVERITIES = "severity IN ('critical', 'high', 'medium', 'low')"


def upgrade() -> None:
    _settings()
    _runs()
    _shadow()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _word(name: str, length: int = 64, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _guard() -> sa.Column[Any]:
    return sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False)


def _check(table: str, name: str, text: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{table}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def _settings() -> None:
    table = "rule_settings"
    op.create_table(
        table,
        _id(),
        _word("rule_id"),
        _count("rule_version"),
        _word("state"),
        _word("severity", nullable=True),
        _text("parameters"),
        _word("reason", 200),
        _id("proposed_by"),
        _at("proposed_at"),
        _guard(),
        _check(table, "state", STATES),
        _check(table, "severity", f"severity IS NULL OR {SEVERITIES}"),
        _to(table, "proposed_by", "staff"),
        _key(table),
        sa.UniqueConstraint("id", "proposed_by", name=op.f(f"uq_{table}_id_proposed_by")),
    )
    _index(table, "rule_id")
    table = "rule_activations"
    op.create_table(
        table,
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _id("setting_id"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        _id("proposed_by"),
        _id("activated_by"),
        _at("activated_at"),
        _guard(),
        _check(table, "two_people", "activated_by <> proposed_by"),
        sa.ForeignKeyConstraint(
            ["setting_id", "proposed_by"],
            ["rule_settings.id", "rule_settings.proposed_by"],
            name=op.f(f"fk_{table}_setting_id_proposed_by"),
        ),
        _to(table, "activated_by", "staff"),
        _key(table, "number"),
        sqlite_autoincrement=True,
    )
    _index(table, "setting_id")


def _runs() -> None:
    table = "rule_runs"
    op.create_table(
        table,
        _id(),
        _word("rule_id"),
        _word("state"),
        _word("mark"),
        _word("seen"),
        _word("place", 200),
        _count("facts"),
        _count("raised"),
        _at("began_at"),
        _at("finished_at", nullable=True),
        _check(table, "state", STATES),
        _key(table),
    )
    _index(table, "rule_id", "began_at")


def _shadow() -> None:
    table = "shadow_flags"
    op.create_table(
        table,
        _id(),
        _word("rule_id"),
        _count("rule_version"),
        _word("mark"),
        _word("severity"),
        _text("evidence"),
        _word("dedupe_key", 200),
        _at("raised_at"),
        _check(table, "severity", SEVERITIES),
        _key(table),
        sa.UniqueConstraint("mark", "dedupe_key", name=op.f(f"uq_{table}_mark_dedupe_key")),
    )
    _index(table, "rule_id", "raised_at")
    table = "shadow_flag_people"
    op.create_table(
        table,
        _id("flag_id"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        _id("person_id"),
        _to(table, "flag_id", "shadow_flags"),
        _to(table, "person_id", "people"),
        _key(table, "flag_id", "position"),
    )
    _index(table, "person_id")
    table = "shadow_judgements"
    op.create_table(
        table,
        _id("flag_id"),
        _word("verdict"),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        _word("judged_by", 200),
        _at("judged_at"),
        _check(table, "verdict", "verdict IN ('false_flag', 'needs_check')"),
        _to(table, "flag_id", "shadow_flags"),
        _key(table, "flag_id"),
    )


def _guard_on_sqlite() -> None:
    for table in FACTS:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    # a shell that did not switch foreign keys on could otherwise write down somebody else as the proposer
    op.execute(
        "CREATE TRIGGER rule_activations_two_people BEFORE INSERT ON rule_activations "
        "WHEN NEW.proposed_by IS NOT (SELECT proposed_by FROM rule_settings WHERE id = NEW.setting_id) "
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
