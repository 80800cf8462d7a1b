"""`serve --workers 2`: whichever process answers /metrics tells the sum of both, also after one was killed."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.lfw import run
from tests.acceptance.serving import served


def _metrics(url: str) -> str:
    # a connection of its own each time, so that either process may answer
    return httpx.get(f"{url}/metrics", timeout=10).text


def _count(text: str, route: str) -> float:
    found = re.findall(rf'^auth_service_requests_total{{[^}}]*route="{route}"[^}}]*}} (\S+)$', text, re.MULTILINE)
    return sum(float(value) for value in found)


def _children(pid: int) -> Iterator[int]:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and b"spawn_main" in (status.parent / "cmdline").read_bytes():
            yield int(status.parent.name)


@pytest.mark.data
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_two_processes_are_told_as_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run(home, "init")
    with served(home, AUTH_SERVICE_WORKERS="2", AUTH_SERVICE_READERS="1") as service:
        for _ in range(60):
            httpx.get(f"{service.url}/healthz", timeout=10)
        pages = [_metrics(service.url) for _ in range(6)]
        assert [_count(text, "/healthz") for text in pages] == [60] * 6
        assert len({_count(text, "/metrics") for text in pages}) == 6, "each reading counts the ones before it"
        assert all('auth_service_ready{check="database"} 1.0' in text for text in pages)
        assert all("auth_service_inference_places 34.0" in text for text in pages), "two processes, 1 + 16 each"
        victim = next(_children(service.process.pid))
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while "auth_service_inference_places 34.0" not in (text := _metrics_or_nothing(service.url)):
            assert time.monotonic() < deadline, text[-2000:]
            time.sleep(0.5)
        assert _count(text, "/healthz") == 60, "what a killed process counted stays"


def _metrics_or_nothing(url: str) -> str:
    try:
        return _metrics(url)
    except httpx.TransportError:
        return ""
