"""The synthetic ledger: people who do not exist, in rows that the real import accepts or refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, check_ledger_row
from auth_service.beneficiaries.region import region_name
from auth_service.cli.demo_ledger import Row, synthetic_ledger, write_ledger
from auth_service.connectors.tables import open_table
from auth_service.core.errors import RowRefused

TODAY = date(2026, 3, 10)


def _rows(path: Path, rows: list[Row]) -> list[dict[str, str]]:
    write_ledger(path, rows)
    return [dict(values) for _, values in open_table(path, LEDGER_COLUMNS, required=("id_number",)).rows()]


def test_every_good_row_is_accepted_and_every_number_is_somebody_elses(tmp_path: Path) -> None:
    rows = [check_ledger_row(values, TODAY) for values in _rows(tmp_path / "l.csv", synthetic_ledger(200).good)]
    assert len({row.id_number.number for row in rows}) == 200
    assert all(row.region_code and region_name(row.region_code, "en") != row.region_code for row in rows)
    assert all(row.sex is row.id_number.sex for row in rows)


def test_each_spoilt_row_is_refused_for_its_own_reason(tmp_path: Path) -> None:
    codes = []
    for values in _rows(tmp_path / "l.csv", synthetic_ledger(200).spoilt):
        with pytest.raises(RowRefused) as refused:
            check_ledger_row(values, TODAY)
        codes.append((refused.value.code, refused.value.field))
    assert codes == [
        ("id_number_check_digit", "id_number"),
        ("id_number_date", "id_number"),
        ("field_missing", "name"),
        ("amount_invalid", "monthly_amount"),
    ]


def test_the_ledger_is_the_same_every_time() -> None:
    assert synthetic_ledger(50) == synthetic_ledger(50)
    assert synthetic_ledger(50) != synthetic_ledger(50, seed=7)
