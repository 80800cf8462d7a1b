"""A photo for which there is no place is refused before it is sent, and its sender still reads a whole answer."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from auth_service.app import create_app
from auth_service.core.limits import ConnectionPolicy
from auth_service.flows.verify import VerifyRequest, VerifyResult
from tests.channels.service import EILEEN, Deployment
from tests.channels.sockets import Served, head, serving

REQUEST_ID = "0123456789abcdef0123456789abcdef"


class _Held:
    """The real flow, held until a test lets go."""

    def __init__(self, service: Deployment) -> None:
        self._real = service.services.verify
        self.entered, self.go = threading.Event(), threading.Event()

    def run(self, request: VerifyRequest, conclude: object = None) -> VerifyResult:
        self.entered.set()
        assert self.go.wait(30)
        return self._real.run(request, conclude)


@dataclass
class Full:
    """A service whose one place is taken."""

    served: Served
    service: Deployment

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.served.port), timeout=20)

    def post(self, key: str) -> httpx.Response:
        return httpx.post(
            f"http://127.0.0.1:{self.served.port}/v1/verifications",
            headers=self.service.headers("all", key) | {"X-Request-Id": REQUEST_ID},
            data={"id_number": EILEEN, "attested_by": "c.7"},
            files=[("photo", ("p.jpg", self.service.portraits.eileen_later, "image/jpeg"))],
            timeout=30,
        )

    @property
    def refusals(self) -> float:
        found = [
            line for line in self.service.services.metrics.exposition().decode().splitlines()
            if line.startswith('auth_service_errors_total{code="capacity_exceeded"}')
        ]  # fmt: skip
        return float(found[0].split()[-1]) if found else 0.0


@contextmanager
def full(service: Deployment, policy: ConnectionPolicy | None = None) -> Iterator[Full]:
    held = _Held(service)
    app = create_app(dataclasses.replace(service.services, verify=held, photos_at_once=1))
    with serving(service, app, policy) as served, ThreadPoolExecutor(1) as pool:
        place = Full(served, service)
        first = pool.submit(place.post, "the-first-one")
        assert held.entered.wait(20)
        try:
            yield place
        finally:
            held.go.set()
        assert first.result().status_code == 200
        assert place.post("the-last-one").status_code == 200  # the place is free again, and nothing else was taken


def _answer(line: socket.socket) -> tuple[bytes, dict[str, str], dict[str, Any]]:
    """Reads to the end of what the server says."""
    received = b""
    while part := line.recv(65536):
        received += part
    first, _, body = received.partition(b"\r\n\r\n")
    status, *lines = first.split(b"\r\n")
    headers = {name.decode().lower(): value.decode() for name, _, value in (one.partition(b": ") for one in lines)}
    return status, headers, json.loads(body)


def test_the_answer_is_there_before_a_byte_of_the_photo_is(service: Deployment) -> None:
    with full(service) as place, place.connect() as line:
        before = place.refusals
        line.sendall(head(service, "Content-Length: 4000000"))
        status, headers, body = _answer(line)
        assert status.startswith(b"HTTP/1.1 503")
        assert (headers["retry-after"], headers["connection"]) == ("2", "close")
        assert (body["code"], body["retryable"]) == ("capacity_exceeded", True)
        assert place.refusals == before + 1


def test_somebody_who_sends_everything_first_still_reads_the_whole_answer(service: Deployment) -> None:
    """Closing at once would reset the connection under the sender, and the answer would be lost."""
    with full(service) as place, place.connect() as line:
        line.sendall(head(service, "Content-Length: 12000000"))
        for _ in range(12):
            line.sendall(bytes(1_000_000))
            time.sleep(0.02)
        assert _answer(line)[0].startswith(b"HTTP/1.1 503")


def test_it_is_the_very_answer_that_the_application_gives(service: Deployment) -> None:
    """The same refusal from within: admission's, asked without a socket."""
    with full(service) as place:
        app = create_app(dataclasses.replace(service.services, photos_at_once=0))
        inside = service.client(app).post(
            "/v1/verifications",
            headers=service.headers("all", "within-12") | {"X-Request-Id": REQUEST_ID},
            content=b"x",
        )
        outside = place.post("outside-12")
        ignored = {"date", "server", "connection"}
        assert outside.json() == inside.json()
        assert {k: v for k, v in outside.headers.items() if k not in ignored} == dict(inside.headers)


def test_everybody_else_is_served_meanwhile(service: Deployment) -> None:
    with full(service) as place:
        url = f"http://127.0.0.1:{place.served.port}"
        assert httpx.get(f"{url}/healthz").status_code == 200
        assert httpx.get(f"{url}/console/sign-in").status_code == 200
        assert place.post("surplus-one").status_code == 503


def _send_until_cut_off(line: socket.socket, piece: bytes) -> None:
    end = time.monotonic() + 15
    with contextlib.suppress(ConnectionError):  # a reset or a broken pipe, as the moment has it
        while time.monotonic() < end:
            line.sendall(piece)
            time.sleep(0.05)
        pytest.fail("the connection was not closed")


def test_whoever_goes_on_sending_for_ever_is_cut_off(service: Deployment) -> None:
    policy = ConnectionPolicy(linger_seconds=1.0, linger_pause_seconds=0.5)
    with full(service, policy) as place, place.connect() as line:
        line.sendall(head(service, "Content-Length: 12000000"))
        began = time.monotonic()
        _send_until_cut_off(line, bytes(100))
        assert 0.9 < time.monotonic() - began < 10


def test_whoever_falls_silent_after_a_refusal_holds_nothing(service: Deployment) -> None:
    policy = ConnectionPolicy(linger_seconds=60.0, linger_pause_seconds=0.3)
    with full(service, policy) as place, place.connect() as line:
        line.sendall(head(service, "Content-Length: 12000000"))
        assert _answer(line)[0].startswith(b"HTTP/1.1 503")
        time.sleep(1.5)
        _send_until_cut_off(line, bytes(100_000))


def test_a_request_behind_a_refused_one_is_never_read(service: Deployment) -> None:
    """Whatever stands in the body may look like a request; it is not one."""
    with full(service) as place, place.connect() as line:
        smuggled = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
        line.sendall(head(service, f"Content-Length: {len(smuggled)}") + smuggled * 2)
        received = b""
        while part := line.recv(65536):
            received += part
        assert received.count(b"HTTP/1.1 ") == 1
