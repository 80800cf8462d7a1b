"""A PostgreSQL of a test's own, to be stopped, frozen and filled up without harm to anybody else's.

`cluster(...)` makes one with initdb on a free port and removes it at the end; `skip_without_binaries()` says by name
what the machine lacks. PostgreSQL refuses to run as root, so root hands it to the system's `postgres` user.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import STRICT

_STOPPED_IN_TIME = 60
"""Seconds for starting (crash recovery included) and for stopping."""
_TEST_SETTINGS = {"listen_addresses": "127.0.0.1", "log_min_messages": "warning", "max_connections": "60"}


def binaries() -> Path | None:
    """The newest server binaries of this machine, in Debian's place or on PATH; None where there are none."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    on_path = shutil.which("pg_ctl")
    places += [Path(on_path).resolve().parent] if on_path else []
    return next((place for place in places if (place / "initdb").exists()), None)


def skip_without_binaries() -> None:
    """Skips by name; CI (AUTH_SERVICE_TEST_STRICT=1) fails instead."""
    why = None
    if binaries() is None:
        why = "no PostgreSQL server binaries (initdb, pg_ctl)"
    elif os.geteuid() == 0 and not _server_user():
        why = "PostgreSQL does not run as root and there is no user postgres"
    if why and STRICT:
        pytest.fail(why)
    if why:
        pytest.skip(why)


@dataclass
class Cluster:
    """One server. Times out rather than hangs; everything it starts is stopped by its own process ids."""

    folder: Path
    port: int
    bin: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def url(self, database: str = "postgres", user: str = "postgres", **query: str) -> str:
        """For SQLAlchemy, i.e. for AUTH_SERVICE_DATABASE_URL."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}" + (f"?{asked}" if asked else "")

    def connect(self, database: str = "postgres", user: str = "postgres") -> psycopg.Connection[Any]:
        """A connection of one's own, each statement committed at once."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=user, autocommit=True, connect_timeout=10
        )

    def psql(self, statement: str, database: str = "postgres", user: str = "postgres") -> list[tuple[Any, ...]]:
        """Runs one statement; returns its rows."""
        with self.connect(database, user) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def ask_for_passwords(self) -> None:
        """Everybody but the administrator signs in with a password from now on, as in deployment."""
        rules = "local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (self.data / "pg_hba.conf").write_text(rules)
        self.psql("SELECT pg_reload_conf()")

    def create_database(self, name: str) -> str:
        """An empty database; returns its URL."""
        self.psql(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self, wait: bool = True) -> None:
        """Starts it, crash recovery included."""
        self._pg_ctl("start", "-l", str(self.log), "-w" if wait else "-W")
        if wait:
            self.wait_until_ready()

    def stop(self, mode: str = "fast") -> None:
        """mode: `smart`, `fast`, or `immediate` - as if the process had been killed, without a checkpoint"""
        self.thaw()
        self._pg_ctl("stop", "-m", mode, "-w")

    def restart(self, mode: str = "immediate") -> None:
        self.stop(mode)
        self.start()

    def processes(self) -> list[int]:
        """Postmaster first, then its children; empty when it does not run."""
        try:
            postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return []
        return [pid for pid in [postmaster, *_children(postmaster)] if Path(f"/proc/{pid}").exists()]

    def freeze(self) -> None:
        """SIGSTOP for the server and all of its backends: connections stay open, nothing answers."""
        for _ in range(3):  # a backend may have been forked while the first were being stopped
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in reversed(self.processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def wait_until_ready(self, seconds: float = _STOPPED_IN_TIME) -> None:
        """Returns when a new connection is answered."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.psql("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def _pg_ctl(self, *arguments: str) -> None:
        done = _as_server_user(
            [str(self.bin / "pg_ctl"), "-D", str(self.data), "-t", str(_STOPPED_IN_TIME), *arguments], self.folder
        )
        assert done.returncode == 0, self.log.read_text(errors="replace")[-3000:] if self.log.exists() else done.args


@contextlib.contextmanager
def cluster(
    settings: Mapping[str, str] | None = None, folder: Path | None = None, *, initdb: tuple[str, ...] = ()
) -> Iterator[Cluster]:
    """A running server with user postgres and no password on 127.0.0.1, gone at the end of the block.

    settings  lines of postgresql.conf, over the ones for tests
    folder    where its files go (a small volume, for instance); a new one under the system's temporary folder when None
    """
    place = binaries()
    assert place is not None, "call skip_without_binaries() first"
    made = folder is None
    home = Path(tempfile.mkdtemp(prefix="auth-service-postgres-")) if folder is None else folder
    _give_to_server(home)
    server = Cluster(home, free_port(), place)
    try:
        done = _as_server_user(
            [str(place / "initdb"), "-D", str(server.data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync", *initdb], home,
        )  # fmt: skip
        assert done.returncode == 0, done
        lines = {**_TEST_SETTINGS, "port": str(server.port), "unix_socket_directories": str(home), **(settings or {})}
        with (server.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in lines.items())
        server.start()
        yield server
    finally:
        if server.processes():
            server.stop("immediate")
        if made:
            shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _server_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


def _give_to_server(folder: Path) -> None:
    if os.geteuid() == 0:
        user = _server_user()
        assert user is not None
        os.chown(folder, user.pw_uid, user.pw_gid)


def _as_server_user(command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Output goes to a file: a daemon that inherits a pipe would keep it open for good."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    with (folder / "commands.log").open("ab") as out:
        return subprocess.run(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd="/", check=False,
            timeout=2 * _STOPPED_IN_TIME,
        )  # fmt: skip


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(entry.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.parent.name))
    return found
