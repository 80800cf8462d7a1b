"""`auth-service poverty`: from lists to a village's own file, by real commands and real files."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest
from openpyxl import load_workbook

from auth_service.accounts.roles import Role
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.builders import STRANGER, WANG
from tests.cli.test_calibrate import run, say

SUN, LI = "sun-password-1234", "li-password-1234"
VILLAGE = "130203100001"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv(f"{PREFIX}HOME", str(folder))
    run("init")
    wiring = Wiring(load_settings())
    wiring.keep_staff.create("sun", Role.DATA_STEWARD, SUN, "cli")
    wiring.keep_staff.create("li", Role.OFFICER, LI, "cli")
    wiring.close_stores()
    ledger = tmp_path / "ledger.csv"
    ledger.write_text(f"id_number,name,benefit_kind,region_code\n{WANG},王秀英,居民养老,{VILLAGE}\n", encoding="utf-8")
    run("ledger", "import", str(ledger))
    return folder


def listed(folder: Path) -> Path:
    file = folder / "list.csv"
    rows = [
        ("来源编号", "证件号码", "姓名", "行政区划", "登记日期", "说明"),
        ("1", WANG, "王秀英", VILLAGE, "2026-03-02", "代缴 2025"),
        ("2", STRANGER, "'=cmd|calc", VILLAGE, "2026-03-02", ""),
        ("3", STRANGER[:-1] + "?", "邻村", "130203100002", "2026-03-02", ""),
    ]
    with file.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written).writerows(rows)
    given = ("registry", "import", str(file), "--kind", "poverty", "--by", "sun", "--password-stdin")
    assert run(*given, stdin=f"{SUN}\n")["state"] == "cleared"
    return file


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_village_gets_its_own_list_and_nothing_runs(home: Path, tmp_path: Path, suffix: str) -> None:
    listed(tmp_path)
    made = run("poverty", "month", "--month", "2026-03", "--by", "sun", "--password-stdin", stdin=f"{SUN}\n")
    assert (made["version"], made["counts"]["insured_tagged"], made["counts"]["uninsured_tagged"]) == (1, 1, 1)
    assert made["counts"]["premium_2025"] == 1
    out = tmp_path / f"village{suffix}"
    given = ("poverty", "export", "--village", VILLAGE, "--month", "2026-03", "--out", str(out), "--by", "li")
    assert run(*given, "--password-stdin", stdin=f"{LI}\n")["rows"] == 2
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    if suffix == ".csv":
        rows = list(csv.reader(out.read_text(encoding="utf-8-sig").splitlines()))
    else:
        sheet = load_workbook(out).active
        assert sheet is not None
        rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    told = ["".join(row) for row in rows]
    assert len(rows) == 3
    assert not any("邻村" in row or WANG in row or STRANGER in row for row in told)
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_again_makes_nothing_and_it_is_said(home: Path, tmp_path: Path) -> None:
    listed(tmp_path)
    run("poverty", "month", "--month", "2026-03")
    assert "Nothing has changed" in say("poverty", "month", "--month", "2026-03")
    (month,) = run("poverty", "months")["months"]
    assert (month["month"], month["version"]) == ("2026-03", 1)


def test_what_cannot_be_is_refused_with_its_code(home: Path, tmp_path: Path) -> None:
    refused = run("poverty", "month", "--month", "2026-03", expect=1)
    assert refused["error"]["code"] == "lists_missing"
    listed(tmp_path)
    run("poverty", "month", "--month", "2026-03")
    out = str(tmp_path / "x.csv")
    given = ("poverty", "export", "--month", "2026-03", "--by", "li", "--password-stdin")
    county = run(*given, "--village", "130203", "--out", out, expect=1, stdin=f"{LI}\n")
    assert county["error"]["code"] == "field_invalid"
    other = run(*given, "--village", VILLAGE, "--out", str(tmp_path / "x.pdf"), expect=1, stdin=f"{LI}\n")
    assert other["error"]["code"] == "field_invalid"
    steward = ("poverty", "export", "--month", "2026-03", "--by", "sun", "--password-stdin", "--village", VILLAGE)
    assert run(*steward, "--out", out, expect=1, stdin=f"{SUN}\n")["error"]["code"] == "access_refused"
    assert not Path(out).exists()
