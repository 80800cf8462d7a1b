"""The service killed with -9 at random moments of enrolments and verifications, and its database stopped at once.

F01, F05: whatever was acknowledged is there once with its audit row, whatever was not is done once when it is repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.databases import BOTH, database_settings
from tests.acceptance.journal import Counter, Place, let_claims_expire, make_place, reckon
from tests.acceptance.lfw import command, environment, without_limits
from tests.acceptance.postgres_cluster import Cluster, cluster, free_port, skip_without_binaries
from tests.acceptance.serving import served

Proof = Callable[[str, Mapping[str, Any]], None]
ONE_READER = {"AUTH_SERVICE_READERS": "1"}
FEW = 12
"""Acts that stay unanswered at once in a small run: each takes one reader's time, and the full runs hold 200."""


@pytest.mark.data
@pytest.mark.parametrize("backend", BOTH)
def test_two_kills(tmp_path: Path, backend: str) -> None:
    with database_settings(backend) as settings:
        place = make_place(tmp_path, 8, settings)
        found = asyncio.run(_killed_again_and_again(place, kills=2 if backend == "sqlite" else 1, seed=3, full=False))
    assert found["acknowledged_verifications"] > 0
    assert found["acts_tried_more_than_once"] > 0


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH)
def test_a_hundred_and_more_kills(tmp_path: Path, backend: str, proof: Proof) -> None:
    """F01, half of it on each database; 110 kills each."""
    with database_settings(backend) as settings:
        place = make_place(tmp_path, 400, settings)
        found = asyncio.run(_killed_again_and_again(place, kills=110, seed=11))
    proof(f"kills-{backend}", found)
    assert found["kills"] >= 100


async def _killed_again_and_again(place: Place, kills: int, seed: int, *, full: bool = True) -> dict[str, Any]:
    """Lets clients work on while the service dies and is started anew. full: waits for the leases of dead claims"""
    chance, port = random.Random(seed), free_port()
    log = place.home.parent / "serve.log"
    process = await _started(place, port, log)
    counter = Counter(place, port) if full else Counter(place, port, most_unanswered=FEW)
    stop = asyncio.Event()
    clients = asyncio.create_task(counter.work(stop))
    unanswered, starts = [], []
    for _ in range(kills):
        # a client's request takes some tens of milliseconds, so any moment lies in some phase of several of them
        await asyncio.sleep(chance.uniform(0.05, 1.5))
        assert not clients.done(), clients.exception()
        unanswered.append(sum(act.answer is None for act in counter.acts))
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL
        began = time.monotonic()
        process = await _started(place, port, log)
        starts.append(time.monotonic() - began)
    await asyncio.sleep(1.0)
    stop.set()
    await clients
    if not full:
        let_claims_expire(place)
    await counter.finish()
    receipts = await counter.check_receipts()
    process.terminate()
    process.wait(timeout=30)
    return {
        "kills": kills, "acts": len(counter.acts), "acts_unanswered_at_a_kill": sum(unanswered),
        "slowest_start_seconds": round(max(starts), 2), "receipts_equal": receipts, **reckon(place, counter.acts),
    }  # fmt: skip


async def _started(place: Place, port: int, log: Path) -> subprocess.Popen[bytes]:
    return await asyncio.get_running_loop().run_in_executor(None, _start, place, port, log)


def _start(place: Place, port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        process = subprocess.Popen(
            command(place.home, "serve", "--port", str(port)),
            env={**environment(place.home), **ONE_READER, **without_limits(), **place.settings},
            stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                return process
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


@pytest.mark.data
def test_the_database_is_stopped_at_once_twice(tmp_path: Path) -> None:
    skip_without_binaries()
    with _own_database() as (server, settings):
        found = _with_a_falling_database(make_place(tmp_path, 8, settings), server, stops=2)
    assert found["acknowledged_verifications"] > 0


@pytest.mark.data
@pytest.mark.slow
def test_the_database_is_stopped_at_once_twenty_times_and_more(tmp_path: Path, proof: Proof) -> None:
    """F05: 0 acknowledged rows lost, 503 with Retry-After meanwhile, the pool heals within 30 s."""
    skip_without_binaries()
    with _own_database() as (server, settings):
        found = _with_a_falling_database(make_place(tmp_path, 200, settings), server, stops=25)
    proof("postgres-immediate-stops", found)
    assert found["stops"] >= 20


@contextlib.contextmanager
def _own_database() -> Iterator[tuple[Cluster, dict[str, str]]]:
    with cluster() as server:
        yield server, {"AUTH_SERVICE_DATABASE_URL": server.create_database("service")}


def _with_a_falling_database(place: Place, server: Cluster, stops: int) -> dict[str, Any]:
    with served(place.home, **ONE_READER, **without_limits(), **place.settings) as service:
        port = int(service.url.rpartition(":")[2])
        counter = Counter(place, port) if stops >= 20 else Counter(place, port, most_unanswered=FEW)
        healed = asyncio.run(_stopped_again_and_again(counter, place, server, stops))
        receipts = asyncio.run(counter.check_receipts())
    return {
        "stops": stops, "slowest_healing_seconds": round(max(healed), 2), "receipts_equal": receipts,
        **reckon(place, counter.acts),
    }  # fmt: skip


async def _stopped_again_and_again(counter: Counter, place: Place, server: Cluster, stops: int) -> list[float]:
    stop, healed, chance = asyncio.Event(), [], random.Random(5)
    clients = asyncio.create_task(counter.work(stop))
    with ThreadPoolExecutor(1) as thread:

        async def apart(work: Callable[..., None], *arguments: str) -> None:
            await asyncio.get_running_loop().run_in_executor(thread, work, *arguments)

        for _ in range(stops):
            await asyncio.sleep(chance.uniform(1.0, 3.0))
            assert not clients.done(), clients.exception()
            await apart(server.stop, "immediate")
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            await apart(server.start)
            healed.append(await _until_acknowledged(counter))
    stop.set()
    await clients
    if stops < 20:
        let_claims_expire(place)
    await counter.finish()
    return healed


async def _until_acknowledged(counter: Counter) -> float:
    """Seconds until something new is acknowledged."""
    began, before = time.monotonic(), sum(act.done for act in counter.acts)
    while sum(act.done for act in counter.acts) == before:
        assert time.monotonic() - began < 30, "the pool did not heal"
        await asyncio.sleep(0.05)
    return time.monotonic() - began
