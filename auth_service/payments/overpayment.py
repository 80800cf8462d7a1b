"""Overpayment from ledger rows: which payments belong to months in which nothing was due any more.

Counted by entitlement month, never by pay date; what came back does not count; an uncertain day gives a least and a
most, and nothing may be asked back before it is sure.
source  domain.md section 7
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.errors import AmountInvalid, FieldInvalid
from auth_service.payments.months import Uncertain, first_unentitled, later
from auth_service.payments.rows import CENT, ZERO, PaymentRow, standing, total
from auth_service.payments.words import Why


class Cause(StrEnum):
    """Why too much was paid; kept apart, because only fraud may be fined and our own error never is."""

    FRAUD = "fraud"
    LATE_REPORT = "late_report"
    AGENCY_ERROR = "agency_error"


class OffsetKind(StrEnum):
    """What the family is owed from the same fund, and may be set off."""

    PERSONAL_ACCOUNT = "personal_account"
    FUNERAL_GRANT = "funeral_grant"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement.

    paid    what the row says; `amount` is what of it counts here
    """

    month: str
    paid_on: date | None
    paid: Decimal
    amount: Decimal
    why: Why


Payment = tuple[str, date, Decimal]
"""A payment as a statement names it: month, day, amount."""


@dataclass(frozen=True, slots=True)
class Overpayment:
    """What was paid too much, line by line. lines: counted up to `most`; those of which only `most` holds say so"""

    least: Decimal
    most: Decimal
    lines: tuple[Line, ...]

    @property
    def is_provisional(self) -> bool:
        """Nothing may be asked back yet."""
        return any(line.why is Why.PERHAPS_AFTER_END for line in self.lines) or self.least != self.most


def overpaid(
    rows: Sequence[PaymentRow], end: Uncertain, until: str | None = None, asked: Collection[Payment] = ()
) -> Overpayment:
    """What was paid for months after an end.

    rows   of one benefit
    end    the day of death, or another day whose month is the last one payable
    until  the last month in which nothing was due, where it became due again, as after a sentence
    asked  payments that were asked back already
    """
    surely, perhaps = first_unentitled(end.latest), first_unentitled(end.earliest)
    lines = [_line(one.row, one.left, (surely, perhaps, until), asked) for one in standing(rows)]
    counted = total(line.amount for line in lines if line.why is Why.AFTER_END)
    possible = total(line.amount for line in lines if line.why is Why.PERHAPS_AFTER_END)
    return Overpayment(counted, counted + possible, tuple(lines))


def _line(row: PaymentRow, left: Decimal, span: tuple[str, str, str | None], asked: Collection[Payment]) -> Line:
    surely, perhaps, until = span

    def said(why: Why, amount: Decimal = ZERO) -> Line:
        return Line(row.month, row.paid_on, row.amount, amount, why)

    if row.month < perhaps:
        return said(Why.BEFORE_END)
    if until is not None and row.month > until:
        return said(Why.DUE_AGAIN)
    if left == ZERO:
        return said(Why.CAME_BACK)
    if (row.month, row.paid_on, row.amount) in asked:
        return said(Why.ALREADY_ASKED)
    return said(Why.AFTER_END if row.month >= surely else Why.PERHAPS_AFTER_END, left)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked back. net = gross - refunded - offset, never below zero"""

    gross: Decimal
    refunded: Decimal
    offset: Decimal
    net: Decimal


def claim(
    gross: Decimal,
    benefit: BenefitKind,
    refunds: Sequence[Decimal] = (),
    offsets: Sequence[tuple[OffsetKind, Decimal]] = (),
) -> Claim:
    """Gross, what was refunded, what is set off, and what is left to ask.

    raises   FieldInvalid: an offset of another benefit than the resident pension, or one kind twice; AmountInvalid
    source   domain.md section 7, offsets: resident pension only
    """
    kinds = [kind for kind, _ in offsets]
    if offsets and (benefit is not BenefitKind.RESIDENT_PENSION or len(set(kinds)) != len(kinds)):
        raise FieldInvalid(field="offset")
    if any(amount < 0 for amount in (*refunds, *(amount for _, amount in offsets))):
        raise AmountInvalid(field="offset")
    refunded = min(gross, total(refunds))
    offset = min(gross - refunded, total(amount for _, amount in offsets))
    return Claim(gross, refunded, offset, gross - refunded - offset)


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a claim that is paid in parts."""

    number: int
    due_month: str
    amount: Decimal


MOST_INSTALMENTS = 60
"""source: own decision, five years: a longer plan outlives most who would pay it, and is the court's to grant"""


def instalments(net: Decimal, count: int, first_month: str) -> tuple[Instalment, ...]:
    """A claim in equal monthly parts; the cents that do not divide go one each to the first parts, so that the parts
    add up to it exactly. raises FieldInvalid: fewer than one, more than MOST_INSTALMENTS, or parts of nothing"""
    cents = int(net / CENT)
    if not 1 <= count <= MOST_INSTALMENTS or cents < count:
        raise FieldInvalid(field="instalments")
    whole, rest = divmod(cents, count)
    return tuple(
        Instalment(place + 1, later(first_month, place), Decimal(whole + (place < rest)).scaleb(-2).quantize(CENT))
        for place in range(count)
    )
