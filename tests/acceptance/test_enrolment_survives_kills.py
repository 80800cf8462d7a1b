"""Bulk enrolment killed with -9 at random moments and run again: every photo once, or in the reject file."""

from __future__ import annotations

import csv
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.lfw import Village, command, environment, run, village


@pytest.mark.asvs("2.3.3")
@pytest.mark.data
def test_two_kills_in_a_small_village(tmp_path: Path) -> None:
    _kill_and_resume(tmp_path, village(tmp_path / "village", 36), kills=2)


@pytest.mark.data
@pytest.mark.slow
def test_five_kills_over_all_shared_photos(tmp_path: Path, proof: Callable[[str, Mapping[str, Any]], None]) -> None:
    found = _kill_and_resume(tmp_path, village(tmp_path / "village"), kills=5)
    proof("enrolment-survives-kills", found)


def _kill_and_resume(tmp_path: Path, people: Village, *, kills: int) -> dict[str, Any]:
    home = tmp_path / "home"
    run(home, "init")
    assert run(home, "ledger", "import", str(people.ledger))["added"] == len(people.photos)
    enroll = ("enroll", str(people.folder / "photos"), "--jobs", "2")
    chance = random.Random(20261123)
    shares = sorted(chance.uniform(0.05, 0.85) for _ in range(kills))
    counts = [_start_and_kill(home, enroll, int(share * people.count)) for share in shares]
    assert counts == sorted(set(counts)), "a killed run had enrolled nothing new"
    report = run(home, *enroll, timeout=900)
    assert report["photos"] == people.count
    assert report["enrolled"] + report["known_already"] + report["refused"] == people.count
    rejected = _rejected(report["rejects"])
    enrolled = _enrolled(home)
    assert len(enrolled) == len(set(enrolled)), "a photo was enrolled twice"
    assert len(enrolled) + len(rejected) == people.count
    again = run(home, *enroll, timeout=900)
    assert (again["enrolled"], again["known_already"], again["refused"]) == (0, len(enrolled), len(rejected))
    assert run(home, "audit", "verify")["ok"]
    named, present = _named_files(home), _present_files(home)
    assert named <= present, "a record's photo file is missing"
    return {
        "photos": people.count,
        "killed_when_enrolled": counts,
        "enrolled_by_the_last_run": report["enrolled"],
        "enrolled": len(enrolled),
        "refused": len(rejected),
        "refused_by_code": report["refused_by_code"],
        "photo_files_without_a_record": len(present - named),
        "photos_per_second_of_the_last_run": report["photos_per_second"],
    }


def _start_and_kill(home: Path, enroll: tuple[str, ...], at_least: int) -> int:
    """Kills the whole process group with -9 once so many photos are enrolled, as in a power cut; returns how many."""
    process = subprocess.Popen(
        command(home, *enroll), env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while len(_enrolled(home)) < at_least and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL, "the run had ended before it was killed"
    time.sleep(0.3)
    return len(_enrolled(home))


def _rejected(path: str | None) -> list[tuple[str, str]]:
    if path is None:
        return []
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return [(row["id_number"], row["path"]) for row in csv.DictReader(file)]


def _enrolled(home: Path) -> list[str]:
    connection = sqlite3.connect(home / "auth_service.sqlite3")
    try:
        rows = connection.execute("SELECT person_id, file_index FROM reference_photos").fetchall()
    finally:
        connection.close()
    return [hashlib.sha256(f"{person}{index!r}".encode()).hexdigest() for person, index in rows]


def _named_files(home: Path) -> set[str]:
    connection = sqlite3.connect(home / "auth_service.sqlite3")
    try:
        return {name for (name,) in connection.execute("SELECT file_name FROM photos")}
    finally:
        connection.close()


def _present_files(home: Path) -> set[str]:
    return {path.name for path in (home / "photos").rglob("*") if path.is_file()}
