"""Real sockets, a real server: too much, too slow, and half a request."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from auth_service.web.limits import BodyPolicy
from tests.channels.service import Blueprint, deployment
from tests.channels.sockets import Served, head, serving

POLICY = BodyPolicy(seconds=1.5)


@pytest.fixture
def served(blueprint: Blueprint, tmp_path: Path) -> Iterator[Served]:
    with deployment(blueprint, tmp_path / "home", POLICY) as service, serving(service) as running:
        yield running


def _chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def test_a_body_that_says_it_is_too_large_is_refused_unread(served: Served) -> None:
    answer = served.send(head(served.service, f"Content-Length: {10**9}"), b"x" * 1000)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"body_too_large" in answer
    assert b"connection: close" in answer.lower()


@pytest.mark.asvs("5.2.1")
def test_a_body_that_turns_out_too_large_is_cut_off(served: Served) -> None:
    start = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n'
    parts = [_chunk(start), *[_chunk(b"x" * 0x10000)] * 260]
    answer = served.send(head(served.service, "Transfer-Encoding: chunked"), *parts)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"body_too_large" in answer


def test_a_form_of_the_console_may_only_be_small(served: Served) -> None:
    start = head(served.service, "Content-Length: 70000", path="/console/sign-in")
    assert served.send(start, b"x" * 100).startswith(b"HTTP/1.1 413")


def test_a_body_that_does_not_come_is_given_up(served: Served) -> None:
    answer = served.send(head(served.service, "Content-Length: 5000"), b"--b\r\n")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"body_too_slow" in answer


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize("length", ["-1", "12x", "1e3"])
def test_a_length_that_is_no_number_is_refused(served: Served, length: str) -> None:
    assert served.send(head(served.service, f"Content-Length: {length}")).startswith(b"HTTP/1.1 400")


def test_the_next_caller_is_served_after_all_that(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as hanging:
        hanging.sendall(head(served.service, "Content-Length: 5000")[:40])
        answer = served.send(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
