"""How much of the rate is left over HTTP: a real server on loopback, one reader, one keep-alive client."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from auth_service.accounts.roles import parse_scopes
from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, LEDGER_REQUIRED
from auth_service.cli.bench_faces import Person
from auth_service.cli.bench_sides import ONE_THREAD, Item
from auth_service.cli.demo_ledger import synthetic_ledger, write_ledger
from auth_service.connectors.tables import RejectWriter, open_table
from auth_service.core.errors import Unavailable
from auth_service.engines.catalogue import DEFAULT_ENGINE
from auth_service.enrollment.consent import Consent
from auth_service.enrollment.sources import PhotoSource
from auth_service.flows.enroll import EnrollRequest
from auth_service.settings import Profile, Settings, load_settings
from auth_service.wiring import Wiring

_START_SECONDS = 60.0
_ANSWER_SECONDS = 60.0
_BOUNDARY = "auth-service-bench-5d1f0c9e7b"


@dataclass(slots=True)
class Enrolled:
    """A home with everybody enrolled: ID numbers by person, and the API key of the caller."""

    settings: Settings
    numbers: list[str]
    token: str


def enrol_everybody(home: Path, people: Sequence[Person], cache: Path) -> Enrolled:
    """A new home with a ledger and the people's references. raises ServiceError: one of them was refused"""
    shutil.copytree(cache, home / "cache", dirs_exist_ok=True)
    settings = load_settings(
        home=home, database_url="", profile=Profile.DEVELOPMENT, engine=DEFAULT_ENGINE, readers=1, workers=1
    )
    wiring = Wiring(settings)
    wiring.store.migrate()
    rows = synthetic_ledger(max(200, len(people))).good
    write_ledger(home / "ledger.csv", rows)
    table = open_table(home / "ledger.csv", LEDGER_COLUMNS, required=LEDGER_REQUIRED)
    with RejectWriter(home / "rejects.csv", tuple(LEDGER_COLUMNS)) as sink:
        wiring.import_ledger.run(table, sink, "cli", lambda _rows: None)
    policy, now = settings.enrollment, wiring.clock.now()
    consent = Consent(policy.bulk_basis, policy.bulk_text, "zh", "bulk", now, policy.bulk_reference)
    numbers = [row["证件号码"] for row in rows[: len(people)]]
    for number, person in zip(numbers, people, strict=True):
        photo = person.reference.read_bytes()
        wiring.enroll.one(EnrollRequest(number, (photo,), PhotoSource.OFFICER, None, consent, "cli", "counter", True))
    _, token = wiring.keep_api_keys.create("bench", parse_scopes("verify,assisted"), 1, "cli")
    wiring.store.close()
    return Enrolled(settings, numbers, token)


@contextmanager
def server(settings: Settings) -> Iterator[tuple[int, int]]:
    """`auth-service serve` on a free loopback port, ready: port and process id. raises Unavailable: did not start"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTH_SERVICE_")}
    environment |= {
        **ONE_THREAD,
        "AUTH_SERVICE_HOME": str(settings.home),
        "AUTH_SERVICE_MODELS": str(settings.models),
        "AUTH_SERVICE_ENGINE": settings.engine,
        "AUTH_SERVICE_READERS": "1",
    }
    command = [sys.executable, "-m", "auth_service", "serve", "--port", str(port)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)  # noqa: S603 - our own program
        try:
            _await_ready(process, port)
            yield port, process.pid
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_ready(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise Unavailable("the measured server did not become ready")


def processor_seconds(pid: int) -> float | None:
    """CPU seconds that a process has used; None where the system does not tell. source: proc(5), fields 14 and 15"""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Client:
    """One caller on one connection. `passes` and `others` count the answers by what they say."""

    port: int
    token: str
    numbers: Sequence[str]
    passes: int = 0
    others: dict[str, int] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def time(self, items: Sequence[Item]) -> list[list[float]]:
        """Seconds of each request without the client's own CPU time."""
        return [self._timed(_body(item, self.numbers[int(item["person"])])) for item in items]

    def _timed(self, body: bytes) -> list[float]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_SECONDS)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        wall, processor = time.perf_counter(), time.process_time()
        self._connection.request("POST", "/v1/verifications", body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        seconds = time.perf_counter() - wall - (time.process_time() - processor)
        self._count(response.status, json.loads(answer))
        return [seconds]

    def _count(self, status: int, answer: dict[str, object]) -> None:
        word = str(answer.get("decision") or answer.get("code") or status)
        if word == "qualified":
            self.passes += 1
        else:
            self.others[word] = self.others.get(word, 0) + 1

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _body(item: Item, number: str) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("id_number", number), ("attested_by", "bench-counter-1"))
    ]
    photo = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="capture.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return "".join([*parts, photo]).encode() + Path(item["probe"]).read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()
