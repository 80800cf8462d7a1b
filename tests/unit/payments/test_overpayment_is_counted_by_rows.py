"""Overpayment from ledger rows. The numbers are the vectors of domain.md section 7."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.errors import AmountInvalid, FieldInvalid
from auth_service.payments.arrears import arrears
from auth_service.payments.months import Months, Uncertain, first_unentitled, later
from auth_service.payments.overpayment import OffsetKind, claim, instalments, overpaid
from auth_service.payments.rows import PaymentRow, PaymentStatus, to_fen
from auth_service.payments.words import WHY_WORDS, Why, why

RESIDENT, EMPLOYEE = BenefitKind.RESIDENT_PENSION, BenefitKind.EMPLOYEE_PENSION
DIED = Uncertain.among(date(2024, 2, 29))


def row(month: str, amount: str, status: PaymentStatus = PaymentStatus.SETTLED, day: str = "") -> PaymentRow:
    return PaymentRow(RESIDENT, month, date.fromisoformat(day or f"{month}-10"), Decimal(amount), status)


def monthly(first: str, count: int, amount: str) -> list[PaymentRow]:
    return [row(later(first, n), amount) for n in range(count)]


FEBRUARY_TO_JUNE = monthly("2024-02", 5, "148.00")


def test_the_month_of_death_is_due_and_every_later_one_is_not() -> None:
    found = overpaid(FEBRUARY_TO_JUNE, DIED)
    assert (found.least, found.most, found.is_provisional) == (Decimal("592.00"), Decimal("592.00"), False)
    assert [(line.month, str(line.amount), line.why) for line in found.lines][:2] == [
        ("2024-02", "0.00", Why.BEFORE_END),
        ("2024-03", "148.00", Why.AFTER_END),
    ]


@pytest.mark.parametrize("day", ["2024-06-10", "2024-06-25"])
@pytest.mark.parametrize("status", [PaymentStatus.RETURNED, PaymentStatus.REVERSED])
def test_what_came_back_is_not_asked_for(status: PaymentStatus, day: str) -> None:
    found = overpaid([*FEBRUARY_TO_JUNE, row("2024-06", "148.00", status, day)], DIED)
    assert found.most == Decimal("444.00")
    assert found.lines[-1].why is Why.CAME_BACK


def test_a_payment_that_never_arrived_takes_nothing_from_another() -> None:
    rows = [*monthly("2024-02", 4, "148.00"), row("2024-06", "148.00", PaymentStatus.RETURNED)]
    assert overpaid(rows, DIED).most == Decimal("444.00")
    assert overpaid([*rows, row("2024-06", "10.00", day="2024-06-05")], DIED).most == Decimal("454.00")


def test_a_partial_reversal_takes_its_part() -> None:
    rows = [*FEBRUARY_TO_JUNE, row("2024-05", "48.00", PaymentStatus.REVERSED, "2024-06-01")]
    assert overpaid(rows, DIED).most == Decimal("544.00")


def test_a_payment_sent_again_after_its_return_counts_once() -> None:
    again = [row("2024-06", "148.00", PaymentStatus.RETURNED, "2024-06-12"), row("2024-06", "148.00", day="2024-06-20")]
    assert overpaid([*FEBRUARY_TO_JUNE, *again], DIED).most == Decimal("592.00")


def test_back_pay_counts_by_the_month_it_belongs_to() -> None:
    january = row("2024-01", "10.00", day="2024-04-10")
    march = row("2024-03", "10.00", day="2024-04-10")
    assert overpaid([*FEBRUARY_TO_JUNE, january], DIED).most == Decimal("592.00")
    assert overpaid([*FEBRUARY_TO_JUNE, march], DIED).most == Decimal("602.00")


def test_gansu_is_summed_row_by_row_and_never_months_times_a_rate() -> None:
    first = overpaid(monthly("2021-11", 15, "1878.32"), Uncertain.among(date(2021, 10, 20)))
    assert (len(first.lines), first.most) == (15, Decimal("28174.80"))
    assert first.lines[-1].month == "2023-01"
    amounts = ["4295.61"] * 11 + ["4295.69"]
    rows = [row(later("2022-05", n), amount) for n, amount in enumerate(amounts)]
    second = overpaid(rows, Uncertain.among(date(2022, 4, 2)))
    assert (len(second.lines), second.most) == (12, Decimal("51547.40"))
    assert second.lines[-1].month == "2023-04"
    assert to_fen(second.most) % 12 != 0
    assert first.most + second.most == Decimal("79722.20")


def test_a_death_on_the_last_of_december_ends_with_the_year() -> None:
    assert first_unentitled(date(2023, 12, 31)) == "2024-01"
    rows = monthly("2023-12", 2, "148.00")
    assert overpaid(rows, Uncertain.among(date(2023, 12, 31))).most == Decimal("148.00")


def test_a_death_that_was_none_leaves_nothing_overpaid_and_all_that_was_held_in_arrears() -> None:
    held = [row(month, "148.00", PaymentStatus.WITHHELD) for month in Months("2024-03", "2024-06")]
    paid = monthly("2024-01", 2, "148.00")
    assert overpaid([*paid, *held], DIED).most == 0
    owed = arrears([*paid, *held], Months("2024-03", "2024-06"))
    assert (owed.amount, owed.is_provisional) == (Decimal("592.00"), False)


def test_an_unsure_date_gives_a_least_and_a_most_and_is_provisional() -> None:
    found = overpaid(FEBRUARY_TO_JUNE, Uncertain.among(PartialDate(2024, 2), date(2024, 4, 3)))
    assert (found.least, found.most) == (Decimal("296.00"), Decimal("592.00"))
    assert found.is_provisional
    assert [line.why for line in found.lines if line.month in {"2024-03", "2024-04"}] == [Why.PERHAPS_AFTER_END] * 2
    year = overpaid(FEBRUARY_TO_JUNE, Uncertain.among(PartialDate(2024)))
    assert (year.least, year.most) == (Decimal(0), Decimal("740.00"))


def test_one_month_known_to_the_month_is_sure_enough() -> None:
    found = overpaid(FEBRUARY_TO_JUNE, Uncertain.among(PartialDate(2024, 2)))
    assert (found.least, found.is_provisional) == (Decimal("592.00"), False)


def test_what_became_due_again_is_not_asked_for() -> None:
    assert overpaid(FEBRUARY_TO_JUNE, DIED, until="2024-04").most == Decimal("296.00")


def test_gross_offset_and_net_are_shown_and_never_below_nothing() -> None:
    offsets = [(OffsetKind.PERSONAL_ACCOUNT, Decimal("100.00")), (OffsetKind.FUNERAL_GRANT, Decimal("1000.00"))]
    found = claim(Decimal("592.00"), RESIDENT, [Decimal("92.00")], offsets)
    assert (found.refunded, found.offset, found.net) == (Decimal("92.00"), Decimal("500.00"), Decimal("0.00"))
    less = claim(Decimal("592.00"), RESIDENT, offsets=offsets[:1])
    assert (less.gross, less.offset, less.net) == (Decimal("592.00"), Decimal("100.00"), Decimal("492.00"))
    with pytest.raises(FieldInvalid):
        claim(Decimal("592.00"), EMPLOYEE, offsets=offsets)
    with pytest.raises(FieldInvalid):
        claim(Decimal("592.00"), RESIDENT, offsets=[offsets[0], offsets[0]])
    with pytest.raises(AmountInvalid):
        claim(Decimal("592.00"), RESIDENT, [Decimal(-1)])


@pytest.mark.parametrize(("net", "count"), [("592.00", 12), ("28174.80", 7), ("0.03", 3), ("79722.20", 60)])
def test_instalments_add_up_to_the_cent(net: str, count: int) -> None:
    parts = instalments(Decimal(net), count, "2024-11")
    assert sum(part.amount for part in parts) == Decimal(net)
    assert max(part.amount for part in parts) - min(part.amount for part in parts) <= Decimal("0.01")
    assert [part.due_month for part in parts][:2] == ["2024-11", "2024-12"]


@pytest.mark.parametrize(("net", "count"), [("592.00", 0), ("592.00", 61), ("0.02", 3)])
def test_no_plan_of_nothing(net: str, count: int) -> None:
    with pytest.raises(FieldInvalid):
        instalments(Decimal(net), count, "2024-11")


def test_every_line_is_said_in_both_languages() -> None:
    assert set(WHY_WORDS) == set(Why)
    assert all(why(one, "zh") != why(one, "en") for one in Why)
