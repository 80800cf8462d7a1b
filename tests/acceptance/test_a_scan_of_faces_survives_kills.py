"""A scan of all faces killed with -9, as it compares and as it raises flags: in the end the flags are those of a scan
that nobody touched, each once, and no template was ever written anywhere."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auth_service.matching.calibration import Metric
from tests.acceptance.face_scan_killed import BLOCK
from tests.builders import Agency
from tests.conftest import ROOT, FixedClock
from tests.exact_scan import ExactScan
from tests.flows.scanning import Scanning

PEOPLE, DOUBLES, QUEUE = 40, 12, 10


@pytest.fixture
def agency(tmp_path: Path, clock: FixedClock) -> Agency:
    """People of whom a dozen stand twice."""
    built = Agency(tmp_path / "agency", clock)
    scanning = Scanning(built)
    for place in range(0, PEOPLE, 2):
        double = place < 2 * DOUBLES
        scanning.enrol(f"face {place}", place)
        scanning.enrol(f"face {place if double else place + 1}", place + 1, take=place + 1)
    return built


def test_killed_while_it_compares_and_while_it_raises(agency: Agency, tmp_path: Path, clock: FixedClock) -> None:
    agency.store.close()
    left = tmp_path / "left alone"
    shutil.copytree(tmp_path / "agency", left)
    vectors = _undisturbed(left, clock)
    wanted = _flags(left)
    assert len(wanted) == QUEUE

    folder, places, raised = tmp_path / "agency", [], []
    for least in (6, 20):
        _start_and_kill(folder, clock, lambda least=least: _done(folder) >= least)  # type: ignore[misc]
        places.append(_done(folder))
        assert _flags(folder) == set()
        assert _found(folder) > 0
    assert places == sorted(places)
    for least in (1, 5):
        _start_and_kill(folder, clock, lambda least=least: len(_flags(folder)) >= least)  # type: ignore[misc]
        raised.append(len(_flags(folder)))
    assert 0 < raised[0] < raised[1] < QUEUE
    subprocess.run(_command(folder, clock), cwd=ROOT, check=True, timeout=120)
    assert _flags(folder) == wanted
    assert _found(folder) == 0, "what was found on the way is gone with the scan's end"
    assert _rows(folder, "SELECT count(*) FROM face_scans WHERE finished_at IS NOT NULL AND raised = 10") == [(1,)]
    whole = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not any(row in whole for row in vectors), "templates are on no disk"


def _undisturbed(folder: Path, clock: FixedClock) -> list[bytes]:
    """A scan in this process; returns the numbers that it had in memory, as they would stand in a file."""
    seen: list[bytes] = []

    class Noting(ExactScan):
        def __init__(self, people: int, dimensions: int, metric: Metric) -> None:
            super().__init__(people, dimensions, metric)

        def put(self, place: int, vectors: object) -> None:
            super().put(place, vectors)  # type: ignore[arg-type]
            seen.extend(row.tobytes()[:64] for row in vectors)  # type: ignore[attr-defined]

    scanning = Scanning(Agency(folder, clock), queue=QUEUE, block=BLOCK)
    scanning.scanner = Noting
    scanning.run()
    scanning.agency.store.close()
    assert len(seen) == PEOPLE
    return seen


def _command(folder: Path, clock: FixedClock) -> list[str]:
    return [sys.executable, "-m", "tests.acceptance.face_scan_killed", str(folder), clock.now().isoformat()]


def _start_and_kill(folder: Path, clock: FixedClock, far_enough: Callable[[], bool]) -> None:
    process = subprocess.Popen(_command(folder, clock), cwd=ROOT, start_new_session=True)
    deadline = time.monotonic() + 120
    while not far_enough() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL, "the scan had ended before it was killed"


def _rows(folder: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "test.sqlite3", timeout=10)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def _done(folder: Path) -> int:
    """How many people the scan has behind it."""
    statement = (
        "SELECT count(*) FROM reference_sets WHERE superseded_at IS NULL"
        " AND person_id <= (SELECT max(place) FROM face_scans)"
    )
    return int(str(_rows(folder, statement)[0][0]))


def _found(folder: Path) -> int:
    return int(str(_rows(folder, "SELECT count(*) FROM face_scan_pairs")[0][0]))


def _flags(folder: Path) -> set[tuple[object, ...]]:
    return set(_rows(folder, "SELECT dedupe_key, severity FROM flags WHERE rule_id = 'I03'"))
