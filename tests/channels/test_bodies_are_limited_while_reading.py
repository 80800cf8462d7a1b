"""Real sockets, a real server: too much, too slow, and half a request."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from auth_service.web.limits import BodyPolicy
from tests.channels.service import Blueprint, Deployment, deployment

POLICY = BodyPolicy(seconds=1.5)


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@dataclass
class Served:
    service: Deployment
    port: int

    def send(self, *parts: bytes) -> bytes:
        """Sends the parts and reads to the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.setblocking(False)
            waiting = b"".join(parts)
            received = b""
            while True:
                readable, writable, _ = select.select([line], [line] if waiting else [], [], 10)
                assert readable or writable, "the server neither reads nor answers"
                try:
                    if readable:
                        part = line.recv(65536)
                        if not part:
                            return received
                        received += part
                    if writable:
                        waiting = waiting[line.send(waiting) :]
                except OSError:
                    return received


@pytest.fixture
def served(blueprint: Blueprint, tmp_path: Path) -> Iterator[Served]:
    with deployment(blueprint, tmp_path / "home", POLICY) as service, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(service.app, log_config=None, lifespan="off", timeout_keep_alive=1, ws="none")
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert server.listening.wait(10)
        yield Served(service, listener.getsockname()[1])
        server.should_exit = True
        thread.join(10)


def _head(service: Deployment, *more: str, path: str = "/v1/verifications") -> bytes:
    headers = service.headers() | {"Content-Type": "multipart/form-data; boundary=b", "Host": "h"}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), *more, "", ""]
    return "\r\n".join(lines).encode()


def _chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def test_a_body_that_says_it_is_too_large_is_refused_unread(served: Served) -> None:
    answer = served.send(_head(served.service, f"Content-Length: {10**9}"), b"x" * 1000)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"body_too_large" in answer
    assert b"connection: close" in answer.lower()


@pytest.mark.asvs("5.2.1")
def test_a_body_that_turns_out_too_large_is_cut_off(served: Served) -> None:
    start = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n'
    parts = [_chunk(start), *[_chunk(b"x" * 0x10000)] * 260]
    answer = served.send(_head(served.service, "Transfer-Encoding: chunked"), *parts)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"body_too_large" in answer


def test_a_form_of_the_console_may_only_be_small(served: Served) -> None:
    head = _head(served.service, "Content-Length: 70000", path="/console/sign-in")
    assert served.send(head, b"x" * 100).startswith(b"HTTP/1.1 413")


def test_a_body_that_does_not_come_is_given_up(served: Served) -> None:
    answer = served.send(_head(served.service, "Content-Length: 5000"), b"--b\r\n")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"body_too_slow" in answer


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize("length", ["-1", "12x", "1e3"])
def test_a_length_that_is_no_number_is_refused(served: Served, length: str) -> None:
    assert served.send(_head(served.service, f"Content-Length: {length}")).startswith(b"HTTP/1.1 400")


def test_the_next_caller_is_served_after_all_that(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as hanging:
        hanging.sendall(_head(served.service, "Content-Length: 5000")[:40])
        answer = served.send(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
