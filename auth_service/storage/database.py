"""The database itself: engine, pragmas, the two kinds of transaction, and how a driver's errors become ours."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from auth_service.core.errors import DatabaseUnavailable, SettingInvalid
from auth_service.storage import postgres
from auth_service.storage.credentials import with_password
from auth_service.storage.driver_errors import translated

WAIT_SECONDS = 10
"""How long one transaction waits for a lock, or on SQLite for its turn, before it gives up with DatabaseUnavailable."""
POOL_SECONDS = 2.0
"""How long it waits for a free connection: with all of them busy for so long, one more waiting helps nobody (F08)."""
_POOL: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 16, "max_overflow": 16, "pool_timeout": POOL_SECONDS}
_POSTGRES_READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

_SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}",
    "PRAGMA synchronous = FULL",  # an acknowledged record survives power loss; NORMAL would lose the last commits
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # so that REPLACE cannot slip past the append-only triggers
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # no temporary file outside the service's folder
    # KiB, per connection, and a pool holds many: with 16 MiB, eight of them took 125 MB over a 44 MB database, with
    # 2 MiB 31 MB, while a person's captures were read in 1.40 ms instead of 1.30
    "PRAGMA cache_size = -2048",
    "PRAGMA wal_autocheckpoint = 4000",  # pages, 16 MB: a checkpoint in a few hundred transactions instead of dozens
)


class Database:
    """An engine with two kinds of transaction. Many threads may use one at once; a forked child makes its own."""

    def __init__(self, url: str) -> None:
        self._url = _parsed(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._silence = postgres.Silence()
        self._engine = self._sqlite(writes=True) if self.is_sqlite else self._postgres()
        # a pool of connections that can only read saves switching each one back and forth
        self._readers = self._sqlite(writes=False) if self.is_sqlite else self._engine
        self._light = self._sqlite(writes=True, durable=False) if self.is_sqlite else self._engine
        # SQLite lets one writer in; waiting here in turn is fairer and faster than its sleep-and-retry
        self._turn = threading.Lock() if self.is_sqlite else None

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """One write transaction: committed at the end, rolled back on any exception.

        durable  False: a power cut may undo the last such commits, never half of one; a crash of the process cannot
        raises   DatabaseUnavailable, TransactionConflict, StorageFull, StorageReadOnly, SchemaOutdated,
                 DatabaseRightMissing, StorageFault
        """
        engine = self._engine if durable else self._light
        self._silence.enter()
        with translated(), self._own_turn(), engine.connect() as connection, connection.begin():
            if not durable and not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield connection

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """A write transaction without an end to its patience, for migrations and restores. raises as `writing`"""
        with self.writing() as connection:
            if not self.is_sqlite:
                postgres.take_time(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read transaction over one snapshot, rolled back at the end. raises as `writing`"""
        self._silence.enter()
        with translated(), self._readers.connect() as raw:
            connection = raw if self.is_sqlite else raw.execution_options(**_POSTGRES_READING)
            with connection.begin() as transaction:
                try:
                    yield connection
                finally:
                    transaction.rollback()

    @property
    def connections(self) -> tuple[int, int]:
        """In use, and how many may be, over all pools."""
        pools = [engine.pool for engine in {self._engine, self._readers, self._light}]
        used = sum(pool.checkedout() for pool in pools if isinstance(pool, QueuePool))
        return used, len(pools) * (_POOL["pool_size"] + _POOL["max_overflow"])

    def close(self) -> None:
        self._engine.dispose()
        self._readers.dispose()
        self._light.dispose()

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise DatabaseUnavailable("too many writers wait")
        try:
            yield
        finally:
            self._turn.release()

    def _sqlite(self, *, writes: bool, durable: bool = True) -> Engine:
        if not self._url.database or self._url.database == ":memory:":
            raise SettingInvalid("the database needs a file", field="database_url")
        file = Path(self._url.database)
        engine = create_engine(self._url, connect_args={"check_same_thread": False}, **_POOL)

        @event.listens_for(engine, "do_connect")
        def _make_private(*_: Any) -> None:
            # made before the driver does, so that nobody else on the machine can read it
            if not file.exists():
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))

        event.listen(engine, "connect", _prepare_sqlite)
        if not writes:
            event.listen(engine, "connect", _only_read)
        if not durable:
            event.listen(engine, "connect", _flush_later)
        event.listen(engine, "begin", _begin_writing if writes else _begin_reading)
        return engine

    def _postgres(self) -> Engine:
        given = self._url.query.get("options", "")
        given = given if isinstance(given, str) else " ".join(given)
        engine = create_engine(
            self._url.difference_update_query(["options"]),
            connect_args={**postgres.connect_arguments(), "options": postgres.options(WAIT_SECONDS, given)},
            pool_pre_ping=True,
            use_native_hstore=False,  # its lookup would cost every new connection a question
            **_POOL,
        )
        postgres.bound(engine, self._silence)
        return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise SettingInvalid("the database URL cannot be read", field="database_url") from error
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise SettingInvalid("sqlite:/// or postgresql+psycopg://", field="database_url")
    return with_password(parsed)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _only_read(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA query_only = ON")


def _flush_later(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_writing(connection: Connection) -> None:
    # a write lock taken at the start cannot fail halfway for having read before
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
