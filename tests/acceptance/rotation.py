"""A key table of any size, and a rotation over it that is killed with -9 and resumed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import KeyMissing, SealBroken
from auth_service.core.keys import WrappedKey, data_key_context
from auth_service.storage.sealing import KeyCache
from auth_service.storage.unit import Store
from tests.conftest import ROOT

_AT_ONCE = 10_000
_RUN = """
import json, sys
from pathlib import Path
from auth_service.connectors.key_file import KeyFile
from auth_service.core.clock import SystemClock
from auth_service.flows.rotate_keys import RotateKeys
from auth_service.storage.unit import Store

url, folder, batch = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
keys = KeyFile(folder / "keys.json")
store = Store(url, keys, folder / "photos")
done = 0

def advance(count):
    global done
    done += count
    print(done, flush=True)

report = RotateKeys(store, keys, SystemClock()).run("cli", advance, batch)
print(json.dumps({"version": report.version, "resumed": report.resumed, "people": report.people}), flush=True)
store.close()
"""


@dataclass
class KeyTable:
    """`rows` people's keys in a migrated database; each data key follows from its owner, so that it can be checked.

    url    as the role that serves
    admin  as who may fill and look at the table directly
    """

    url: str
    admin: str
    folder: Path
    rows: int
    read_meanwhile: int = 0
    _wrong: list[str] = field(default_factory=list)

    @property
    def keys(self) -> KeyFile:
        return KeyFile(self.folder / "keys.json")

    def fill(self) -> None:
        """Straight into the table, as a ledger of this size would have left it."""
        ring, now = self.keys, datetime.now(UTC)
        engine = create_engine(self.admin)
        insert = text(
            "INSERT INTO person_keys (person_id, wrapping_key, wrapped, created_at) "
            "VALUES (:person_id, :wrapping_key, :wrapped, :now)"
        )
        created = now if engine.dialect.name == "postgresql" else now.replace(tzinfo=None)
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL synchronous_commit = off"))
            for start in range(0, self.rows, _AT_ONCE):
                owners = [owner_of(number) for number in range(start, min(start + _AT_ONCE, self.rows))]
                wrapped = [ring.wrap(data_key_of(owner), data_key_context(owner)) for owner in owners]
                values = [
                    {"person_id": owner, "wrapping_key": one.key_id, "wrapped": one.ciphertext, "now": created}
                    for owner, one in zip(owners, wrapped, strict=True)
                ]
                connection.execute(insert, values)
        engine.dispose()

    def run(self, batch: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _RUN, self.url, str(self.folder), str(batch)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def kill_after(self, rows: int, batch: int) -> int:
        """Kills a run with -9 once it has said that so many rows are done; returns what it had said last."""
        process = self.run(batch)
        said = 0
        assert process.stdout is not None
        while said < rows:
            line = process.stdout.readline()
            assert line.strip().isdigit(), "the run had ended before it was killed"
            said = int(line)
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.read()
        assert process.wait(timeout=30) == -signal.SIGKILL
        process.stdout.close()
        return said

    def finish(self, batch: int) -> dict[str, Any]:
        out, _ = self.run(batch).communicate(timeout=900)
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found

    def versions(self) -> dict[str, int]:
        """Wrapping key -> how many rows."""
        rows = self._all("wrapping_key, count(*)", "GROUP BY wrapping_key")
        return {row[0]: row[1] for row in rows}

    def check(self) -> int:
        """Every row opens to its own data key under the version that it names, and under no other; returns how many."""
        ring = self.keys
        versions, count = ring.versions(), 0
        for owner, version, wrapped in self._all("person_id, wrapping_key, wrapped", "ORDER BY person_id"):
            opened = [other for other in versions if _opens(ring, WrappedKey(other, bytes(wrapped)), owner)]
            assert opened == [version], (owner, version, opened)
            count += 1
        return count

    def read_until(self, stop: threading.Event) -> threading.Thread:
        """A service that goes on meanwhile: reads one key after another, from the database each time."""

        def read() -> None:
            store = Store(self.url, self.keys, self.folder / "photos")
            store._cache = KeyCache(seconds=-1.0)
            number = 0
            while not stop.is_set():
                number = (number * 7919 + 13) % self.rows
                try:
                    with store.reading() as unit:
                        unit._work.keys.of(owner_of(number))
                except (KeyMissing, SealBroken) as error:
                    self._wrong.append(f"{number}: {error!r}")
                self.read_meanwhile += 1
                time.sleep(0.005)
            store.close()

        thread = threading.Thread(target=read)
        thread.start()
        return thread

    def assert_readers_saw_nothing(self) -> None:
        assert self._wrong == []
        assert self.read_meanwhile > 10

    def _all(self, columns: str, rest: str) -> Iterator[Any]:
        engine = create_engine(self.admin)
        with engine.connect().execution_options(yield_per=_AT_ONCE) as connection:
            yield from connection.execute(text(f"SELECT {columns} FROM person_keys {rest}"))
        engine.dispose()


def owner_of(number: int) -> str:
    return hashlib.sha256(f"person {number}".encode()).hexdigest()[:32]


def data_key_of(owner: str) -> bytes:
    return hashlib.sha256(f"key of {owner}".encode()).digest()


def _opens(ring: KeyFile, wrapped: WrappedKey, owner: str) -> bool:
    try:
        return ring.unwrap(wrapped, data_key_context(owner)) == data_key_of(owner)
    except SealBroken:
        return False
