"""The file of refused rows: whole or absent, safe to open, and importable again."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, LEDGER_REQUIRED
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.errors import FieldMissing, IdNumberCheckDigit

COLUMNS = tuple(LEDGER_COLUMNS)
ROW = {"id_number": "130203194805020999", "name": "=HYPERLINK(1)", "benefit_kind": "工伤", "address": "'=x"}


@pytest.mark.asvs("1.2.10")
def test_a_refused_row_is_repeated_with_row_field_code_and_both_reasons(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rejects.csv"
    with RejectWriter(path, COLUMNS) as rejects:
        rejects.reject_row(7, ROW, IdNumberCheckDigit(field="id_number"))
        rejects.reject(8, ["x"] * len(COLUMNS), FieldMissing("nothing given"))
        assert not path.exists()
        assert rejects.count == 2
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["row"], first["field"], first["code"]) == ("7", "id_number", "id_number_check_digit")
    assert IdNumberCheckDigit.zh in first["reason"]
    assert IdNumberCheckDigit.en in first["reason"]
    assert first["name"] == "'=HYPERLINK(1)"
    assert (second["field"], second["code"]) == ("", "field_missing")
    assert "nothing given" in second["reason"]


def test_a_corrected_reject_file_can_be_imported_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with RejectWriter(path, COLUMNS) as rejects:
        rejects.reject_row(7, ROW, IdNumberCheckDigit(field="id_number"))
    table = open_table(path, LEDGER_COLUMNS, LEDGER_REQUIRED)
    ((number, values),) = table.rows()
    assert number == 2
    assert {name: text for name, text in values.items() if text} == ROW
    assert table.unknown_columns == ("row", "field", "code", "reason")


def test_without_refusals_there_is_no_file(tmp_path: Path) -> None:
    with RejectWriter(tmp_path / "rejects.csv", COLUMNS) as rejects:
        assert rejects.count == 0
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_keeps_what_was_refused_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with pytest.raises(KeyboardInterrupt), RejectWriter(path, COLUMNS) as rejects:  # noqa: PT012
        rejects.reject_row(7, ROW, IdNumberCheckDigit(field="id_number"))
        raise KeyboardInterrupt
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [row["code"] for row in csv.DictReader(file)] == ["id_number_check_digit", "interrupted"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["rejects.csv"]


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with RejectWriter(tmp_path / "rejects.csv", COLUMNS) as rejects:
        rejects.reject_row(7, ROW, FieldMissing())
    assert (tmp_path / "rejects.csv").stat().st_mode & 0o777 == 0o600
