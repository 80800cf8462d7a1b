"""Networks that cut, stall and crawl, clients that send what none should: nothing half done, nobody shut out."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.acceptance.calls import call, request_bytes
from tests.acceptance.databases import database_settings
from tests.acceptance.fault_proxy import Fault, FaultProxy
from tests.acceptance.journal import Act, Counter, Place, let_claims_expire, make_place, reckon
from tests.acceptance.lfw import without_limits
from tests.acceptance.serving import Served, served
from tests.acceptance.takes import new_take

ONE_READER = {"AUTH_SERVICE_READERS": "1"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make_place(tmp_path_factory.mktemp("network"), 6, {})


@pytest.fixture(scope="module")
def service(place: Place) -> Iterator[Served]:
    with served(place.home, **ONE_READER, **without_limits()) as running:
        yield running


def _port(service: Served) -> int:
    return int(service.url.rpartition(":")[2])


@pytest.mark.data
def test_an_upload_cut_at_any_byte_leaves_nothing_or_all(service: Served, place: Place) -> None:
    """F24, F26: cut in the head, in the body, before the last byte, and with the answer under way; then repeated."""
    asyncio.run(_cut_and_repeat(service, place, cuts=10))


@pytest.mark.data
@pytest.mark.slow
def test_uploads_cut_at_two_hundred_bytes(
    service: Served, place: Place, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """F24, F26 at full size."""
    proof("cut-uploads", asyncio.run(_cut_and_repeat(service, place, cuts=200)))


async def _cut_and_repeat(service: Served, place: Place, cuts: int) -> dict[str, Any]:
    counter, chance, broken = Counter(place, _port(service)), random.Random(cuts), 0
    enrolled = [Act("enrol", number, paths[0].read_bytes()) for number, paths in place.people]
    for act in enrolled:
        act.answer = await act.send(counter.port, place)
    usable = [
        paths for act, (_, paths) in zip(enrolled, place.people, strict=True) if act.answer and act.answer.status == 201
    ]
    numbers = [act.number for act in enrolled if act.done]
    async with FaultProxy(counter.port) as proxy:
        for position in range(cuts):
            which = chance.randrange(len(numbers))
            photo = new_take(chance.choice(usable[which]), random.Random(chance.random()))
            act = Act("verify", numbers[which], photo)
            if position % 5 == 4:
                proxy.fault = Fault(cut_answer_after=chance.randrange(400))
            else:
                proxy.fault = Fault(
                    cut_after=chance.choice([1, 40, 300, len(photo) // 2, len(photo), len(photo) + 300])
                )
            told = await act.send(proxy.port, place)
            broken += told.status == 0
            counter.acts.append(act)
            counter._again.append(act)
        await counter.finish()
    receipts = await counter.check_receipts()
    found = {"cuts": cuts, "unanswered": broken, "receipts_equal": receipts}
    _only_these(place, [*counter.acts, *enrolled])
    return found


def _only_these(place: Place, acts: list[Act]) -> None:
    """The module's tests share one deployment, so all of their acts are reckoned together."""
    _ALL.setdefault(str(place.home), []).extend(acts)
    reckon(place, _ALL[str(place.home)])


_ALL: dict[str, list[Act]] = {}


@pytest.mark.data
def test_a_slow_and_distant_client_is_served(service: Served, place: Place) -> None:
    """F24: latency and a thin line cost time, nothing else."""

    async def one() -> None:
        async with FaultProxy(_port(service)) as proxy:
            proxy.fault = Fault(latency=0.2, bytes_per_second=20_000)
            number, paths = place.people[0]
            act = Act("verify", number, paths[0].read_bytes())
            act.answer = await act.send(proxy.port, place)
            assert act.answer.status in {200, 422}, act.answer
            _only_these(place, [act])

    asyncio.run(one())


@pytest.mark.data
def test_half_open_uploads_hold_no_place(service: Served, place: Place) -> None:
    """F24, F25, F26: whoever stops in the middle of a photo keeps nobody else waiting."""

    async def one() -> None:
        port = _port(service)
        head = request_bytes(port, "POST", "/v1/verifications", {"Authorization": f"Bearer {place.token}",
            "Idempotency-Key": "k" * 20, "Content-Type": "multipart/form-data; boundary=x"}, b"")  # fmt: skip
        head = head.replace(b"Content-Length: 0", b"Content-Length: 50000")
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        for _, writer in idle:
            writer.write(head + b"--x\r\n")
            await writer.drain()
        began = time.monotonic()
        assert (await call(port, "GET", "/healthz")).status == 200
        number, paths = place.people[1]
        act = Act("verify", number, paths[-1].read_bytes())
        act.answer = await act.send(port, place)
        assert act.answer.status in {200, 422}, act.answer
        assert time.monotonic() - began < 20
        for _, writer in idle:
            writer.transport.abort()
        _only_these(place, [act])

    asyncio.run(one())


@pytest.mark.data
def test_no_other_server_is_asked(service: Served, place: Place) -> None:
    """F12: limits, one-time values and sessions lie in the database; a stopped, paused or emptied Redis cannot matter,
    because no connection leads anywhere but to the service's own clients."""
    assert _ready(_port(service))
    ports = _local_ports(service.process.pid)
    assert ports <= {_port(service)}, ports


def _ready(port: int) -> bool:
    return asyncio.run(call(port, "GET", "/readyz")).status == 200


def _local_ports(pid: int) -> set[int]:
    """Own port of every TCP socket of a process. source: proc(5)"""
    inodes = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(handle.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


@pytest.mark.data
@pytest.mark.postgres
def test_a_bad_line_to_the_database_loses_nothing(tmp_path: Path) -> None:
    """F24, F26: late, dropped and silent connections between the service and PostgreSQL."""
    with database_settings("postgres") as settings:
        asyncio.run(_bad_line(tmp_path, settings, rounds=1))


@pytest.mark.data
@pytest.mark.postgres
@pytest.mark.slow
def test_a_bad_line_to_the_database_for_a_while(
    tmp_path: Path, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """F24, F26 between the service and PostgreSQL, at full size."""
    with database_settings("postgres") as settings:
        proof("bad-line-to-postgres", asyncio.run(_bad_line(tmp_path, settings, rounds=20)))


async def _bad_line(tmp_path: Path, settings: dict[str, str], rounds: int) -> dict[str, Any]:
    place = make_place(tmp_path, 8 * max(1, rounds // 3), settings)
    real = make_url(settings["AUTH_SERVICE_DATABASE_URL"])
    loop = asyncio.get_running_loop()
    async with FaultProxy(real.port or 5432) as proxy:
        through = real.set(port=proxy.port).render_as_string(hide_password=False)
        context = served(place.home, **ONE_READER, **without_limits(), AUTH_SERVICE_DATABASE_URL=through)
        service = await loop.run_in_executor(None, context.__enter__)
        try:
            counter, stop = Counter(place, _port(service), at_once=3), asyncio.Event()
            clients = asyncio.create_task(counter.work(stop))
            await _mistreat(proxy, rounds, clients)
            stop.set()
            await clients
            if rounds == 1:
                let_claims_expire(place)
            await counter.finish()
        finally:
            await loop.run_in_executor(None, context.__exit__, None, None, None)
    return {"rounds": rounds, "connections": proxy.connections, **reckon(place, counter.acts)}


async def _mistreat(proxy: FaultProxy, rounds: int, clients: asyncio.Task[None]) -> None:
    for _ in range(rounds):
        for fault, seconds in ((Fault(), 1.0), (Fault(latency=0.05), 1.5), (Fault(silent=True), 3.0), (Fault(), 1.0),
                               (Fault(refuse=True), 1.0), (Fault(bytes_per_second=200_000), 1.0)):  # fmt: skip
            proxy.fault = fault
            if fault.refuse:
                proxy.drop_all()
            await asyncio.sleep(seconds if rounds > 1 else seconds / 3)
            assert not clients.done(), clients.exception()
        proxy.fault = Fault()
        proxy.drop_all()
        await asyncio.sleep(1.5)


def test_the_proxy_does_what_it_says() -> None:
    """The instrument itself: passes, cuts, delays."""

    async def check() -> None:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(100):
                writer.write(data)
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with FaultProxy(server.sockets[0].getsockname()[1]) as proxy:
            assert await _echoed(proxy, b"hello") == b"hello"
            proxy.fault = Fault(latency=0.1)
            began = time.monotonic()
            assert await _echoed(proxy, b"hello") == b"hello"
            assert time.monotonic() - began >= 0.2
            proxy.fault = Fault(cut_after=3)
            assert await _echoed(proxy, b"hello") in {b"", b"h", b"he", b"hel"}
            proxy.fault = Fault(refuse=True)
            assert await _echoed(proxy, b"hello") == b""
        server.close()

    asyncio.run(check())


async def _echoed(proxy: FaultProxy, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(data)
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 5)
    except OSError:
        return b""
    finally:
        writer.transport.abort()
