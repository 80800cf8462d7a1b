"""`auth-service registry`: from another office's file to data that counts, by real commands and real files."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from auth_service.accounts.roles import Role
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.cli.test_calibrate import run

SUN, HE = "sun-password-1234", "he-password-1234"
HEADERS = ("来源编号", "消息类型", "证件号码", "姓名", "死亡日期", "登记时间", "备注")
DEATHS = (
    ("MZ-1", "新增", "130203194805020123", "欧阳秀英", "2026-01", "2026-02-02", ""),
    ("MZ-2", "新增", "", "买买提·艾力", "2026-01-09", "2026-02-02", "x"),
    ("MZ-3", "新增", "", "", "2026-01-09", "2026-02-02", ""),
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service just made, with its two people."""
    folder = tmp_path_factory.mktemp("prepared") / "home"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(f"{PREFIX}HOME", str(folder))
        run("init")
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


def text_file(path: Path, encoding: str) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADERS, *DEATHS])
    return path


def workbook(path: Path, _: str = "") -> Path:
    book = Workbook()
    assert book.active is not None
    for row in (HEADERS, *DEATHS):
        book.active.append(row)
    book.save(path)
    return path


def take(file: Path, *more: str, expect: int = 0) -> dict[str, Any]:
    given = ("registry", "import", str(file), "--by", "sun", "--password-stdin", *more)
    return run(*given, expect=expect, stdin=f"{SUN}\n")


@pytest.mark.parametrize(
    ("name", "make", "encoding"),
    [("a.csv", text_file, "utf-8-sig"), ("a.csv", text_file, "gb18030"), ("a.xlsx", workbook, "")],
)
def test_a_file_of_any_form_is_understood(
    home: Path, tmp_path: Path, name: str, make: Callable[[Path, str], Path], encoding: str
) -> None:
    report = take(make(tmp_path / name, encoding), "--kind", "death")
    assert (report["state"], report["rows"], report["added"], report["refused"]) == ("cleared", 3, 2, 1)
    assert report["unknown_columns"] == ["备注"]
    with Path(report["rejects"]).open(encoding="utf-8-sig", newline="") as file:
        (refused,) = csv.DictReader(file)
    assert (refused["row"], refused["field"], refused["code"]) == ("4", "id_number", "field_missing")
    assert "必填内容缺失" in refused["reason"]
    assert "required" in refused["reason"]
    shown = run("registry", "show", report["batch"], "--rows", "5")
    assert [(one["id"], one["name"], one["event"]) for one in shown["first_rows"]] == [
        ("****", "欧***", "2026-01"),
        ("", "买*****", "2026-01-09"),
    ]
    assert "秀英" not in json.dumps(shown, ensure_ascii=False)


def test_an_odd_file_is_released_by_another_and_taken_back_by_one(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "future.csv"
    file.write_text("source_ref,name,event_date\n1,赵某,2020-01-01\n2,钱某,2126-01-01\n", encoding="utf-8")
    report = take(file, "--kind", "death")
    assert [one["code"] for one in report["findings"]] == ["future"]
    release = ("registry", "release", report["batch"], "--password-stdin", "--by")
    assert run(*release, "sun", expect=1, stdin=f"{SUN}\n")["error"]["code"] == "second_person_needed"
    assert run(*release, "he", stdin=f"{HE}\n")["state"] == "released"
    discard = ("registry", "discard", report["batch"], "--reason", "用错文件", "--password-stdin", "--by", "sun")
    assert run(*discard, stdin=f"{SUN}\n")["state"] == "discarded"
    (listed,) = run("registry", "batches", "--kind", "death")["batches"]
    assert (listed["state"], listed["counts"]["future"]) == ("discarded", 1)
    assert run("registry", "batches", "--kind", "prison")["batches"] == []


def test_without_a_name_behind_it_a_file_waits(home: Path, tmp_path: Path) -> None:
    report = run("registry", "import", str(text_file(tmp_path / "a.csv", "utf-8")), "--kind", "death")
    assert (report["state"], [one["code"] for one in report["findings"]]) == ("quarantined", ["nobody"])


def test_a_profile_is_checked_by_line_and_then_used(home: Path, tmp_path: Path) -> None:
    profile, file = tmp_path / "p.yaml", tmp_path / "own.csv"
    profile.write_text("name: own\nkind: prison\ncolumns:\n  号: source_ref\n  谁: nam\n", encoding="utf-8")
    found = run("registry", "profile", str(profile), expect=1)
    assert [(one["line"], one["where"]) for one in found["problems"]] == [(5, "columns.谁")]
    file.write_text("号,谁\n1,赵某\n", encoding="utf-8")
    refused = take(file, "--profile", str(profile), expect=1)
    assert refused["error"]["code"] == "profile_refused"
    assert "line 5" in refused["error"]["detail"]
    profile.write_text(profile.read_text(encoding="utf-8").replace("谁: nam", "谁: name"), encoding="utf-8")
    assert run("registry", "profile", str(profile))["valid"] is True
    report = take(file, "--profile", str(profile))
    assert (report["kind"], report["added"]) == ("prison", 1)


def many(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("source_ref,name,event_date,recorded_at\n")
        for place in range(count):
            name = "" if place % 1000 == 500 else "赵某某"
            file.write(f"M-{place},{name},2025-{place % 12 + 1:02}-{place % 28 + 1:02},2026-01-05\n")
    return path


def begun(home: Path, file: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "auth_service", "registry", "import", str(file), "--kind", "death", "--json"]
    password = file.with_suffix(".password")
    password.write_text(f"{SUN}\n", encoding="utf-8")
    with password.open("rb") as said:
        return subprocess.Popen(
            [*command, "--by", "sun", "--password-stdin"],
            stdin=said, stdout=subprocess.PIPE, env={**os.environ, f"{PREFIX}HOME": str(home)},
        )  # fmt: skip


def place(home: Path) -> int:
    with sqlite3.connect(home / "auth_service.sqlite3", timeout=30) as connection:
        return int(connection.execute("SELECT coalesce(max(place), 0) FROM registry_batches").fetchone()[0])


@pytest.mark.slow
def test_killed_by_the_system_again_and_again_it_ends_with_exact_counts(home: Path, tmp_path: Path) -> None:
    file = many(tmp_path / "many.csv", 6000)
    killed = 0
    for wanted in (1, 1500, 3000):
        running = begun(home, file)
        while place(home) < wanted and running.poll() is None:
            time.sleep(0.02)
        killed += running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.communicate()
    assert killed == 3
    report = take(file, "--kind", "death")
    assert report["resumed"] >= 3000
    assert (report["rows"], report["added"], report["refused"]) == (6000, 5994, 6)
    with Path(report["rejects"]).open(encoding="utf-8-sig", newline="") as refused:
        assert [int(row["row"]) for row in csv.DictReader(refused)] == [502 + 1000 * one for one in range(6)]
    with sqlite3.connect(home / "auth_service.sqlite3") as connection:
        kept = connection.execute("SELECT count(*), count(DISTINCT row) FROM registry_records").fetchone()
    assert kept == (5994, 5994)


@pytest.mark.slow
def test_two_commands_at_once_do_every_row_once(home: Path, tmp_path: Path) -> None:
    file = many(tmp_path / "many.csv", 6000)
    running = [begun(home, file) for _ in range(2)]
    reports = [json.loads(one.communicate(timeout=300)[0]) for one in running]
    assert [one.returncode for one in running] == [0, 0]
    told = [(one["batch"], one["state"], one["rows"], one["added"], one["refused"]) for one in reports]
    assert told[0] == told[1]
    assert told[0][1:] == ("cleared", 6000, 5994, 6)


@pytest.mark.slow
def test_a_million_rows_take_no_more_memory_than_a_few(home: Path, tmp_path: Path) -> None:
    """source of the bound: what a command holds at all, and 100 MB for a chunk, caches and the database's pages."""

    def peak(file: Path) -> tuple[int, dict[str, Any]]:
        code = (
            "import resource, sys, atexit;"
            "atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr));"
            "from auth_service.cli.main import app; app()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, "registry", "import", str(file), "--kind", "poverty", "--json"],
            capture_output=True, check=True, timeout=3000, env={**os.environ, f"{PREFIX}HOME": str(home)},
        )  # fmt: skip
        return int(done.stderr.split()[-1]) * 1024, json.loads(done.stdout)

    few, _ = peak(many(tmp_path / "few.csv", 2000))
    most, report = peak(many(tmp_path / "million.csv", 1_000_000))
    assert (report["rows"], report["added"] + report["unchanged"], report["refused"]) == (1_000_000, 999_000, 1000)
    assert most < few + 100 * 1024 * 1024
