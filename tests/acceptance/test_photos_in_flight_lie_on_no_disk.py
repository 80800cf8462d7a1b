"""A served process opens no file for a photo that is being sent to it; its temporary folder stays as it was."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.lfw import run
from tests.acceptance.serving import Served, served
from tests.channels.sockets import read_by_the_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="open files are told by /proc")
PART = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n'
PHOTO = b"\xff\xd8\xff" + b"x" * 3 * 1024 * 1024
END = b"\r\n--b--\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the served process would put temporary files."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("in-flight") / "home"
    with served(home, AUTH_SERVICE_READERS="1", AUTH_SERVICE_EMBEDDED_WORKER="false", TMPDIR=str(folder)) as running:
        yield running


@pytest.fixture(scope="module")
def key(service: Served) -> str:
    home = service.log.parent / "home"
    return str(run(home, "api-keys", "create", "test", "--scopes", "verify,enroll")["key"])


def open_files(pid: int) -> set[str]:
    found = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(handle.readlink()))
        except FileNotFoundError:
            continue
    return found


@pytest.mark.parametrize("path", ["/v1/verifications", "/v1/enrollments"])
def test_three_megabytes_in_flight_are_in_no_file(service: Served, key: str, folder: Path, path: str) -> None:
    address = httpx.URL(service.url)
    lines = [
        f"POST {path} HTTP/1.1", "Host: h", f"Authorization: Bearer {key}", f"Idempotency-Key: {path[-8:]}-in-flight",
        "Content-Type: multipart/form-data; boundary=b", "Connection: close",
        f"Content-Length: {len(PART) + len(PHOTO) + len(END)}", "", "",
    ]  # fmt: skip
    before, lying = open_files(service.process.pid), set(folder.iterdir())
    with socket.create_connection((address.host, address.port or 80), timeout=60) as line:
        line.sendall("\r\n".join(lines).encode() + PART + PHOTO)
        while not read_by_the_server(line):
            time.sleep(0.01)
        opened = {name for name in open_files(service.process.pid) - before if not name.startswith("socket:")}
        assert {name for name in opened if name.startswith(str(folder)) or "deleted" in name} == set()
        assert set(folder.iterdir()) == lying
        line.sendall(END)
        answer = b""
        while part := line.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 422"), answer[:200]
