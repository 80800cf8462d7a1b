"""Arrears from ledger rows: what was withheld or did not arrive, and was not paid since.

source  domain.md section 7: Σ withheld rows; prison time excluded, acquittal, reappearance and wrong death included
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from auth_service.payments.months import Months
from auth_service.payments.overpayment import Line
from auth_service.payments.rows import ZERO, PaymentRow, PaymentStatus, in_order, total
from auth_service.payments.words import Why

NOTHING: Mapping[str, Decimal] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is owed to a person, line by line; one line per month at least."""

    lines: tuple[Line, ...]

    @property
    def amount(self) -> Decimal:
        return total(line.amount for line in self.lines)

    @property
    def is_provisional(self) -> bool:
        """Some month has no row: its sum is the ledger's word or nobody's, until the paying agency says."""
        return any(line.why in {Why.NO_ROW, Why.NOT_KNOWN} for line in self.lines)

    @property
    def sure(self) -> Arrears:
        """Without the months that have no row: they may have been paid, and the file that says so is not here yet."""
        return Arrears(tuple(line for line in self.lines if line.why not in {Why.NO_ROW, Why.NOT_KNOWN}))

    @property
    def months_owed(self) -> int:
        return len({line.month for line in self.lines if line.amount > 0})


def arrears(
    rows: Sequence[PaymentRow],
    withheld: Iterable[str],
    monthly: Decimal | None = None,
    excluded: Sequence[Months] = (),
    promised: Mapping[str, Decimal] = NOTHING,
) -> Arrears:
    """What is owed for the months of a hold or suspension.

    rows      of one benefit
    withheld  the months that were not to be paid
    monthly   what the ledger says of a month, for months without any row
    excluded  months of a sentence served
    promised  month -> arrears approved before and not in the rows yet
    """
    by_month: dict[str, list[PaymentRow]] = {month: [] for month in withheld}
    for row in in_order(rows):
        if row.month in by_month:
            by_month[row.month].append(row)
    lines: list[Line] = []
    for month, of_month in by_month.items():
        if any(month in span for span in excluded):
            lines.append(Line(month, None, ZERO, ZERO, Why.EXCLUDED))
        else:
            lines += _less(_of_month(month, of_month, monthly), promised.get(month, ZERO))
    return Arrears(tuple(lines))


def _of_month(month: str, rows: Sequence[PaymentRow], monthly: Decimal | None) -> list[Line]:
    """rows: of this month, in order. A payment settles what was withheld or came back before it, the oldest first."""
    owed: list[tuple[PaymentRow, Decimal]] = []
    for row in rows:
        if row.status in {PaymentStatus.WITHHELD, PaymentStatus.RETURNED}:
            owed.append((row, row.amount))
        elif row.status is PaymentStatus.SETTLED:
            owed = _settled(owed, row.amount)
    if owed:
        return [_owed(row, left) for row, left in owed]
    if rows:
        return [Line(month, row.paid_on, row.amount, ZERO, Why.PAID) for row in rows if _arrived(row)] or [
            Line(month, None, ZERO, ZERO, Why.CAME_BACK)
        ]
    if monthly is None:
        return [Line(month, None, ZERO, ZERO, Why.NOT_KNOWN)]
    return [Line(month, None, ZERO, monthly, Why.NO_ROW)]


def _less(lines: Sequence[Line], promised: Decimal) -> list[Line]:
    """The same without what has been approved already."""
    left = []
    for line in lines:
        taken = min(line.amount, promised)
        promised -= taken
        rest = line.amount - taken
        left.append(replace(line, amount=rest, why=Why.PROMISED) if taken and not rest else replace(line, amount=rest))
    return left


def _settled(owed: Sequence[tuple[PaymentRow, Decimal]], paid: Decimal) -> list[tuple[PaymentRow, Decimal]]:
    left = []
    for row, amount in owed:
        taken = min(amount, paid)
        paid -= taken
        if amount > taken:
            left.append((row, amount - taken))
    return left


def _owed(row: PaymentRow, left: Decimal) -> Line:
    why = Why.WITHHELD if row.status is PaymentStatus.WITHHELD else Why.NOT_ARRIVED
    return Line(row.month, row.paid_on, row.amount, left, why)


def _arrived(row: PaymentRow) -> bool:
    return row.status is PaymentStatus.SETTLED
