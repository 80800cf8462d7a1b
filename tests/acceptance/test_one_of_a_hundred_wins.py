"""A hundred processes want the same thing at the same moment: one of them gets it. F30 as far as this release has
one-time values: the Idempotency-Key of an act, and the picture that may pass once."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.storage.unit import Store
from tests.acceptance.databases import BOTH, database_settings
from tests.acceptance.postgres_cluster import cluster, skip_without_binaries
from tests.builders import WANG, Agency, Urls
from tests.conftest import FixedClock
from tests.fakes import picture

PROCESSES = 100
_COME_AGAIN = {"idempotency_in_flight", "database_unavailable", "transaction_conflict"}
"""Somebody else is at work on it, or a crowd this large waited too long: all of them say that one may try again."""

_CROWD = """
import os, sys, traceback

def crowd(count, prepare, act):
    ready, say_ready = os.pipe()
    gate, keep_shut = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            try:
                os.close(keep_shut)
                mine = prepare()
                os.write(say_ready, b".")
                os.close(say_ready)
                os.read(gate, 1)  # ends for all at once, when the parent lets go
                act(mine)
                sys.stdout.flush()
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        children.append(child)
    os.close(say_ready)
    came = sum(1 for _ in iter(lambda: os.read(ready, 1), b""))  # until all have said it, or ended
    os.close(keep_shut)
    assert came == count, came
    sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""

_CLAIM = (
    _CROWD
    + """
from datetime import UTC, datetime
from pathlib import Path
from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import ServiceError
from auth_service.storage.unit import Store

def prepare():
    store = Store(sys.argv[2], KeyFile(Path(sys.argv[3]) / "keys.json"), Path(sys.argv[3]) / "photos")
    store.ping()
    return store

def act(store):
    now = datetime(2026, 3, 10, tzinfo=UTC)
    for nonce in range(int(sys.argv[4])):
        try:
            with store.unit() as unit:
                free = unit.idempotency.begin("caller", f"nonce {nonce}", "content", now, 60) is None
            word = "won" if free else "saved"
        except ServiceError as error:
            word = error.code
        os.write(1, f"{nonce} {word}\\n".encode())

crowd(int(sys.argv[1]), prepare, act)
"""
)

_PASS = (
    _CROWD
    + """
from datetime import UTC, datetime
from pathlib import Path
from auth_service.core.errors import ServiceError
from auth_service.storage.unit import Store
from tests.builders import WANG, Agency, Urls
from tests.conftest import FixedClock
from tests.fakes import picture

Store.migrate = lambda self: []  # the parent has done it

def prepare():
    clock = FixedClock(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    return Agency(Path(sys.argv[3]), clock, Urls(*[sys.argv[2]] * 3))

def act(agency):
    for take in range(int(sys.argv[4])):
        try:
            word = agency.verify(WANG, picture("wang", take=take + 1)).decision.outcome.value
        except ServiceError as error:
            word = error.code
        os.write(1, f"{take} {word}\\n".encode())

crowd(int(sys.argv[1]), prepare, act)
"""
)


def _crowd(script: str, processes: int, url: str, folder: Path, times: int) -> list[tuple[int, str]]:
    """What so many processes say that act at the same moment. They are forked from one that has everything imported."""
    command = [sys.executable, "-c", script, str(processes), url, str(folder), str(times)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = [(int(place), word) for place, word in map(str.split, done.stdout.splitlines())]
    assert len(found) == processes * times
    return found


def _claims(tmp_path: Path, url: str, processes: int, nonces: int) -> dict[str, Any]:
    store = Store(url, KeyFile.open_or_create(tmp_path / "keys.json"), tmp_path / "photos")
    store.migrate()
    store.close()
    found = _crowd(_CLAIM, processes, url, tmp_path, nonces)
    winners = Counter(nonce for nonce, word in found if word == "won")
    assert winners == dict.fromkeys(range(nonces), 1)
    told = Counter(word for _, word in found)
    assert set(told) <= {"won", *_COME_AGAIN}, told
    return {"processes": processes, "nonces": nonces, "winners_per_nonce": 1, "told": dict(told)}


def _passes(tmp_path: Path, url: str, processes: int, pictures: int, clock: FixedClock) -> dict[str, Any]:
    agency = Agency(tmp_path, clock, Urls(url, url, url))
    agency.person()
    agency.enroll(WANG, picture("wang"))
    found = _crowd(_PASS, processes, url, tmp_path, pictures)
    won = Counter(take for take, word in found if word == "qualified")
    totals = agency.store.queries.totals()
    agency.close()
    assert won == dict.fromkeys(range(pictures), 1), won
    assert totals["certificates"] == pictures
    told = Counter(word for _, word in found)
    assert set(told) <= {"qualified", "refer", "retry", *_COME_AGAIN}, told
    return {"processes": processes, "pictures": pictures, "passes_per_picture": 1, "told": dict(told)}


@contextlib.contextmanager
def _roomy_database(tmp_path: Path, backend: str) -> Iterator[str]:
    """One that takes a hundred connections: a server of the test's own, for a shared one has a hundred for all."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    skip_without_binaries()
    with cluster({"max_connections": "300"}) as server:
        yield server.create_database("service")


@pytest.mark.parametrize("backend", BOTH)
def test_eight_processes_and_one_picture_make_one_pass(tmp_path: Path, backend: str, clock: FixedClock) -> None:
    with database_settings(backend) as settings:
        url = settings.get("AUTH_SERVICE_DATABASE_URL", f"sqlite:///{tmp_path / 'test.sqlite3'}")
        _passes(tmp_path, url, 8, 4, clock)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH)
def test_a_hundred_processes_claim_one_nonce(
    tmp_path: Path, backend: str, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """F30, F12: the truth about one-time values is in the database."""
    with _roomy_database(tmp_path, backend) as url:
        found = _claims(tmp_path, url, PROCESSES, 5)
    proof(f"one-of-a-hundred-claims-{backend}", found)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BOTH)
def test_a_hundred_processes_and_one_picture_make_one_pass(
    tmp_path: Path, backend: str, clock: FixedClock, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """F30: the same capture sent a hundred times at once under different keys."""
    with _roomy_database(tmp_path, backend) as url:
        found = _passes(tmp_path, url, PROCESSES, 2, clock)
    proof(f"one-of-a-hundred-passes-{backend}", found)
