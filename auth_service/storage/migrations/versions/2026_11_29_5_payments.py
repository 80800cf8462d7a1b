"""Payments, acts on money that two people stand for, files to the paying agency with its answers, and contests.

Expand only: an older release works on. Every row is a fact: none is changed or removed. One person who proposes and
approves the same act is refused by a CHECK; that a decision repeats its proposal truly, by a foreign key and, on
SQLite, where a shell may leave foreign keys off, by triggers too.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_5_payments"
down_revision = "2026_11_29_4_life"
branch_labels = None
depends_on = None

FACTS = (
    "payments", "payment_proposals", "payment_decisions", "payment_files", "payment_sent", "payment_answers",
    "contests", "contest_acts",
)  # fmt: skip
BENEFITS = (
    "benefit_kind IN ('resident_pension', 'employee_pension', 'public_body_pension', 'work_injury', 'survivor', "
    "'unemployment')"
)
GROUNDS = (
    "ground IN ('death_record', 'not_reached', 'overdue', 'missing', 'detained', 'data_conflict', 'imprisoned', "
    "'left_country', 'death_confirmed', 'condition_ended', 'other_benefit', 'seen_in_person', 'passed_remotely', "
    "'record_withdrawn', 'acquitted', 'released', 'reappeared', 'our_mistake', 'months_withheld', 'fraud', "
    "'late_report', 'agency_error')"
)
CONTEST_ACTS = (
    "act IN ('seen', 'restored', 'dismissal_proposed', 'dismissed', 'source_told', 'source_corrected', 'source_stands')"
)


def upgrade() -> None:
    _payments()
    _proposals()
    _decisions()
    _files()
    _contests()
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in FACTS:
        _keep_on_postgresql(table) if postgresql else _keep_on_sqlite(table)
    if postgresql:
        op.execute("ALTER TABLE payments SET SCHEMA identity")
    else:
        _true_on_sqlite()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=nullable)


def _word(name: str, length: int = 64) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _at(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _sealed(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=True)


def _guard() -> sa.Column[Any]:
    return sa.Column("guard", sa.LargeBinary(), server_default=sa.text("''"), nullable=False)


def _check(table: str, name: str, text: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, other: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{key}"], name=op.f(f"fk_{table}_{column}"))


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _payments() -> None:
    table = "payments"
    op.create_table(
        table,
        _id(),
        _id("person_id"),
        _word("benefit_kind", 32),
        _word("entitlement_month", 7),
        sa.Column("pay_date", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        _word("status"),
        _id("batch_id"),
        _at("added_at"),
        _check(table, "benefit_kind", BENEFITS),
        _check(table, "status", "status IN ('settled', 'returned', 'reversed', 'withheld')"),
        _check(table, "amount", "amount_fen > 0"),
        _to(table, "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint(
            "person_id",
            "benefit_kind",
            "entitlement_month",
            "pay_date",
            "amount_fen",
            "status",
            name="uq_payments_same",
        ),
    )
    _index(table, "entitlement_month")


def _proposals() -> None:
    table = "payment_proposals"
    op.create_table(
        table,
        _id(),
        _id("person_id"),
        _word("benefit_kind", 32),
        _word("act"),
        _word("ground"),
        _word("month", 7),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("needs_two", sa.Boolean(), nullable=False),
        _sealed("note_sealed"),
        _id("proposed_by"),
        _at("proposed_at"),
        _guard(),
        _check(table, "benefit_kind", BENEFITS),
        _check(table, "act", "act IN ('hold', 'suspend', 'resume', 'back_pay', 'terminate', 'recover')"),
        _check(table, "ground", GROUNDS),
        _check(table, "amount_goes_with_act", "(amount_fen IS NOT NULL) = (act IN ('back_pay', 'recover'))"),
        _check(table, "amount", "amount_fen IS NULL OR amount_fen > 0"),
        _check(table, "takes_two", "needs_two OR NOT (act IN ('hold', 'recover', 'suspend', 'terminate'))"),
        _to(table, "person_id", "people"),
        _to(table, "proposed_by", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_proposals")),
        sa.UniqueConstraint(
            "id", "needs_two", "proposed_by", name=op.f("uq_payment_proposals_id_needs_two_proposed_by")
        ),
    )
    _index(table, "person_id")
    _index(table, "proposed_at")


def _decisions() -> None:
    table = "payment_decisions"
    op.create_table(
        table,
        _id("proposal_id"),
        _word("verdict"),
        sa.Column("needs_two", sa.Boolean(), nullable=False),
        _id("proposed_by"),
        _sealed("note_sealed"),
        _id("decided_by"),
        _at("decided_at"),
        _guard(),
        _check(table, "verdict", "verdict IN ('approved', 'returned', 'withdrawn')"),
        _check(table, "two_people", "verdict <> 'approved' OR NOT needs_two OR decided_by <> proposed_by"),
        _check(table, "own", "verdict <> 'withdrawn' OR decided_by = proposed_by"),
        sa.ForeignKeyConstraint(
            ["proposal_id", "needs_two", "proposed_by"],
            ["payment_proposals.id", "payment_proposals.needs_two", "payment_proposals.proposed_by"],
            name="fk_payment_decisions_proposal",
        ),
        _to(table, "decided_by", "staff"),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_payment_decisions")),
        sa.UniqueConstraint("proposal_id", "verdict", name=op.f("uq_payment_decisions_proposal_id_verdict")),
    )
    _index(table, "decided_at")


def _files() -> None:
    op.create_table(
        "payment_files",
        _id(),
        _word("made_by", 200),
        _at("made_at"),
        sa.Column("rows", sa.Integer(), nullable=False),
        _word("file_digest"),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_files")),
    )
    op.create_table(
        "payment_sent",
        _id("proposal_id"),
        _word("verdict"),
        _id("file_id"),
        _check("payment_sent", "approved", "verdict = 'approved'"),
        sa.ForeignKeyConstraint(
            ["proposal_id", "verdict"],
            ["payment_decisions.proposal_id", "payment_decisions.verdict"],
            name="fk_payment_sent_decision",
        ),
        _to("payment_sent", "file_id", "payment_files"),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_payment_sent")),
    )
    _index("payment_sent", "file_id")
    op.create_table(
        "payment_answers",
        _id(),
        _id("proposal_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _word("outcome"),
        _word("code"),
        sa.Column("done_on", sa.Date(), nullable=True),
        _word("answered_by", 200),
        _at("answered_at"),
        _guard(),
        _check("payment_answers", "outcome", "outcome IN ('done', 'refused')"),
        _to("payment_answers", "proposal_id", "payment_decisions", "proposal_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_answers")),
        sa.UniqueConstraint("proposal_id", "number", name=op.f("uq_payment_answers_proposal_id_number")),
    )


def _contests() -> None:
    op.create_table(
        "contests",
        _id(),
        _id("person_id"),
        _word("channel"),
        _word("opened_by", 200),
        _at("opened_at"),
        _sealed("words_sealed"),
        _guard(),
        _check("contests", "channel", "channel IN ('counter', 'agency_api', 'phone', 'kiosk')"),
        _to("contests", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contests")),
    )
    _index("contests", "person_id")
    _index("contests", "opened_at")
    dismissed = "act <> 'dismissed' OR (proposed_by IS NOT NULL AND proposed_by <> done_by)"
    op.create_table(
        "contest_acts",
        _id(),
        _id("contest_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _word("act"),
        _sealed("note_sealed"),
        _id("proposed_by", nullable=True),
        _id("done_by"),
        _at("done_at"),
        _guard(),
        _check("contest_acts", "act", CONTEST_ACTS),
        _check("contest_acts", "two_people", dismissed),
        _to("contest_acts", "contest_id", "contests"),
        _to("contest_acts", "proposed_by", "staff"),
        _to("contest_acts", "done_by", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_acts")),
        sa.UniqueConstraint("contest_id", "number", name=op.f("uq_contest_acts_contest_id_number")),
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


def _true_on_sqlite() -> None:
    """A shell that did not switch foreign keys on could otherwise write down somebody else as the proposer, or a
    person who does not exist."""
    known = "(SELECT count(*) FROM staff WHERE id = {0}) = 0"
    rules = {
        "payment_proposals": known.format("NEW.proposed_by"),
        "payment_decisions": known.format("NEW.decided_by")
        + " OR NOT EXISTS (SELECT 1 FROM payment_proposals WHERE id = NEW.proposal_id"
        " AND needs_two IS NEW.needs_two AND proposed_by IS NEW.proposed_by)",
        "payment_sent": "NOT EXISTS (SELECT 1 FROM payment_decisions WHERE proposal_id = NEW.proposal_id"
        " AND verdict = 'approved')",
        "contest_acts": known.format("NEW.done_by")
        + " OR (NEW.proposed_by IS NOT NULL AND "
        + known.format("NEW.proposed_by")
        + ")",
    }
    for table, wrong in rules.items():
        op.execute(
            f"CREATE TRIGGER {table}_true BEFORE INSERT ON {table} WHEN {wrong} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: nobody has done this'); END"
        )
