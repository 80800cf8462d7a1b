"""Files as real offices send them, and as nobody should: each row its code, and nothing else changes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from tests.acceptance.lfw import run
from tests.builders import LI, WANG, id_number

GOOD = {"证件号码": WANG, "姓名": "王秀英", "险种": "城乡居民养老"}

HOSTILE_ROWS = [
    (
        "wrong check digit",
        {"证件号码": WANG[:-1] + ("0" if WANG[-1] != "0" else "1")},
        "id_number",
        "id_number_check_digit",
    ),
    ("impossible date", {"证件号码": "130203195002300010"}, "id_number", "id_number_check_digit"),
    ("too short", {"证件号码": "13020319"}, "id_number", "id_number_invalid"),
    ("spreadsheet float", {"证件号码": "1.30203E+17"}, "id_number", "id_number_invalid"),
    ("empty number", {"证件号码": " "}, "id_number", "field_missing"),
    ("empty name", {"姓名": "　"}, "name", "field_missing"),
    ("control character", {"姓名": "王\x07秀英"}, "name", "name_invalid"),
    ("text direction override", {"姓名": "\u202e英秀王"}, "name", "name_invalid"),
    ("emoji", {"姓名": "王😀"}, "name", "name_invalid"),
    ("name of 200", {"姓名": "王" * 200}, "name", "field_too_long"),
    ("unknown benefit", {"险种": "'; DROP TABLE people;--"}, "benefit_kind", "field_invalid"),
    ("bad phone", {"联系电话": "<script>alert(1)</script>"}, "phone", "field_invalid"),
    ("bad amount", {"月待遇": "一百"}, "monthly_amount", "amount_invalid"),
    ("bad region", {"行政区划": "唐山市"}, "region_code", "field_invalid"),
    ("bad month", {"待遇开始月份": "2020-13"}, "award_month", "date_invalid"),
]

ACCEPTED_ROWS: dict[str, dict[str, str]] = {
    "fifteen digits": {"证件号码": "130203500101001"},
    "full width and small x": {"证件号码": "１３０２０３１９５００１０１００６ｘ"},
    "passport": {"证件号码": "E12345678"},
    "rare character": {"姓名": "\U00020bb7田"},
    "minority name": {"姓名": "阿卜杜热依木·买买提"},
    "right to left": {"姓名": "ئابدۇرېھىم"},
    "sql in a name": {"姓名": "Robert'); DROP TABLE people;--"},
    "html in a name": {"姓名": "<b onload=x>王</b>"},
    "formula as a name": {"姓名": '=cmd|"/c calc"!A1'},
    "one character": {"姓名": "卓"},
    "sixty characters": {"姓名": "王" * 60},
}


def write(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def refusals(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("agency") / "home"
    run(made, "init")
    return made


def test_every_hostile_row_gets_its_code_and_the_good_rows_are_stored(home: Path, tmp_path: Path) -> None:
    rows = [{**GOOD, **changed} for _, changed, _, _ in HOSTILE_ROWS]
    report = run(home, "ledger", "import", str(write(tmp_path / "hostile.csv", [*rows, GOOD])))
    assert (report["rows"], report["refused"], report["added"]) == (len(rows) + 1, len(rows), 1)
    refused = refusals(report["rejects"])
    told = [(int(row["row"]), row["field"], row["code"]) for row in refused]
    assert told == [(place, field, code) for place, (_, _, field, code) in enumerate(HOSTILE_ROWS, start=2)]
    for row in refused:
        zh, _, en = row["reason"].partition(" / ")
        assert any("\u4e00" <= character <= "\u9fff" for character in zh)
        assert en.split(" (")[0].isascii()
        assert row["name"][:1] not in {"=", "+", "-", "@"}


def test_unusual_but_right_rows_are_taken_as_they_are(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run(home, "migrate")
    numbers = [id_number(date(1951, 1, 1), place) for place in range(len(ACCEPTED_ROWS))]
    rows = [{**GOOD, "证件号码": number, **row} for number, row in zip(numbers, ACCEPTED_ROWS.values(), strict=True)]
    report = run(home, "ledger", "import", str(write(tmp_path / "rows.csv", rows)))
    refused = [] if report["rejects"] is None else refusals(report["rejects"])
    assert (report["added"], refused) == (len(rows), []), list(ACCEPTED_ROWS)
    assert run(home, "ledger", "import", str(write(tmp_path / "again.csv", rows)))["unchanged"] == len(rows)


def test_the_same_file_in_gb18030_is_the_same_file(home: Path, tmp_path: Path) -> None:
    row = {**GOOD, "证件号码": LI, "姓名": "李建国"}
    assert run(home, "ledger", "import", str(write(tmp_path / "utf8.csv", [row], "utf-8-sig")))["added"] == 1
    assert run(home, "ledger", "import", str(write(tmp_path / "gb.csv", [row], "gb18030")))["unchanged"] == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "columns_missing"),
        ("姓名,险种\n王,城乡居民养老\n".encode(), "columns_missing"),
        (b"\xff\xfe\x00\x00\x00garbage\x00\x00", "file_unreadable"),
        (b"PK\x03\x04 broken zip", "file_unreadable"),
    ],
    ids=["empty", "no id column", "binary", "broken workbook"],
)
def test_a_file_that_is_no_ledger_is_refused_whole(home: Path, tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert run(home, "ledger", "import", str(path), expect=1)["error"]["code"] == code


def test_a_missing_file_is_an_error_with_a_code_and_not_a_traceback(home: Path, tmp_path: Path) -> None:
    assert run(home, "ledger", "import", str(tmp_path / "none.csv"), expect=1)["error"]["code"] == "file_unreadable"
