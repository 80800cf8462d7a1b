"""A call into the token's library that never returns: the process says so, ends in good order, can be started anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from auth_service.core.errors import KeyStoreUnavailable
from tests.acceptance.serving import served
from tests.conftest import ROOT
from tests.softhsm import SoftHsm

pytestmark = pytest.mark.hsm

STAND_IN = '''"""Stands before SoftHSM: while the file is there, a call goes into the C library for good."""
import ctypes, os, pathlib
from auth_service.connectors.pkcs11_token import Token

def attempt(self, work, real=Token._attempt):
    while pathlib.Path(os.environ["THE_TOKEN_HANGS"]).exists():
        ctypes.CDLL(None).pause()
    return real(self, work)

Token._attempt = attempt
'''


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a deployment on a token of its own; the file that makes it hang."""
    hsm = SoftHsm(tmp_path / "hsm")
    (tmp_path / "stand_in").mkdir()
    (tmp_path / "stand_in" / "sitecustomize.py").write_text(STAND_IN)
    hangs = tmp_path / "hangs"
    for name, value in {
        "SOFTHSM2_CONF": hsm.configuration, "THE_TOKEN_HANGS": hangs,
        "PYTHONPATH": f"{tmp_path / 'stand_in'}{os.pathsep}{ROOT}",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    return hangs


def settings(tmp_path: Path) -> dict[str, str]:
    hsm = tmp_path / "hsm"
    from tests.softhsm import LABEL, library  # noqa: PLC0415 - only where SoftHSM is

    return {
        "AUTH_SERVICE_KEYS__STORE": "pkcs11", "AUTH_SERVICE_KEYS__PKCS11_MODULE": str(library()),
        "AUTH_SERVICE_KEYS__PKCS11_TOKEN": LABEL, "AUTH_SERVICE_KEYS__PKCS11_PIN_FILE": str(hsm / "pin"),
        "AUTH_SERVICE_KEYS__SECONDS": "0.5", "AUTH_SERVICE_KEYS__HUNG_SECONDS": "3",
        "AUTH_SERVICE_HOME": str(tmp_path / "home"), "AUTH_SERVICE_AUDIT__ORIGIN": "test/audit",
    }  # fmt: skip


def command(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AUTH_SERVICE_")}
    return subprocess.run(
        [sys.executable, "-m", "auth_service", *arguments, "--json"], env={**kept, **settings(tmp_path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def told(log: str) -> list[str]:
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line["code"] for line in lines if line.get("event") == "key_store_hangs"]


def test_a_server_whose_token_hangs_for_good_ends_in_good_order(tmp_path: Path, token: Path) -> None:
    assert command(tmp_path, "init").returncode == 0
    with served(tmp_path / "home", **settings(tmp_path), AUTH_SERVICE_EMBEDDED_WORKER="false") as service:
        token.touch()
        began = time.monotonic()
        ready = httpx.get(f"{service.url}/readyz", timeout=10)
        assert (ready.status_code, "keys" in ready.text) == (503, True)
        assert service.process.wait(timeout=20) == 0
        assert time.monotonic() - began >= 3
        log = service.log.read_text()
    assert told(log) == [KeyStoreUnavailable.code]
    assert "Traceback" not in log
    assert "Finished server process" in log
    refused = command(tmp_path, "serve", "--port", "18479")
    assert json.loads(refused.stdout)["error"]["code"] == "key_store_unavailable", "it hangs still"
    token.unlink()
    with served(tmp_path / "home", **settings(tmp_path)) as again:
        assert httpx.get(f"{again.url}/readyz", timeout=10).status_code == 200


@pytest.mark.slow
def test_of_several_server_processes_the_one_that_hangs_is_started_anew(tmp_path: Path, token: Path) -> None:
    assert command(tmp_path, "init").returncode == 0
    several = {**settings(tmp_path), "AUTH_SERVICE_EMBEDDED_WORKER": "false", "AUTH_SERVICE_WORKERS": "2"}
    with served(tmp_path / "home", **several) as service:
        token.touch()
        assert httpx.get(f"{service.url}/readyz", timeout=10).status_code == 503
        _until(lambda: bool(told(service.log.read_text())))
        token.unlink()
        _until(lambda: "died" in service.log.read_text())
        _until(lambda: httpx.get(f"{service.url}/readyz", timeout=10).status_code == 200)
        assert service.process.poll() is None


def test_a_worker_whose_token_hangs_for_good_ends_too(tmp_path: Path, token: Path) -> None:
    assert command(tmp_path, "init").returncode == 0
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AUTH_SERVICE_")}
    for turn in range(4):  # a worker whose first jobs were faster than this test has no call under way that could hang
        log = tmp_path / f"worker-{turn}.log"
        if (ended := _worker_with_a_hanging_token(tmp_path, token, log, kept)) is not None:
            break
        token.unlink()
    assert ended == 0, log.read_text()
    assert told(log.read_text()) == [KeyStoreUnavailable.code]


def _worker_with_a_hanging_token(folder: Path, token: Path, log: Path, kept: dict[str, str]) -> int | None:
    """How it ended; None: it did not."""
    with log.open("wb") as out, subprocess.Popen(
        [sys.executable, "-m", "auth_service", "worker"], env={**kept, **settings(folder)}, stdout=out, stderr=out
    ) as worker:  # fmt: skip
        try:
            _until(lambda: "Working on" in log.read_text())
            token.touch()
            return worker.wait(timeout=60)
        except subprocess.TimeoutExpired:
            return None
        finally:
            worker.kill()


def _until(so: object, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if so():  # type: ignore[operator]
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("it did not come about")
