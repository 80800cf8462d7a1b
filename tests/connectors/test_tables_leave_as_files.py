"""CSV and XLSX hold the same text, and neither runs a cell."""

from __future__ import annotations

import csv
import io

import openpyxl

from auth_service.connectors.export_file import csv_file, xlsx_file

ROWS = [
    ["名称", "number"],
    ["=1+1", "007"],
    ["+86", "-3"],
    ["@SUM(A1)", "\t=1"],
    ["王\x0b秀英", ""],
    ["＝cmd", "plain"],
]


def test_every_cell_of_a_workbook_is_text_and_none_a_formula() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_file(ROWS))).active
    assert sheet is not None
    cells = [list(row) for row in sheet.iter_rows()]
    assert {cell.data_type for row in cells for cell in row if cell.value is not None} == {"s"}
    found = [[cell.value or "" for cell in row] for row in cells]
    assert found[1] == ["'=1+1", "007"], "a code keeps its zeros"
    assert found[4] == ["王秀英", ""], "what a workbook cannot hold is left out"


def test_both_files_guard_the_same_cells() -> None:
    text = list(csv.reader(io.StringIO(csv_file(ROWS).decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_file(ROWS))).active
    assert sheet is not None
    assert [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()][:4] == text[:4]
    for row in text[1:4]:
        assert row[0].startswith("'")
