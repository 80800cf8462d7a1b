"""`auth-service registry compare`, `findings` and `disprove`, by real commands and real files."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from auth_service.accounts.roles import Role
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.builders import LI, WANG
from tests.cli.test_calibrate import run, say

SUN, HE = "sun-password-1234", "he-password-1234"
LEDGER = "person_key,id_number,name,benefit_kind,region_code\n"
DEATHS = "source_ref,id_number,name,event_date,recorded_at\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service just made, with two people of the staff and two in its ledger."""
    folder = tmp_path_factory.mktemp("prepared") / "home"
    ledger = folder.with_name("ledger.csv")
    rows = f"TS-1,{WANG},王秀英,resident_pension,130203\n=TS-2,{LI},李建国,resident_pension,130203\n"
    ledger.write_text(LEDGER + rows, encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(f"{PREFIX}HOME", str(folder))
        run("init")
        run("ledger", "import", str(ledger))
        wiring = Wiring(load_settings())
        wiring.keep_staff.create("sun", Role.DATA_STEWARD, SUN, "cli")
        wiring.keep_staff.create("he", Role.MONITOR, HE, "cli")
        wiring.close_stores()
    return folder


@pytest.fixture
def home(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    shutil.copytree(prepared, folder)
    monkeypatch.setenv(f"{PREFIX}HOME", str(folder))
    return folder


def imported(tmp_path: Path, *rows: str) -> str:
    file = tmp_path / "deaths.csv"
    file.write_text(DEATHS + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    given = ("registry", "import", str(file), "--kind", "death", "--by", "sun", "--password-stdin")
    return str(run(*given, stdin=f"{SUN}\n")["batch"])


def test_findings_name_rows_and_people_by_their_owners_keys_and_never_by_a_number(home: Path, tmp_path: Path) -> None:
    batch = imported(
        tmp_path, f"MZ-1,{WANG},王秀英,2026-01-05,2026-02-01", f"+2,{LI},王大海,2026-01-06,2026-02-01",
        "MZ-3,,赵某某,2026-01-07,2026-02-01",
    )  # fmt: skip
    out = tmp_path / "found.csv"
    report = run("registry", "findings", "--batch", batch, "--out", str(out))
    assert (report["strong"], report["weak"], report["compared"], report["state"]) == (1, 1, 3, "cleared")
    text = out.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "source_row,beneficiary_key,strength,rule"
    rows = list(csv.reader(text.splitlines()))
    assert rows[1:] == [["'+2", "'=TS-2", "weak", "L30"], ["MZ-1", "TS-1", "strong", "L01"]]
    assert WANG not in text
    assert LI not in text
    assert out.stat().st_mode & 0o077 == 0


def test_compare_counts_and_once_more_does_nothing(home: Path, tmp_path: Path) -> None:
    imported(tmp_path, f"MZ-1,{WANG},王秀英,2026-01-05,2026-02-01")
    first = run("registry", "compare")
    assert first["ledger_seconds"] <= first["seconds"]
    told = {name: first[name] for name in ("people", "rows", "strong", "weak", "withdrawn", "flags")}
    assert told == {"people": 2, "rows": 1, "strong": 1, "weak": 0, "withdrawn": 0, "flags": 1}
    again = run("registry", "compare")
    assert (again["people"], again["rows"], again["flags"]) == (0, 0, 0)
    assert "Nothing new to compare." in say("registry", "compare")


def test_a_file_in_quarantine_gives_an_empty_list(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "deaths.csv"
    file.write_text(f"{DEATHS}MZ-1,{WANG},王秀英,2026-01-05,2026-02-01\n", encoding="utf-8")
    batch = run("registry", "import", str(file), "--kind", "death")["batch"]  # nobody stands for it
    out = tmp_path / "found.csv"
    report = run("registry", "findings", "--batch", batch, "--out", str(out))
    assert (report["state"], report["strong"], report["findings"]) == ("quarantined", 0, [])
    assert out.read_text(encoding="utf-8") == "source_row,beneficiary_key,strength,rule\n"


def test_a_monitor_disproves_a_finding_and_a_steward_may_not(home: Path, tmp_path: Path) -> None:
    batch = imported(tmp_path, f"MZ-1,{WANG},王秀英,2026-01-05,2026-02-01")
    out = str(tmp_path / "found.csv")
    (finding,) = run("registry", "findings", "--batch", batch, "--out", out)["findings"]
    disprove = ("registry", "disprove", finding["finding"], "--reason", "本人到窗口", "--password-stdin", "--by")
    assert run(*disprove, "sun", expect=1, stdin=f"{SUN}\n")["error"]["code"] == "access_refused"
    assert run(*disprove, "he", stdin=f"{HE}\n")["state"] == "disproved"
    assert run("registry", "findings", "--batch", batch, "--out", out)["findings"] == []


def test_an_unknown_batch_and_a_file_that_cannot_be_written_are_told(home: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "found.csv")
    assert run("registry", "findings", "--batch", "0" * 32, "--out", out, expect=1)["error"]["code"] == "not_found"
    batch = imported(tmp_path, f"MZ-1,{WANG},王秀英,2026-01-05,2026-02-01")
    nowhere = str(tmp_path / "no" / "found.csv")
    report = run("registry", "findings", "--batch", batch, "--out", nowhere, expect=1)
    assert report["error"]["code"] == "storage_fault"


def test_the_worker_compares_by_itself(home: Path, tmp_path: Path) -> None:
    imported(tmp_path, f"MZ-1,{WANG},王秀英,2026-01-05,2026-02-01")
    (ran,) = run("worker", "--once", "--only", "registry.compare")["runs"]
    assert (ran["outcome"], ran["counts"]["strong"]) == ("done", 1)
