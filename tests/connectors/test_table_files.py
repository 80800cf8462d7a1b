"""Table files as agencies really send them, and as somebody hostile might."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, LEDGER_REQUIRED, check_ledger_row
from auth_service.connectors import tables
from auth_service.connectors.formula_guard import guarded, unguarded
from auth_service.connectors.tables import TableFile, open_table
from auth_service.core.cells import LostDigits
from auth_service.core.errors import ColumnsMissing, DigitsLost, FileUnreadable

NUMBER = "130203194805020123"
HEADER = ["证件号码", "姓名", "险种"]
ROWS = [[NUMBER, "王秀英", "城乡居民养老"], ["130203195007090314", "𠮷野·买买提", "工伤"]]
READ = [
    (2, {"id_number": NUMBER, "name": "王秀英", "benefit_kind": "城乡居民养老"}),
    (3, {"id_number": "130203195007090314", "name": "𠮷野·买买提", "benefit_kind": "工伤"}),
]


def text_of(rows: list[list[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def opened(path: Path, content: bytes | str) -> TableFile:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_table(path, LEDGER_COLUMNS, required=LEDGER_REQUIRED)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.csv"


def workbook(path: Path, rows: list[list[object]], change: Callable[[Workbook], None] | None = None) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    if change:
        change(book)
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_delimiters_are_found_by_content(file: Path, encoding: str, delimiter: str, end: str) -> None:
    table = opened(file, text_of([HEADER, *ROWS], delimiter, end).encode(encoding))
    assert list(table.rows()) == READ
    assert list(table.rows()) == READ  # and once more


@pytest.mark.asvs("1.5.3")
def test_a_workbook_reads_as_the_text_file_does_whatever_it_is_called(tmp_path: Path) -> None:
    path = workbook(tmp_path / "ledger.csv", [HEADER, *ROWS])
    assert list(open_table(path, LEDGER_COLUMNS, LEDGER_REQUIRED).rows()) == READ
    text = tmp_path / "text.xlsx"
    assert list(opened(text, text_of([HEADER, *ROWS])).rows()) == READ


def test_headers_may_be_english_chinese_wide_and_in_any_order(file: Path) -> None:
    header = [" 险种 ", "ID_Number", "备注", "村（社区）", "name"]
    table = opened(file, text_of([header, ["工伤", NUMBER, "x", "东村", "王"]]))
    assert list(table.rows()) == [(2, {"benefit_kind": "工伤", "id_number": NUMBER, "village": "东村", "name": "王"})]
    assert table.unknown_columns == ("备注",)
    assert (table.name, len(table.digest)) == ("ledger.csv", 64)


def test_missing_columns_are_named(file: Path) -> None:
    with pytest.raises(ColumnsMissing, match=r"id_number \(.*公民身份号码.*\); benefit_kind \(险种"):
        opened(file, text_of([["姓名", "住址"], ["王", "x"]]))
    with pytest.raises(ColumnsMissing):
        opened(file, "")


def test_row_numbers_are_those_of_the_spreadsheet(file: Path) -> None:
    text = '证件号码,姓名,险种\r\n\r\n1,"两\n行",工伤\r\n,,\r\n2,b,工伤\r\n'
    assert [(number, values["name"]) for number, values in opened(file, text).rows()] == [(3, "两\n行"), (5, "b")]


@pytest.mark.parametrize("bad", [
    [*HEADER, "姓名"], [*HEADER, "name"], [*HEADER, "备注", "备注"],
])  # fmt: skip
def test_a_column_given_twice_refuses_the_file(file: Path, bad: list[str]) -> None:
    with pytest.raises(FileUnreadable, match="twice"):
        opened(file, text_of([bad]))


@pytest.mark.parametrize("shifted", [[NUMBER, "王"], [NUMBER, "王", "工伤", "x"], ["", NUMBER, "王", "工伤"]])
def test_shifted_columns_refuse_the_file_before_its_first_row(file: Path, shifted: list[str]) -> None:
    with pytest.raises(FileUnreadable, match="row 4"):
        opened(file, text_of([HEADER, *ROWS, shifted]))


def test_empty_cells_beyond_the_header_do_no_harm(file: Path) -> None:
    assert list(opened(file, text_of([HEADER, [*ROWS[0], "", ""], ROWS[1]])).rows()) == READ


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe" + "证件号码,姓名\n".encode("utf-16-le"), "NUL"),
        ("证件号码,姓名,险种\n1,a\0b,工伤\n".encode(), "NUL"),
        ("证件号码,姓名,险种\n".encode() + b"\x81\xff\xff,\xfe\xfe", "neither"),
        ('证件号码,姓名,险种\n1,"never closed,工伤\n'.encode(), "broken CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old .xls"),
        (b"PK\x03\x04" + b"torn" * 50, "damaged workbook"),
        (b"", "id_number"),
    ],
)
def test_what_cannot_be_read_says_why(file: Path, content: bytes, why: str) -> None:
    with pytest.raises(FileUnreadable, match=why):
        opened(file, content)


def test_a_half_written_workbook_is_refused(tmp_path: Path) -> None:
    content = workbook(tmp_path / "a.xlsx", [HEADER, *ROWS * 200]).read_bytes()
    for part in (0.3, 0.6, 0.95):
        with pytest.raises(FileUnreadable):
            opened(tmp_path / "torn.xlsx", content[: int(len(content) * part)])


def changed_part(source: Path, target: Path, name: str, content: bytes | None) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        if content is not None:
            new.writestr(name, content)
    return target


SHEET = "xl/worksheets/sheet1.xml"
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.asvs("1.5.1")
@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (SHEET, BOMB, "document type"),
        (SHEET, b"<worksheet><sheetData><row>", "damaged"),
        (SHEET, None, "damaged|no sheet"),
        ("xl/workbook.xml", b"<nothing/>", "damaged|no sheet"),
        ("xl/vbaProject.bin", b"x", "macros"),
    ],
)
def test_a_hostile_or_broken_workbook_is_refused(tmp_path: Path, name: str, content: bytes | None, why: str) -> None:
    whole = workbook(tmp_path / "whole.xlsx", [HEADER, *ROWS])
    path = changed_part(whole, tmp_path / "changed.xlsx", name, content)
    with pytest.raises(FileUnreadable, match=why):
        open_table(path, LEDGER_COLUMNS, LEDGER_REQUIRED)


def test_numbers_and_dates_of_a_workbook_read_as_people_wrote_them(tmp_path: Path) -> None:
    header = [*HEADER, "月待遇", "出生日期", "联系电话", "住址"]
    day = datetime.date(1948, 5, 2)
    row = [NUMBER, "王", "工伤", 163.5, day, 13800000000, 7.0]
    path = workbook(tmp_path / "a.xlsx", [header, row])
    ((_, values),) = open_table(path, LEDGER_COLUMNS, LEDGER_REQUIRED).rows()
    assert values == {
        "id_number": NUMBER, "name": "王", "benefit_kind": "工伤", "monthly_amount": "163.5",
        "birth_date": "1948-05-02", "phone": "13800000000", "address": "7",
    }  # fmt: skip


@pytest.mark.parametrize("number", [130203194805020123, 1.30203194805020e17, 1234567890123456])
def test_a_long_number_in_a_number_cell_is_refused_with_its_own_code(tmp_path: Path, number: float) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, [number, "王", "工伤"]])
    ((_, values),) = open_table(path, LEDGER_COLUMNS, LEDGER_REQUIRED).rows()
    assert isinstance(values["id_number"], LostDigits)
    assert "E+" in values["id_number"]
    with pytest.raises(DigitsLost) as refused:
        check_ledger_row(values, datetime.date(2026, 3, 10))
    assert refused.value.field == "id_number"


def test_fifteen_digits_in_a_number_cell_are_whole(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, [130203480502012, "王", "工伤"]])
    ((_, values),) = open_table(path, LEDGER_COLUMNS, LEDGER_REQUIRED).rows()
    assert values["id_number"] == "130203480502012"
    checked = check_ledger_row(values, datetime.date(2026, 3, 10))
    assert checked.id_number.number.startswith("13020319480502012")


def test_a_formula_gives_no_value_of_its_own(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, [NUMBER, "=1+1", "工伤"]])
    ((_, values),) = open_table(path, LEDGER_COLUMNS, LEDGER_REQUIRED).rows()
    assert values["name"] == ""


@pytest.mark.asvs("5.2.1", "5.2.3")
def test_caps_on_bytes_rows_and_cells(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileUnreadable, match="row 2: a cell"):
        opened(file, text_of([HEADER, [NUMBER, "王" * 1366, "工伤"]]))
    assert len(list(opened(file, text_of([HEADER, [NUMBER, "王" * 1365, "工伤"]])).rows())) == 1
    monkeypatch.setattr(tables, "MAX_ROWS", 1)
    with pytest.raises(FileUnreadable, match="more than 1 rows"):
        opened(file, text_of([HEADER, *ROWS]))
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(FileUnreadable, match="larger"):
        opened(file, text_of([HEADER, *ROWS]))


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(FileUnreadable):
            open_table(path, LEDGER_COLUMNS, LEDGER_REQUIRED)


@pytest.mark.asvs("1.2.10")
@given(st.text(max_size=20))
def test_any_text_survives_the_formula_guard(cell: str) -> None:
    written = guarded(cell)
    assert unguarded(written) == cell
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("cell", "read"),
    [("'=1+1", "=1+1"), ("'-王", "-王"), ("''=1", "'=1"), ("'王", "'王"), ("=1+1", "=1+1"), ("'", "'")],
)
def test_reading_takes_exactly_one_guard_away(file: Path, cell: str, read: str) -> None:
    ((_, values),) = opened(file, text_of([HEADER, [NUMBER, cell, "工伤"]])).rows()
    assert values["name"] == read
