"""F07, F08: a database that is frozen, or has no connection left. Everybody is told in time, and it heals by itself."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter as Count
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import DatabaseUnavailable, ServiceError
from auth_service.storage.database import POOL_SECONDS
from auth_service.storage.unit import Store
from auth_service.web.readiness import ReadinessProbe
from tests.acceptance.calls import Answer, call
from tests.acceptance.journal import Counter, make_place, reckon
from tests.acceptance.lfw import without_limits
from tests.acceptance.postgres_cluster import Cluster, cluster, skip_without_binaries
from tests.acceptance.serving import Served, served
from tests.databases import make_service_database

Proof = Callable[[str, Mapping[str, Any]], None]
IN_TIME = 8.0
"""Seconds: a silent connection's ping and a new connection's timeout, one after the other, and some spare."""


@pytest.fixture
def store(own_cluster: Cluster, tmp_path: Path) -> Iterator[Store]:
    """On the own server, as the role that serves."""
    name = f"trouble_{time.time_ns()}"
    database = make_service_database(own_cluster.create_database(name), tmp_path)
    store = Store(database.urls.front, KeyFile.open_or_create(tmp_path / "keys.json"), tmp_path / "photos")
    store.migrate()
    yield store
    own_cluster.thaw()
    store.close()


def attempt(store: Store) -> tuple[str, float]:
    """What became of one read, and how long it took."""
    begun = time.monotonic()
    try:
        with store.reading() as unit:
            unit.people.count()
    except ServiceError as error:
        return error.code, time.monotonic() - begun
    return "ok", time.monotonic() - begun


class Readers:
    """Threads that read again and again, as the worker threads of a service do."""

    def __init__(self, store: Store, threads: int) -> None:
        self._store = store
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(threads)]
        self.seen: list[tuple[float, str, float]] = []

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in self._threads), "a thread hangs"

    def _read(self) -> None:
        while not self._stop.wait(0.05):
            self.seen.append((time.monotonic(), *attempt(self._store)))


def test_a_frozen_database_is_refused_in_time_and_found_again_at_once(store: Store, own_cluster: Cluster) -> None:
    with Readers(store, threads=40) as readers:
        time.sleep(1)
        with own_cluster.frozen():
            frozen = time.monotonic()
            time.sleep(4)
            thawed = time.monotonic()
        time.sleep(2.5)
    during = [seen for seen in readers.seen if frozen + 0.2 < seen[0] and seen[0] + seen[2] < thawed]
    after = [seen for seen in readers.seen if seen[0] > thawed]
    assert {code for _, code, _ in during} == {"database_unavailable"}
    assert max(seconds for _, _, seconds in readers.seen) < IN_TIME
    assert len(during) > 200, "threads waited instead of being refused at once"
    assert next(at for at, code, _ in after if code == "ok") - thawed < 5
    served = [code for at, code, _ in after if at > thawed + 1]  # on a crowded machine one may still come too late
    assert served.count("ok") > 0.8 * len(served)


@pytest.mark.slow
def test_a_transaction_that_was_under_way_ends_too(store: Store, own_cluster: Cluster) -> None:
    begun = time.monotonic()
    others = [threading.Thread(target=attempt, args=(store,)) for _ in range(3)]
    with pytest.raises(DatabaseUnavailable), store.unit() as unit:  # noqa: PT012 - the unit's own end is refused too
        unit.people.count()
        own_cluster.freeze()
        for other in others:
            other.start()
        unit.people.count()
    assert time.monotonic() - begun < IN_TIME + 2
    own_cluster.thaw()
    for other in others:
        other.join(timeout=20)
    time.sleep(1.1)
    assert attempt(store)[0] == "ok"


def test_readiness_says_no_while_nothing_answers(store: Store, own_cluster: Cluster) -> None:
    def answers() -> bool:
        store.ping()
        return True

    probe = ReadinessProbe((("database", answers),))
    assert probe().ready
    with own_cluster.frozen():
        begun = time.monotonic()
        assert probe().missing == ("database",)
        assert time.monotonic() - begun < 4
    deadline = time.monotonic() + 30
    while not probe().ready:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_without_a_free_connection_the_answer_comes_fast(store: Store) -> None:
    held = [store.reading() for _ in range(32)]
    for one in held:
        one.__enter__().people.count()
    begun = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        store.ping()
    assert time.monotonic() - begun < POOL_SECONDS + 0.5
    for one in held:
        one.__exit__(None, None, None)
    assert attempt(store)[0] == "ok"
    store.ping()


def test_when_the_server_takes_no_more_connections_the_answer_comes_fast(store: Store, own_cluster: Cluster) -> None:
    others: list[psycopg.Connection[Any]] = []
    try:
        while True:
            others.append(own_cluster.connect("postgres", "auth_service_ledger"))
    except psycopg.OperationalError:
        pass
    try:
        # by a sign-in of its own: a superuser that takes the role would be let in where nobody else is
        url = own_cluster.url(str(store._database._url.database), "auth_service_front")
        other = Store(url, store._ring, Path("unused"))
        code, seconds = attempt(other)
        assert (code, seconds < 2) == ("database_unavailable", True)
        with pytest.raises(DatabaseUnavailable):
            other.ping()
        assert attempt(store)[0] == "ok", "a connection that is open already still serves"
    finally:
        for one in others:
            one.close()
    deadline = time.monotonic() + 10
    while attempt(other)[0] != "ok":
        assert time.monotonic() < deadline
    other.close()


@pytest.mark.data
@pytest.mark.slow
def test_thirty_frozen_seconds_under_load(tmp_path: Path, proof: Proof) -> None:
    """F07 in full: a served deployment, six counters at work, health asked every half second."""
    skip_without_binaries()
    with cluster() as server:
        place = make_place(tmp_path, 60, {"AUTH_SERVICE_DATABASE_URL": server.create_database("service")})
        with served(place.home, **place.settings, **without_limits(), AUTH_SERVICE_READERS="1") as service:
            found = asyncio.run(_frozen_for(30.0, place, service, server))
    proof("frozen-database", found)
    assert found["slowest_answer_while_frozen_seconds"] < IN_TIME
    assert found["heals_after_seconds"] <= 30
    assert found["most_threads_at_the_end_of_the_freeze"] <= found["most_threads_after_ten_seconds"] + 3
    assert found["most_threads_at_the_end_of_the_freeze"] <= 64, "worker threads are bounded (wiring._SPARE_THREADS)"
    assert found["healthz_slowest_seconds"] < 1


async def _frozen_for(seconds: float, place: Any, service: Served, server: Cluster) -> dict[str, Any]:
    port = int(service.url.rpartition(":")[2])
    counter, stop, watched = Counter(place, port), asyncio.Event(), asyncio.Event()
    clients = asyncio.create_task(counter.work(stop))
    health: list[tuple[float, Answer, Answer, int]] = []
    watcher = asyncio.create_task(_watch(service, port, watched, health))
    await asyncio.sleep(15)
    server.freeze()
    frozen = time.monotonic()
    asyncio.get_running_loop().call_later(1.0, stop.set)  # else refusals, being fast, pile up acts to be done again
    crowd = await _crowd(port, seconds)
    server.thaw()
    thawed = time.monotonic()
    while (await call(port, "GET", "/readyz")).status != 200:
        assert time.monotonic() - thawed < 60
        await asyncio.sleep(0.1)
    healed = time.monotonic() - thawed
    await clients
    await counter.finish()
    watched.set()
    await watcher
    during = [one for one in health if frozen + 4 < one[0] < thawed]
    assert all(ready.status == 503 for _, _, ready, _ in during), [ready.status for _, _, ready, _ in during]
    assert all(answer.status == 503 and "retry-after" in answer.headers for answer in crowd), Count(
        answer.word for answer in crowd
    )
    return {
        "frozen_seconds": seconds,
        "answers_while_frozen": len(crowd),
        "slowest_answer_while_frozen_seconds": round(max(answer.seconds for answer in crowd), 2),
        "heals_after_seconds": round(healed, 2),
        "healthz_slowest_seconds": round(max(alive.seconds for _, alive, _, _ in health), 3),
        "most_threads_before": max(threads for at, _, _, threads in health if at < frozen),
        "most_threads_after_ten_seconds": max(threads for at, _, _, threads in during if at < frozen + 15),
        "most_threads_at_the_end_of_the_freeze": max(threads for at, _, _, threads in during if at > thawed - 8),
        **reckon(place, counter.acts),
    }


async def _watch(service: Served, port: int, until: asyncio.Event, into: list[Any]) -> None:
    while not until.is_set():
        alive = await call(port, "GET", "/healthz")
        ready = await call(port, "GET", "/readyz")
        threads = len(os.listdir(f"/proc/{service.process.pid}/task"))  # noqa: PTH208 - one short look
        into.append((time.monotonic(), alive, ready, threads))
        await asyncio.sleep(0.5)


async def _crowd(port: int, seconds: float) -> list[Answer]:
    """Twenty people ask for a certificate at once, again and again."""
    until = time.monotonic() + seconds

    async def one() -> list[Answer]:
        answers = []
        while time.monotonic() < until:
            answers.append(await call(port, "GET", f"/certificates/{'0' * 32}"))
            await asyncio.sleep(0.2)
        return answers

    return [answer for answers in await asyncio.gather(*(one() for _ in range(20))) for answer in answers]
