"""What was paid for one month and the next, of those whose payments are not all alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from sqlalchemy import func, or_, select

from auth_service.beneficiaries.person import BenefitKind
from auth_service.monitoring.rules.p04_amount_jump import MonthPairFacts
from auth_service.payments.rows import ZERO, PaymentRow, PaymentStatus, from_fen, standing
from auth_service.storage.candidates.turns import next_keys, people_in_turn
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import PaymentRecord
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PAYMENTS = table_of(PaymentRecord)
_AMOUNT, _MONTH = _PAYMENTS.c.amount_fen, _PAYMENTS.c.entitlement_month
_UNLIKE = (
    select(_PAYMENTS.c.person_id)
    .group_by(_PAYMENTS.c.person_id)
    .having(
        or_(
            func.min(_AMOUNT) != func.max(_AMOUNT),
            func.count() > func.count(_MONTH.distinct()),  # two rows for one month may add up
        )
    )
)
"""Whoever always got one row a month of one amount, whatever became of it, was paid alike or not at all."""


def month_pairs(work: Work, after: str, most: int, now: datetime) -> list[MonthPairFacts]:  # noqa: ARG001
    """Each two months that follow one another among those paid, where the amounts differ."""

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, _UNLIKE, _PAYMENTS.c.person_id, behind, count)

    def facts_of(people: Sequence[str]) -> list[MonthPairFacts]:
        found = []
        for (person_id, benefit), rows in payments_of(work, people).items():
            months: dict[str, Decimal] = {}
            for one in standing(rows):
                months[one.row.month] = months.get(one.row.month, ZERO) + one.left
            for first, second in pairwise(months):
                before, then = months[first], months[second]
                if before != then:
                    found.append(MonthPairFacts(person_id, benefit, first, second, before, then))
        return found

    return people_in_turn(work, after, most, keys, facts_of)


def payments_of(work: Work, people: Sequence[str]) -> dict[tuple[str, BenefitKind], list[PaymentRow]]:
    """All rows of these people, by person and kind of benefit, in their order."""
    mine = those(work.connection, _PAYMENTS.c.person_id, people)
    order = (_PAYMENTS.c.person_id, _PAYMENTS.c.benefit_kind, _MONTH, _PAYMENTS.c.pay_date, _PAYMENTS.c.id)
    found: dict[tuple[str, BenefitKind], list[PaymentRow]] = {}
    for row in work.connection.execute(select(_PAYMENTS).where(mine).order_by(*order)):
        kind = BenefitKind(row.benefit_kind)
        payment = PaymentRow(
            kind, row.entitlement_month, row.pay_date, from_fen(row.amount_fen), PaymentStatus(row.status)
        )
        found.setdefault((row.person_id, kind), []).append(payment)
    return found
