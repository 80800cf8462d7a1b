"""Payment rows by entitlement month: what a paying agency's file says, and what of each payment still stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from auth_service.beneficiaries.dates import parse_date, parse_month
from auth_service.beneficiaries.person import BENEFIT_WORDS, BenefitKind
from auth_service.core.cells import refuse_lost_digits
from auth_service.core.errors import AmountInvalid, DateInvalid, FieldInvalid, FieldMissing, FieldTooLong
from auth_service.payments.months import checked_month

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MOST = Decimal(1_000_000)
"""One row above a million CNY is a shifted column. source: as for monthly benefits, beneficiaries/ledger.py"""

PAYMENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "person_key": ("人员编号",),
    "benefit_kind": ("险种", "待遇类别", "险种类型"),
    "entitlement_month": ("费款所属期", "所属期"),
    "pay_date": ("发放日期", "支付日期"),
    "amount": ("金额", "发放金额"),
    "status": ("状态", "发放状态"),
}
"""English column -> Chinese headers that mean the same. source: contract.md section 8"""


class PaymentStatus(StrEnum):
    """What became of one payment."""

    SETTLED = "settled"
    """It arrived."""
    RETURNED = "returned"
    """The bank gave it back, always whole (退票): it is owed still."""
    REVERSED = "reversed"
    """Booked back (冲销), whole or in part: a correction, nothing is owed for it."""
    WITHHELD = "withheld"
    """Worked out for the month and not paid because of a hold or a suspension (缓发): what arrears are made of."""


_STATUS_WORDS = {
    **{status.value: status for status in PaymentStatus},
    **dict.fromkeys(("成功", "已发放", "发放成功"), PaymentStatus.SETTLED),
    **dict.fromkeys(("退票", "退回", "发放失败"), PaymentStatus.RETURNED),
    **dict.fromkeys(("冲销", "冲正"), PaymentStatus.REVERSED),
    **dict.fromkeys(("缓发", "暂缓", "暂停"), PaymentStatus.WITHHELD),
}
_ORDER = {status: place for place, status in enumerate(PaymentStatus)}


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment of one benefit. amount: CNY, above zero, two places; the status says which way it counts"""

    benefit: BenefitKind
    month: str
    paid_on: date
    amount: Decimal
    status: PaymentStatus = PaymentStatus.SETTLED


@dataclass(frozen=True, slots=True)
class Standing:
    """A settled row, and what of it was not taken back since."""

    row: PaymentRow
    left: Decimal


def in_order(rows: Iterable[PaymentRow]) -> list[PaymentRow]:
    """By month and day; of one day first what arrived, then what came back."""
    return sorted(rows, key=lambda row: (row.month, row.paid_on, _ORDER[row.status], row.amount))


def standing(rows: Iterable[PaymentRow]) -> list[Standing]:
    """Settled rows of one benefit with what still stands of each, in order.

    A row that came back takes away the newest settled row of its month and amount, not later than itself. A reversal
    without such a row takes its amount from what the month still holds. A return without one stands for a payment that
    never arrived, and takes nothing away.
    source  own decision: the files name no payment, and a doubt is not to make anybody's debt larger
    """
    ordered = in_order(rows)
    found = [Standing(row, row.amount) for row in ordered if row.status is PaymentStatus.SETTLED]
    for back in ordered:
        if back.status in {PaymentStatus.RETURNED, PaymentStatus.REVERSED}:
            _take_back(found, back)
    return found


def _take_back(found: list[Standing], back: PaymentRow) -> None:
    of_month = [
        place
        for place in reversed(range(len(found)))
        if found[place].row.month == back.month and found[place].row.paid_on <= back.paid_on
    ]
    for place in of_month:
        if found[place].left == found[place].row.amount == back.amount:
            found[place] = Standing(found[place].row, ZERO)
            return
    left = back.amount if back.status is PaymentStatus.REVERSED else ZERO
    for place in of_month:
        taken = min(left, found[place].left)
        found[place] = Standing(found[place].row, found[place].left - taken)
        left -= taken


def to_fen(amount: Decimal) -> int:
    """As the database keeps it. raises AmountInvalid: a part of a cent"""
    fen = amount.scaleb(2)
    if fen != fen.to_integral_value():
        raise AmountInvalid
    return int(fen)


def from_fen(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2).quantize(CENT)


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


@dataclass(frozen=True, slots=True)
class PaymentFileRow:
    """One checked row of a payments file: whose it is, and the payment."""

    person_key: str
    row: PaymentRow


def check_payment_row(values: Mapping[str, str], today: date) -> PaymentFileRow:
    """One row as read, checked field by field.

    values   English column name -> text as in the file
    raises   RowRefused (subclasses), each with the field at fault
    """
    refuse_lost_digits(values)
    key = _given(values, "person_key")
    if len(key) > 64:
        raise FieldTooLong(field="person_key")
    kind = BENEFIT_WORDS.get(_given(values, "benefit_kind"))
    if kind is None:
        raise FieldInvalid(field="benefit_kind")
    month = parse_month(_given(values, "entitlement_month"), "entitlement_month")
    paid_on = parse_date(_given(values, "pay_date"), "pay_date")
    if paid_on > today:
        raise DateInvalid("a payment in the future", field="pay_date")
    status = _STATUS_WORDS.get(_given(values, "status"))
    if status is None:
        raise FieldInvalid(field="status")
    checked_month(month, "entitlement_month")
    return PaymentFileRow(key, PaymentRow(kind, month, paid_on, _amount(_given(values, "amount")), status))


def _given(values: Mapping[str, str], column: str) -> str:
    text = values.get(column, "").strip()
    if not text:
        raise FieldMissing(field=column)
    return text


def _amount(text: str) -> Decimal:
    return check_amount(text.replace(",", ""))


def check_amount(text: str, field: str = "amount", most: Decimal = MOST) -> Decimal:
    """Above zero, at most two places. raises AmountInvalid"""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation as error:
        raise AmountInvalid(field=field) from error
    if not amount.is_finite() or not 0 < amount <= most or amount != round(amount, 2):
        raise AmountInvalid(field=field)
    return amount.quantize(CENT)


def of_benefit(rows: Sequence[PaymentRow], benefit: BenefitKind) -> list[PaymentRow]:
    return [row for row in rows if row.benefit is benefit]
