"""Payment rows: every row checked, nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.errors import LedgerRoleMissing
from auth_service.flows.import_payments import ImportPayments, PaymentsReport
from auth_service.payments.rows import PaymentRow, PaymentStatus
from tests.builders import WANG, Agency, Rows

GOOD = {
    "benefit_kind": "城乡居民养老", "entitlement_month": "202601", "pay_date": "2026-01-10", "amount": "148.00",
    "status": "成功",
}  # fmt: skip


@pytest.fixture
def key(agency: Agency, rows: Callable[..., list[Any]]) -> str:
    agency.person()
    return str(rows("SELECT person_key FROM people")[0][0])


def run(agency: Agency, *values: dict[str, str]) -> tuple[PaymentsReport, Rows]:
    rejects = Rows()
    flow = ImportPayments(agency.ledger_store, agency.clock)
    return flow.run(Rows(values, "payments.csv"), rejects, "cli", lambda _: None), rejects


def stored(agency: Agency) -> list[PaymentRow]:
    with agency.store.reading() as unit:
        person = unit.people.id_of(WANG)
        assert person is not None
        return list(unit.payments.of(person, BenefitKind.RESIDENT_PENSION))


def test_good_rows_are_stored_and_each_bad_one_comes_back_with_its_reason(agency: Agency, key: str) -> None:
    good = {**GOOD, "person_key": key}
    bad = {
        "person_key": ("P-unknown", "beneficiary_unknown"),
        "benefit_kind": ("失业", "row_conflict"),
        "entitlement_month": ("2026", "date_invalid"),
        "pay_date": ("2026-04-01", "date_invalid"),
        "amount": ("148.001", "amount_invalid"),
        "status": ("待定", "field_invalid"),
    }
    report, rejects = run(agency, good, *({**good, name: value} for name, (value, _) in bad.items()))
    assert (report.rows, report.added, report.refused) == (7, 1, 6)
    assert [code for _, _, code in rejects.refused] == [code for _, code in bad.values()]
    assert [(row.month, str(row.amount), row.status) for row in stored(agency)] == [
        ("2026-01", "148.00", PaymentStatus.SETTLED)
    ]


@pytest.mark.parametrize("amount", ["0", "-148.00", "NaN", "1000000.01", "1e3x", "Infinity"])
def test_an_amount_is_money_above_nothing(agency: Agency, key: str, amount: str) -> None:
    report, _ = run(agency, {**GOOD, "person_key": key, "amount": amount})
    assert report.refused_by_code == {"amount_invalid": 1}


def test_running_a_file_again_adds_nothing(agency: Agency, key: str) -> None:
    good = {**GOOD, "person_key": key}
    run(agency, good)
    report, _ = run(agency, good)
    assert (report.added, report.unchanged, report.refused) == (0, 1, 0)


def test_a_return_that_comes_later_is_a_row_of_its_own(agency: Agency, key: str) -> None:
    good = {**GOOD, "person_key": key}
    run(agency, good)
    assert run(agency, good, {**good, "status": "退票"})[0].added == 1
    assert [row.status for row in stored(agency)] == [PaymentStatus.SETTLED, PaymentStatus.RETURNED]


def test_the_same_payment_twice_in_one_file_is_left_to_a_person(agency: Agency, key: str) -> None:
    good = {**GOOD, "person_key": key}
    report, rejects = run(agency, good, good)
    assert (report.added, report.refused) == (1, 1)
    assert rejects.refused[0][2] == "row_conflict"


def test_the_run_is_in_the_audit_trail_by_numbers(agency: Agency, key: str) -> None:
    run(agency, {**GOOD, "person_key": key})
    with agency.store.reading() as unit:
        (event,) = [row.event for row in unit.audit.rows() if row.event.action == "payments.imported"]
    assert event.details == {"rows": 1, "added": 1, "unchanged": 0, "refused": 0}


def test_who_serves_may_not_import_payments(agency: Agency, key: str) -> None:
    if agency.store is agency.ledger_store:
        return  # SQLite knows no roles
    with pytest.raises(LedgerRoleMissing):
        ImportPayments(agency.store, agency.clock).run(Rows(), Rows(), "cli", lambda _: None)
