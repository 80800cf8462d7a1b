"""Payments of benefits that were ever stopped, and what is owed to people: acts count as two people approved them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, union

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.monitoring.rules.p05_paid_while_stopped import ActOn, StoppedPaymentFacts
from auth_service.monitoring.rules.p06_long_arrears import OwedFacts
from auth_service.payments.arrears import arrears
from auth_service.payments.proposals import Act, Approved, Verdict, months_served, withheld_months
from auth_service.payments.rows import ZERO, PaymentRow, PaymentStatus, from_fen, standing
from auth_service.storage.candidates.amounts import payments_of
from auth_service.storage.candidates.turns import next_keys, people_in_turn
from auth_service.storage.records.proposals import Proposals
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import BenefitRow, DecisionRow, PaymentRecord, ProposalRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PAYMENTS, _BENEFITS = table_of(PaymentRecord), table_of(BenefitRow)
_PROPOSALS, _DECISIONS = table_of(ProposalRow), table_of(DecisionRow)
_STOPS = frozenset({Act.HOLD, Act.SUSPEND, Act.TERMINATE})
_STOPPED = (
    select(_PROPOSALS.c.person_id)
    .join(_DECISIONS, _DECISIONS.c.proposal_id == _PROPOSALS.c.id)
    .where(_PROPOSALS.c.act.in_(sorted(_STOPS)), _DECISIONS.c.verdict == Verdict.APPROVED.value)
)
_NOT_ARRIVED = (PaymentStatus.WITHHELD.value, PaymentStatus.RETURNED.value)
_WAITING = union(_STOPPED, select(_PAYMENTS.c.person_id).where(_PAYMENTS.c.status.in_(_NOT_ARRIVED))).subquery()
Benefit = tuple[str, BenefitKind]


def payments_of_stopped(work: Work, after: str, most: int, now: datetime) -> list[StoppedPaymentFacts]:  # noqa: ARG001
    """Payments that stand, of a month that some approved act names or of a later one."""

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, _STOPPED.distinct(), _PROPOSALS.c.person_id, behind, count)

    def facts_of(people: Sequence[str]) -> list[StoppedPaymentFacts]:
        found = []
        for (person_id, benefit), rows in payments_of(work, people).items():
            history = Proposals(work).history(person_id, benefit)
            acts = tuple(_act(one) for one in history if one.act in _STOPS or one.act is Act.RESUME)
            months = [act.month for act in acts if act.kind in _STOPS]
            found += [
                StoppedPaymentFacts(person_id, benefit, one.row.month, one.row.paid_on, one.left, acts)
                for one in standing(rows)
                if months and one.left > ZERO and min(months) <= one.row.month
            ]
        return found

    return people_in_turn(work, after, most, keys, facts_of)


def owed(work: Work, after: str, most: int, now: datetime) -> list[OwedFacts]:
    """Benefits that are or were stopped, or of which a row was withheld or came back, with what is owed for them.

    What two people approved to be paid back counts as owed until a row says that it arrived. Each page reads all
    payments once for their status: a tenth of what it costs at the most (docs/decisions/0036-rules.md, Measured).
    """

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, select(_WAITING.c.person_id), _WAITING.c.person_id, behind, count)

    def facts_of(people: Sequence[str]) -> list[OwedFacts]:
        rows, monthly = payments_of(work, people), _monthly(work, people)
        benefits = sorted({*rows, *monthly})
        found = [_owed(work, one, rows.get(one, []), monthly.get(one), now) for one in benefits]
        return [fact for fact in found if fact is not None]

    return people_in_turn(work, after, most, keys, facts_of)


def _owed(
    work: Work, benefit: Benefit, rows: list[PaymentRow], monthly: Decimal | None, now: datetime
) -> OwedFacts | None:
    """As an officer is shown it (flows/money_terms.py), what was promised aside; None: nothing is owed."""
    history, today = Proposals(work).history(*benefit), legal_date(now)
    months = {month for span in withheld_months(history, today) for month in span}
    months |= {row.month for row in rows if row.status.value in _NOT_ARRIVED}
    found = arrears(rows, sorted(months), monthly, months_served(history, today))
    lines = [line for line in found.lines if line.amount > ZERO]
    return OwedFacts(*benefit, lines[0].month, found.months_owed, found.amount) if lines else None


def _monthly(work: Work, people: Sequence[str]) -> dict[Benefit, Decimal | None]:
    wanted = select(_BENEFITS.c.person_id, _BENEFITS.c.kind, _BENEFITS.c.monthly_amount_fen)
    mine = work.connection.execute(wanted.where(those(work.connection, _BENEFITS.c.person_id, people)))
    return {
        (row.person_id, BenefitKind(row.kind)): None
        if row.monthly_amount_fen is None
        else from_fen(row.monthly_amount_fen)
        for row in mine
    }


def _act(act: Approved) -> ActOn:
    return ActOn(act.act, act.month, legal_date(act.at))
