"""A served deployment in a process of its own, on a free loopback port, for tests that need the real thing."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.acceptance.lfw import command, environment


@dataclass(frozen=True)
class Served:
    """Where it listens and where its log goes."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def served(home: Path, *, https: bool = False, at: int = 0, **settings: str) -> Iterator[Served]:
    """`auth-service serve` until the block ends; fails when it is not ready in three minutes. at: port, or any"""
    port = at or free_port()
    url = f"{'https' if https else 'http'}://127.0.0.1:{port}"
    log = home.parent / f"serve-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(home, "serve", "--port", str(port), *(["--https"] if https else [])),
            env={**environment(home), **settings}, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            _wait_until_ready(url, process, log, home / "development" / "development.crt" if https else None)
            yield Served(url, log, process)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path, certificate: Path | None = None) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        with contextlib.suppress(httpx.TransportError, FileNotFoundError):  # the certificate is not made yet
            trust = ssl.create_default_context(cafile=certificate) if certificate else True
            if httpx.get(f"{url}/readyz", timeout=2, verify=trust).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"not ready: {log.read_text(errors='replace')[-3000:]}")
