"""Arrears from ledger rows, month by month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from auth_service.beneficiaries.person import BenefitKind
from auth_service.payments.arrears import arrears
from auth_service.payments.months import Months, Uncertain
from auth_service.payments.overpayment import overpaid
from auth_service.payments.rows import PaymentRow, PaymentStatus, standing, total
from auth_service.payments.words import Why

SPAN = Months("2026-03", "2026-05")
STATUS = PaymentStatus


def row(month: str, amount: str, status: PaymentStatus = STATUS.WITHHELD, day: str = "") -> PaymentRow:
    return PaymentRow(
        BenefitKind.RESIDENT_PENSION, month, date.fromisoformat(day or f"{month}-10"), Decimal(amount), status
    )


def test_withheld_rows_are_summed_and_other_months_are_not() -> None:
    rows = [row("2026-02", "1.00"), row("2026-03", "148.00"), row("2026-04", "150.50"), row("2026-05", "150.50")]
    assert arrears(rows, SPAN).amount == Decimal("449.00")


def test_what_was_paid_since_is_not_paid_twice() -> None:
    rows = [row("2026-03", "148.00"), row("2026-03", "100.00", STATUS.SETTLED, "2026-06-10")]
    found = arrears(rows, Months("2026-03", "2026-03"))
    assert found.amount == Decimal("48.00")
    paid = arrears([*rows, row("2026-03", "48.00", STATUS.SETTLED, "2026-07-10")], Months("2026-03", "2026-03"))
    assert (paid.amount, [line.why for line in paid.lines]) == (Decimal(0), [Why.PAID, Why.PAID])


def test_an_ordinary_payment_before_does_not_pay_what_was_withheld_later() -> None:
    rows = [row("2026-03", "148.00", STATUS.SETTLED, "2026-03-01"), row("2026-03", "10.00")]
    assert arrears(rows, Months("2026-03", "2026-03")).amount == Decimal("10.00")


def test_what_the_bank_gave_back_is_owed_until_it_is_sent_again() -> None:
    back = [row("2026-03", "148.00", STATUS.SETTLED), row("2026-03", "148.00", STATUS.RETURNED, "2026-03-12")]
    found = arrears(back, Months("2026-03", "2026-03"))
    assert (found.amount, found.lines[0].why) == (Decimal("148.00"), Why.NOT_ARRIVED)
    again = row("2026-03", "148.00", STATUS.SETTLED, "2026-03-20")
    assert arrears([*back, again], Months("2026-03", "2026-03")).amount == 0


def test_a_month_without_a_row_is_the_ledgers_word_and_provisional() -> None:
    found = arrears([row("2026-03", "148.00")], SPAN, Decimal("150.50"))
    assert (found.amount, found.is_provisional) == (Decimal("449.00"), True)
    unknown = arrears([row("2026-03", "148.00")], SPAN)
    assert (unknown.amount, unknown.is_provisional) == (Decimal("148.00"), True)
    assert [line.why for line in unknown.lines] == [Why.WITHHELD, Why.NOT_KNOWN, Why.NOT_KNOWN]


def test_a_sentence_is_not_paid_for() -> None:
    rows = [row(month, "148.00") for month in SPAN]
    found = arrears(rows, SPAN, excluded=[Months("2026-03", "2026-04")])
    assert (found.amount, found.months_owed) == (Decimal("148.00"), 1)


_ROWS = st.lists(
    st.builds(
        PaymentRow,
        st.just(BenefitKind.RESIDENT_PENSION),
        st.sampled_from(["2026-02", "2026-03", "2026-04"]),
        st.dates(date(2026, 2, 1), date(2026, 9, 1)),
        st.decimals("0.01", "999.99", places=2),
        st.sampled_from(list(STATUS)),
    ),
    max_size=12,
)


@given(_ROWS, st.randoms())
def test_the_order_of_a_file_changes_no_sum(rows: list[PaymentRow], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    end = Uncertain.among(date(2026, 2, 9))
    assert overpaid(rows, end).most == overpaid(shuffled, end).most
    assert arrears(rows, SPAN).amount == arrears(shuffled, SPAN).amount


@given(_ROWS)
def test_nobody_owes_more_than_arrived_and_nobody_is_owed_more_than_was_kept_back(rows: list[PaymentRow]) -> None:
    arrived = total(one.amount for one in rows if one.status is STATUS.SETTLED)
    kept = total(one.amount for one in rows if one.status in {STATUS.WITHHELD, STATUS.RETURNED})
    assert 0 <= total(one.left for one in standing(rows)) <= arrived
    assert 0 <= overpaid(rows, Uncertain.among(date(2026, 1, 9))).most <= arrived
    assert 0 <= arrears(rows, Months("2026-02", "2026-04")).amount <= kept
