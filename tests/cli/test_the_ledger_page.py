"""The page that an agency makes its first ledger file by: its table is the importer's, its sample imports."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, LEDGER_REQUIRED
from auth_service.beneficiaries.person import BENEFIT_WORDS
from auth_service.cli.main import app
from auth_service.core.errors import RowRefused
from auth_service.settings import PREFIX

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "integration" / "ledger.md").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    run("init")
    return tmp_path / "home"


def run(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, (done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in ("rows", "added", "changed", "unchanged", "refused"))


def sample() -> str:
    found = re.search(r"```csv\n(.+?)```", PAGE, re.DOTALL)
    assert found is not None
    return found.group(1)


def table_rows() -> dict[str, str]:
    """First cell of each row of a table -> the second."""
    cells = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("|")]
    return {row[0]: row[1] for row in cells if len(row) > 1}


def test_the_page_names_every_column_every_header_and_what_is_required() -> None:
    rows = table_rows()
    for column, chinese in LEDGER_COLUMNS.items():
        told = f"**`{column}`**" if column in LEDGER_REQUIRED else f"`{column}`"
        assert rows[told].rstrip(" |").split(", ") == list(chinese), column


def test_the_page_names_every_word_for_a_benefit() -> None:
    rows = table_rows()
    told = {word: kind.strip("`") for kind, words in rows.items() for word in words.split(", ") if kind.strip("`*")}
    for word, kind in BENEFIT_WORDS.items():
        assert word == kind.value or told[word] == kind.value, word


def test_the_page_names_every_code_of_a_refused_row() -> None:
    codes = {kind.code for kind in _all_below(RowRefused)}
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()


def _all_below(kind: type[RowRefused]) -> set[type[RowRefused]]:
    found = set(kind.__subclasses__())
    return found.union(*(_all_below(each) for each in found))


def test_the_sample_imports_as_the_page_says_and_again_without_a_change(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(sample(), encoding="utf-8")
    report = run("ledger", "import", str(file))
    assert counts(report) == (5, 4, 1, 0, 0)
    told = "5 rows: 4 added, 1 changed, 0 unchanged, 0 refused"
    assert f"`{told}`" in PAGE
    file.write_bytes(sample().encode("gb18030"))
    assert counts(run("ledger", "import", str(file))) == (5, 0, 0, 5, 0)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in csv.reader(io.StringIO(sample())):
        sheet.append(row)
    book.save(tmp_path / "people.xlsx")
    assert counts(run("ledger", "import", str(tmp_path / "people.xlsx"))) == (5, 0, 0, 5, 0)


def test_a_corrected_file_of_refused_rows_imports(home: Path, tmp_path: Path) -> None:
    file, rejects = tmp_path / "people.csv", tmp_path / "refused.csv"
    file.write_text(sample().replace("13020319500101006X", "130203195001010060"), encoding="utf-8")
    assert counts(run("ledger", "import", str(file), "--rejects", str(rejects))) == (5, 3, 1, 0, 1)
    text = rejects.read_text(encoding="utf-8-sig")
    assert "id_number_check_digit" in text
    rejects.write_text(text.replace("130203195001010060", "13020319500101006X"), encoding="utf-8-sig")
    report = run("ledger", "import", str(rejects))
    assert counts(report) == (1, 1, 0, 0, 0)
    assert set(report["unknown_columns"]) == {"row", "field", "code", "reason"}
