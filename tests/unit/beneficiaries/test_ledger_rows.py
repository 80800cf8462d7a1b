"""One ledger row, checked field by field."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.errors import RowRefused

TODAY = date(2026, 3, 10)
GOOD = {"id_number": "130203195001010019", "name": "王秀英", "benefit_kind": "城乡居民养老"}


def test_the_three_required_columns_are_enough() -> None:
    row = check_ledger_row(GOOD, TODAY)
    assert row.benefit.kind is BenefitKind.RESIDENT_PENSION
    assert (row.sex, row.birth_date, row.phone, row.tags) == (None, None, None, None)


def test_a_new_person_gets_sex_and_birth_date_from_the_id_number_where_the_row_is_silent() -> None:
    row = check_ledger_row(GOOD, TODAY).completed()
    assert (str(row.birth_date), row.sex) == ("1950-01-01", "male")
    stated = check_ledger_row({**GOOD, "sex": "女", "birth_date": "1951"}, TODAY).completed()
    assert (str(stated.birth_date), stated.sex) == ("1951", "female")


def test_everything_that_a_row_may_hold_is_read() -> None:
    row = check_ledger_row(
        GOOD
        | {
            "person_key": "TS001", "sex": "男", "birth_date": "1950-01", "region_code": "130203", "village": "果园村",
            "address": "路北区1号", "phone": "+86 138 0000 0000",
            "award_month": "2010年1月", "monthly_amount": "1,878.32",
            "bank_account": "6217 0000 0000 1234", "account_holder": "王秀英", "tags": "低保；重度残疾",
            "contact_name": "王强", "contact_phone": "0315-1234567",
        },
        TODAY,
    )  # fmt: skip
    assert row.benefit.monthly_amount == Decimal("1878.32")
    assert row.benefit.award_month == "2010-01"
    assert row.bank_account == "6217000000001234"
    assert row.tags == ("低保", "重度残疾")
    assert str(row.birth_date) == "1950-01"


@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("id_number", "", "field_missing"),
        ("id_number", "130203195001010018", "id_number_check_digit"),
        ("name", "", "field_missing"),
        ("name", "张\x00三", "name_invalid"),
        ("benefit_kind", "", "field_missing"),
        ("benefit_kind", "月饼补贴", "field_invalid"),
        ("sex", "不详", "field_invalid"),
        ("birth_date", "1950-02-30", "date_invalid"),
        ("birth_date", "fifty", "date_invalid"),
        ("region_code", "13020", "field_invalid"),
        ("region_code", "唐山", "field_invalid"),
        ("phone", "打电话", "field_invalid"),
        ("award_month", "2010", "date_invalid"),
        ("award_month", "2010-13", "date_invalid"),
        ("monthly_amount", "-1", "amount_invalid"),
        ("monthly_amount", "NaN", "amount_invalid"),
        ("monthly_amount", "1.234", "amount_invalid"),
        ("monthly_amount", "1e9", "amount_invalid"),
        ("bank_account", "6217；1234", "field_invalid"),
        ("village", "x" * 201, "field_too_long"),
        ("address", "a\nb", "field_invalid"),
        ("tags", "x" * 41, "field_invalid"),
    ],
)
def test_a_bad_value_is_refused_with_its_field_and_code(column: str, value: str, code: str) -> None:
    with pytest.raises(RowRefused) as refused:
        check_ledger_row(GOOD | {column: value}, TODAY)
    assert (refused.value.field, refused.value.code) == (column, code)
