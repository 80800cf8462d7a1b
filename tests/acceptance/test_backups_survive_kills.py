"""Backup and restore ended by -9 at random moments: nothing that looks whole but is not, and both simply run again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from auth_service.core.archive import checked
from auth_service.core.audit import AuditEvent, verify
from auth_service.core.errors import RestoreUnfinished
from auth_service.settings import load_settings
from auth_service.wiring import Wiring
from tests.acceptance.lfw import command, environment


def test_a_backup_and_a_restore_killed_at_any_moment(tmp_path: Path) -> None:
    _kill_both(tmp_path, rows=20_000, kills=1)


@pytest.mark.slow
def test_a_backup_and_a_restore_of_a_million_rows_killed_five_times_each(
    tmp_path: Path, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    proof("backup-and-restore", _kill_both(tmp_path, rows=1_000_000, kills=5))


def _kill_both(tmp_path: Path, *, rows: int, kills: int) -> dict[str, Any]:
    """Processes of their own, ended by -9: no half archive bears a name, no half database serves, both run again."""
    old, new, backups = tmp_path / "old", tmp_path / "new", tmp_path / "backups"
    _append(old, rows)
    taken = _timed(old, "backup", str(backups))
    chance = random.Random(20261124)
    for _ in range(kills):
        _killed(old, chance.uniform(0.2, 0.95) * taken["seconds"], "backup", str(backups))
        for path in backups.glob("*.asbk"):
            with Wiring(load_settings(home=old)).archives().open(path) as items:
                checked(items)
    made = _timed(old, "backup", str(backups))
    assert not list(backups.glob("*.part")), "the next run cleans up"
    new.mkdir(mode=0o700)
    shutil.copytree(old / "keys", new / "keys")
    arguments = ("restore", made["data"], "--keys", made["keys"])
    for _ in range(kills):
        _killed(new, chance.uniform(0.3, 0.9) * 2 * made["seconds"], *arguments)
        if (new / "restoring.json").exists():
            with pytest.raises(RestoreUnfinished):
                _ = Wiring(load_settings(home=new)).store
    restored = _timed(new, *arguments, expect=None)
    if "error" in restored:  # the last killed one had just ended
        assert restored["error"]["code"] == "restore_target_not_empty"
    wiring = Wiring(load_settings(home=new))
    with wiring.store.reading() as unit:
        found = verify(unit.audit.rows(), *unit.audit.head())
    wiring.close_stores()
    assert found.ok
    assert found.rows == made["audit_rows"] + 1
    return {
        "rows": made["rows"],
        "kills_each": kills,
        "archive_bytes": Path(made["data"]).stat().st_size,
        "backup_seconds_with_reading_back": made["seconds"],
        "backup_peak_megabytes": made["peak_megabytes"],
        "restore_seconds": restored.get("seconds"),
        "restore_peak_megabytes": restored.get("peak_megabytes"),
        "merkle_root": made["merkle_root"],
    }


def _append(home: Path, rows: int) -> None:
    wiring = Wiring(load_settings(home=home))
    wiring.migrate()
    wiring.signer.public_key()
    now = wiring.clock.now()
    for start in range(0, rows, 10_000):
        with wiring.store.unit() as unit:
            for number in range(start, start + 10_000):
                unit.audit.append(AuditEvent("cli", "test.happened", f"person:{number:032x}", {"outcome": "x"}), now)
    wiring.close_stores()


def _timed(home: Path, *arguments: str, expect: int | None = 0) -> dict[str, Any]:
    """With its wall time and the most memory that it had."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [*command(home, *arguments), "--json"], env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    document: dict[str, Any] = json.loads(process.stdout.read())
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert expect is None or process.returncode == expect, document
    return {**document, "seconds": time.monotonic() - begun, "peak_megabytes": used.ru_maxrss / 1024}


def _killed(home: Path, after: float, *arguments: str) -> None:
    process = subprocess.Popen(
        command(home, *arguments), env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=after)
    process.kill()
    process.wait()
