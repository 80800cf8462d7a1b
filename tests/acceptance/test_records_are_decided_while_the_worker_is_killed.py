"""The worker is killed with -9 while it decides records that kiosks made without a line: while it loads, measures and
writes. Nothing is lost, nothing is decided twice, and in the end nothing waits."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from auth_service.core.audit import verify as verify_chain
from tests.acceptance.databases import BOTH, database_settings
from tests.acceptance.lfw import command, environment
from tests.acceptance.terminals import SETTINGS, Branch

Proof = Callable[[str, Mapping[str, Any]], None]
DECIDED = "SELECT count(*) FROM offline_records WHERE decided_at IS NOT NULL"
LEASE_OVER = "UPDATE job_leases SET lease_until = '2026-01-01 00:00:00' WHERE holder IS NOT NULL"
"""As if the half minute had passed for which a killed worker's claim holds."""
PATIENCE = 300.0


@contextlib.contextmanager
def worker(branch: Branch) -> Iterator[subprocess.Popen[bytes]]:
    """`auth-service worker` with one job, ended hard with its children."""
    log = branch.home.parent / "worker.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            command(branch.home, "worker", "--only", "offline_records"), stdout=out, stderr=out,
            env={**environment(branch.home), **SETTINGS, "AUTH_SERVICE_READERS": "2", **branch.settings},
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            assert process.wait(timeout=30) == -signal.SIGKILL, log.read_text(errors="replace")[-3000:]


def decided(branch: Branch) -> int:
    return int(branch.rows(DECIDED)[0][0])


def until(branch: Branch, count: int) -> None:
    """So many are decided."""
    deadline = time.monotonic() + PATIENCE
    while decided(branch) < count:
        assert time.monotonic() < deadline, (branch.home.parent / "worker.log").read_text(errors="replace")[-3000:]
        time.sleep(0.05)


def test_two_kills(tmp_path: Path) -> None:
    found = killed_again_and_again(Branch(tmp_path / "home", {}), records=24, kills=2, seed=3)
    assert 0 < found["decided_at_kills"][0] < 24, "it was killed in the middle"


@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH)
def test_fifty_kills_on_each_database(tmp_path: Path, backend: str, proof: Proof) -> None:
    with database_settings(backend) as settings:
        found = killed_again_and_again(Branch(tmp_path / "home", settings), records=600, kills=50, seed=9)
    proof(f"worker-kills-{backend}", found)
    assert len(set(found["decided_at_kills"])) > 20


def killed_again_and_again(branch: Branch, records: int, kills: int, seed: int) -> dict[str, Any]:
    """Every other kill waits for a decision first; the rest come at any moment since the start."""
    chance, kept, counts = random.Random(seed), branch.waiting(records), list[int]()
    for kill in range(kills):
        with worker(branch):
            before = decided(branch)
            if kill % 2 == 0 and before < records:
                until(branch, before + 1)
                time.sleep(chance.uniform(0.0, 0.2))
            else:
                time.sleep(chance.uniform(0.5, 4.0))
        branch.act(LEASE_OVER)
        counts.append(decided(branch))
    with worker(branch):
        until(branch, records)
    return {"records": records, "kills": kills, "decided_at_kills": counts, **reckon(branch, kept)}


def reckon(branch: Branch, kept: list[str]) -> dict[str, Any]:
    """Each record once, with one decision, one evidence and one audit row."""
    rows = branch.rows("SELECT client_event, state, hold, evidence_id, tries FROM offline_records ORDER BY counter")
    assert [one[0] for one in rows] == kept
    assert {one[1:3] for one in rows} == {("accepted", "")}, "a kill speaks against nobody"
    evidence = {str(one[0]) for one in branch.rows("SELECT id FROM evidence")}
    assert len({one[3] for one in rows}) == len(evidence) == len(kept)
    assert {str(one[3]) for one in rows} == evidence
    sessions = branch.rows("SELECT evidence_id FROM capture_sessions")
    assert sorted(str(one[0]) for one in sessions) == sorted(evidence)
    wiring = branch.wiring()
    with wiring.store.reading() as unit:
        audit = list(unit.audit.rows())
        report = verify_chain(audit, *unit.audit.head())
    wiring.store.close()
    assert report.ok, report
    actions = Counter(str(row.event.action) for row in audit)
    assert actions["verification.decided"] == actions["record.received"] == len(kept)
    return {"evidence": len(evidence), "most_tries": max(one[4] for one in rows), "audit_rows": report.rows}
