"""Whether the paying agency did what was approved: acts, answers and payment rows side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from auth_service.core.clock import legal_date
from auth_service.payments.months import Months, later, month_of
from auth_service.payments.overpayment import Line
from auth_service.payments.proposals import Act, Approved, PayState, state_after
from auth_service.payments.rows import ZERO, PaymentRow, PaymentStatus, standing, total

PATIENCE_DAYS = 40
"""How long a resumption or arrears may take to show in the rows. source: own decision, one monthly run and ten days"""


class Mismatch(StrEnum):
    """What does not agree."""

    PAID_WHILE_STOPPED = "paid_while_stopped"
    """A month was paid though it was held, and nobody had resumed it. source: domain.md section 6 P05"""
    NOT_RESUMED = "not_resumed"
    """Resumed long ago, and nothing has been paid since: somebody is without money."""
    ARREARS_NOT_PAID = "arrears_not_paid"
    """Approved long ago, and the rows do not show it."""
    ARREARS_NOT_PROPOSED = "arrears_not_proposed"
    """Paid again, and what was withheld is owed still: somebody has to propose it."""
    NOT_SENT_AGAIN = "returned_and_not_sent_again"
    """The bank gave a payment back and it was not sent again: somebody is without money."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing for a person to look into."""

    kind: Mismatch
    month: str
    amount: Decimal


def reconcile(
    history: Sequence[Approved],
    rows: Sequence[PaymentRow],
    pending: Mapping[str, tuple[date, Decimal]],
    owed: Sequence[Line],
    today: date,
) -> list[Finding]:
    """What does not agree for one benefit.

    history  acts in force, oldest first
    rows     of this benefit
    pending  month -> arrears approved, when, and not in the rows yet
    owed     lines of what was withheld and is neither paid nor approved
    """
    found = _paid_while_stopped(history, rows)
    long_ago = today - timedelta(days=PATIENCE_DAYS)
    last = history[-1] if history else None
    resumed = next((act for act in reversed(history) if act.act is Act.RESUME), None)
    if resumed is not None and last is not None and state_after(history) is PayState.PAID:
        paid = any(row.month >= resumed.month for row in rows if row.status is PaymentStatus.SETTLED)
        if not paid and legal_date(resumed.at) <= long_ago and month_of(long_ago) >= resumed.month:
            found.append(Finding(Mismatch.NOT_RESUMED, resumed.month, ZERO))
    found += [
        Finding(Mismatch.ARREARS_NOT_PAID, month, amount)
        for month, (since, amount) in sorted(pending.items())
        if since <= long_ago
    ]
    if state_after(history) is PayState.PAID:
        found += [Finding(Mismatch.ARREARS_NOT_PROPOSED, line.month, line.amount) for line in owed if line.amount > 0]
    return found + _not_sent_again(rows, long_ago)


def _paid_while_stopped(history: Sequence[Approved], rows: Sequence[PaymentRow]) -> list[Finding]:
    """Payments made while a stop was in force, for months that it covered."""
    found: list[Finding] = []
    still = [one for one in standing(rows) if one.left > 0]
    for first, until, months in _stops(history):
        found += [
            Finding(Mismatch.PAID_WHILE_STOPPED, one.row.month, one.left)
            for one in still
            if one.row.month in months and first < one.row.paid_on and (until is None or one.row.paid_on < until)
        ]
    return found


def _stops(history: Sequence[Approved]) -> list[tuple[date, date | None, Months]]:
    """Each stop: when it was approved, when it was lifted, and the months between; "9999-12" while it goes on."""
    found: list[tuple[date, date | None, Months]] = []
    begun: Approved | None = None
    for act in history:
        if act.act in {Act.HOLD, Act.SUSPEND, Act.TERMINATE} and begun is None:
            begun = act
        elif act.act is Act.RESUME and begun is not None:
            found.append((legal_date(begun.at), legal_date(act.at), Months(begun.month, later(act.month, -1))))
            begun = None
    if begun is not None:
        found.append((legal_date(begun.at), None, Months(begun.month, "9999-12")))
    return found


def _not_sent_again(rows: Sequence[PaymentRow], long_ago: date) -> list[Finding]:
    """Months whose every payment came back from the bank."""
    returned = {row.month for row in rows if row.status is PaymentStatus.RETURNED and row.paid_on <= long_ago}
    arrived = {one.row.month for one in standing(rows) if one.left > 0}
    return [
        Finding(Mismatch.NOT_SENT_AGAIN, month, total(
            row.amount for row in rows if row.month == month and row.status is PaymentStatus.RETURNED
        ))
        for month in sorted(returned - arrived)
    ]  # fmt: skip
