"""F41: a rotation killed half-way and resumed: every row readable under exactly one version, and served meanwhile."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.storage.unit import Store
from tests.acceptance.rotation import KeyTable
from tests.databases import BOTH

Made = Callable[[int], KeyTable]


@pytest.fixture(params=BOTH)
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """A filled key table of so many rows."""

    def made(rows: int) -> KeyTable:
        url = admin = f"sqlite:///{tmp_path / 'service.db'}"
        if request.param == "postgres":
            database = request.getfixturevalue("empty_postgres")
            url, admin = database.urls.front, database.admin
        store = Store(admin, KeyFile.open_or_create(tmp_path / "keys.json"), tmp_path / "photos")
        store.migrate()
        store.close()
        filled = KeyTable(url, admin, tmp_path, rows)
        filled.fill()
        return filled

    return made


def test_ten_thousand_rows_killed_half_way(table: Made) -> None:
    _kill_and_resume(table(10_000), kills=1, batch=500)


@pytest.mark.slow
def test_a_million_rows_killed_five_times(table: Made, proof: Callable[[str, Mapping[str, Any]], None]) -> None:
    keys = table(1_000_000)
    backend = keys.url.partition(":")[0].partition("+")[0]
    found = _kill_and_resume(keys, kills=5, batch=1000)
    assert found["seconds_of_wrapping"] < 600, "longer than ten minutes"
    proof(f"key-rotation-{backend}", {"backend": backend, **found})


def _kill_and_resume(keys: KeyTable, *, kills: int, batch: int) -> dict[str, Any]:
    chance = random.Random(20261124)
    first = keys.keys.active
    stop = threading.Event()
    reader = keys.read_until(stop)
    killed_at, seconds, done = [], 0.0, 0
    try:
        for left in range(kills, 0, -1):
            began = time.monotonic()
            wanted = int((keys.rows - done) / (left + 1) * chance.uniform(0.5, 1.2))
            said = keys.kill_after(wanted, batch)
            seconds += time.monotonic() - began
            moved = keys.versions()
            second = keys.keys.active
            assert second != first
            assert set(moved) == {first, second}, "a run began another version instead of going on"
            assert moved[second] >= done + said, "what a run had said to be done was not"
            done = moved[second]
            killed_at.append(done)
            if keys.rows <= 100_000:
                assert keys.check() == keys.rows
        began = time.monotonic()
        report = keys.finish(batch)
        seconds += time.monotonic() - began
    finally:
        stop.set()
        reader.join()
    assert report == {"version": second, "resumed": True, "people": keys.rows - done}
    assert keys.versions() == {second: keys.rows}
    assert keys.check() == keys.rows
    keys.assert_readers_saw_nothing()
    return {
        "rows": keys.rows,
        "killed_when_rewrapped": killed_at,
        "rewrapped_by_the_last_run": report["people"],
        "rows_readable_under_exactly_one_version": keys.rows,
        "read_meanwhile_without_error": keys.read_meanwhile,
        "seconds_of_wrapping": round(seconds, 1),
        "rows_per_second": round(keys.rows / seconds),
        "batch": batch,
    }
