"""F25 and F26 of the trust plan against a served service, over raw sockets.

What is ambiguous is refused and closed, and who holds connections without asking anything shuts nobody out.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.lfw import run
from tests.acceptance.serving import Served, served

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/verifications HTTP/1.1\r\nHost: x\r\n"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("connections") / "home"
    settings = {"AUTH_SERVICE_CONNECTIONS__HEADER_SECONDS": "1.5", "AUTH_SERVICE_CONNECTIONS__MOST_WAITING": "100"}
    with served(home, AUTH_SERVICE_READERS="1", AUTH_SERVICE_EMBEDDED_WORKER="false", **settings) as running:
        yield running


@pytest.fixture(scope="module")
def key(service: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    home = service.log.parent / "home"
    return str(run(home, "api-keys", "create", "test", "--scopes", "verify")["key"])


def connect(service: Served) -> socket.socket:
    address = httpx.URL(service.url)
    return socket.create_connection((address.host, address.port or 80), timeout=30)


def said(service: Served, sent: bytes, *, most: int = 65536) -> tuple[int, bool]:
    """The status of the first answer, and whether nothing but its end comes after it within a second."""
    with connect(service) as line:
        line.sendall(sent)
        answer, closed = b"", False
        line.settimeout(1.5)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while len(answer) < most:
                part = line.recv(65536)
                if not part:
                    closed = True
                    break
                answer += part
        if not answer:
            return 0, closed
        assert answer.count(b"HTTP/1.1 ") == 1, answer[:500]
        return int(answer.split(b" ", 2)[1]), closed


AMBIGUOUS: dict[str, bytes] = {
    "two different lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "the same length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "two lengths in one line": POST + b"Content-Length: 5, 6\r\n\r\nhello!",
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET + b"\r\n",
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + GET + b"\r\n",
    "two transfer encodings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "an unknown transfer encoding": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "chunked not last": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n",
    "chunked with a tail": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked with a control sign": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /v1/verifications HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded header": GET + b"X-A: one\r\n two\r\n\r\n",
    "a folded transfer encoding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 5\r\n\r\nhello",
    "a line feed alone": b"GET /healthz HTTP/1.1\nHost: x\n\n",
    "one line feed alone": GET + b"X-A: one\nX-B: two\r\n\r\n",
    "a carriage return alone": GET + b"X-A: one\rContent-Length: 5\r\n\r\n",
    "a null in a header": GET + b"X-A: o\0ne\r\n\r\n",
    "a negative length": POST + b"Content-Length: -5\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a length in hex": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "a length beyond any number": POST + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(80) + b"\r\n\r\n",
    "a request line with too many words": b"GET /healthz extra HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/2's greeting": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "headers without an end": GET + b"X-A: " + b"a" * 70_000,
    "thousands of headers": GET + b"".join(b"X-%d: a\r\n" % number for number in range(5000)) + b"\r\n",
}


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize("name", AMBIGUOUS)
@pytest.mark.asvs("4.2.1")
def test_what_two_servers_may_read_differently_is_refused_and_closed(service: Served, name: str) -> None:
    status, closed = said(service, AMBIGUOUS[name])
    assert (status in {400, 413}, closed) == (True, True), (status, closed)


BAD_CHUNKS = {
    "no number": b"xyz\r\nhello\r\n0\r\n\r\n",
    "a negative number": b"-5\r\nhello\r\n0\r\n\r\n",
    "a number with 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a number beyond any": b"F" * 40 + b"\r\nhello\r\n0\r\n\r\n",
    "more than it says": b"3\r\nhello\r\n0\r\n\r\n",
    "an extension without end": b"5;" + b"a" * 70_000,
}


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_bad_chunks_are_refused_and_closed(service: Served, key: str, name: str) -> None:
    head = POST + b"Authorization: Bearer " + key.encode() + b"\r\nIdempotency-Key: 12345678\r\n"
    head += b"Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"
    status, closed = said(service, head + BAD_CHUNKS[name])
    assert (status in {0, 400, 413}, closed) == (True, True), (status, closed)


def test_a_gigabyte_is_refused_before_it_is_sent(service: Served) -> None:
    began = time.monotonic()
    assert said(service, POST + b"Content-Length: 1073741824\r\n\r\n" + bytes(1000)) == (413, True)
    assert time.monotonic() - began < 5


def test_a_gigabyte_without_an_announcement_ends_at_the_limit(service: Served, key: str) -> None:
    head = POST + b"Authorization: Bearer " + key.encode() + b"\r\nIdempotency-Key: 12345678\r\n"
    head += b"Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connect(service) as line:
        line.sendall(head)
        sent, piece = 0, b"100000\r\n" + bytes(MEGABYTE) + b"\r\n"
        with contextlib.suppress(ConnectionError, TimeoutError):
            while sent < 1024:
                line.sendall(piece)
                sent += 1
    assert sent < 40


def test_a_body_that_nobody_waits_for_is_not_waited_for(service: Served) -> None:
    """The answer came before the body was there; a byte now and then does not hold the connection."""
    head = POST + b"Content-Length: 60000\r\nContent-Type: text/plain\r\n\r\n"
    with connect(service) as line:
        line.settimeout(8)
        line.sendall(head)
        assert line.recv(4096).startswith(b"HTTP/1.1 401")
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 12:
                line.sendall(b"a")
                time.sleep(0.3)
        assert time.monotonic() - began < 9


def test_headers_that_do_not_come_end_the_connection(service: Served) -> None:
    """Silence, a header byte by byte, and the same after a first answer."""
    lines = [connect(service) for _ in range(3)]
    lines[1].sendall(GET)
    lines[2].sendall(GET + b"\r\n")
    assert lines[2].recv(4096).startswith(b"HTTP/1.1 200")
    began, left = time.monotonic(), set(lines)
    while left and time.monotonic() - began < 20:
        for line in list(left):
            line.settimeout(0.05)
            try:
                if line is not lines[0]:
                    line.sendall(b"X")
                if line.recv(100) == b"":
                    left.discard(line)
            except TimeoutError:
                continue
            except ConnectionError:
                left.discard(line)
        time.sleep(0.3)
    for line in lines:
        line.close()
    assert not left
    assert 1 < time.monotonic() - began < 9


def test_requests_behind_one_another_are_answered_in_turn(service: Served) -> None:
    with connect(service) as line:
        line.sendall((GET + b"\r\n") * 3)
        line.settimeout(2)
        answer = b""
        with contextlib.suppress(TimeoutError):
            while part := line.recv(65536):
                answer += part
    assert answer.count(b"HTTP/1.1 200") == 3


def median_health(service: Served, seconds: float) -> tuple[float, float]:
    """(median, 95th percentile) of /healthz, each on a connection of its own."""
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        with connect(service) as line:
            line.sendall(GET + b"Connection: close\r\n\r\n")
            assert line.recv(4096).startswith(b"HTTP/1.1 200")
        taken.append(time.perf_counter() - began)
    taken.sort()
    return statistics.median(taken), taken[int(len(taken) * 0.95)]


def holding(service: Served, wanted: int) -> list[socket.socket]:
    """So many connections, a third of them with half a request; those that the service ended meanwhile stay in it."""
    held = []
    for number in range(wanted):
        line = connect(service)
        if number % 3 == 0:
            line.sendall(GET)
        held.append(line)
    return held


def idle_sockets(service: Served, wanted: int) -> dict[str, float]:
    quiet = median_health(service, 1.5)
    held: list[socket.socket] = []
    opener = threading.Thread(target=lambda: held.extend(holding(service, wanted)))
    opener.start()
    opener.join()
    busy = median_health(service, 2)
    for line in held:
        line.close()
    names = ("median_ms", "p95_ms")
    found = {f"quiet_{name}": round(value * 1e3, 1) for name, value in zip(names, quiet, strict=True)}
    found |= {f"busy_{name}": round(value * 1e3, 1) for name, value in zip(names, busy, strict=True)}
    return {"sockets": wanted, **found}


def _allowed(wanted: int) -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, wanted + 200), hard))
    return min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)


@pytest.mark.asvs("15.4.4")
def test_a_few_hundred_idle_sockets_shut_nobody_out(service: Served) -> None:
    """Three times as many as may wait: the oldest go. Half a second is this machine's noise under a test run."""
    found = idle_sockets(service, 300)
    assert found["busy_median_ms"] < max(3 * found["quiet_median_ms"], 500)


@pytest.mark.slow
def test_ten_thousand_idle_sockets_shut_nobody_out(tmp_path: Path, proof: Callable[..., None]) -> None:
    """As it is served, with its own limits."""
    with served(tmp_path / "home", AUTH_SERVICE_READERS="1") as service:
        found = idle_sockets(service, _allowed(10_000))
    proof("idle-sockets", found)
    assert found["busy_p95_ms"] < max(2 * found["quiet_p95_ms"], 100)


def test_the_log_says_nothing_of_what_was_sent(service: Served) -> None:
    said(service, GET + b"X-Canary: canary-in-header\nbad\r\n\r\n")
    assert "canary" not in Path(service.log).read_text(encoding="utf-8", errors="replace")
