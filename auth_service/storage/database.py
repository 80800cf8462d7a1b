"""The database itself: engine, pragmas, the two kinds of transaction, and how a driver's errors become ours."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from auth_service.core.errors import DatabaseUnavailable, SchemaOutdated, ServiceError, SettingInvalid, StorageFault

WAIT_SECONDS = 10
"""How long one transaction waits for a connection or a lock before it gives up with DatabaseUnavailable (F07, F08)."""
_POOL = {"poolclass": QueuePool, "pool_size": 16, "max_overflow": 16, "pool_timeout": WAIT_SECONDS}
_POSTGRES_READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

_SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}",
    "PRAGMA synchronous = FULL",  # an acknowledged record survives power loss; NORMAL would lose the last commits
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # so that REPLACE cannot slip past the append-only triggers
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # no temporary file outside the service's folder
    "PRAGMA cache_size = -16384",
    "PRAGMA wal_autocheckpoint = 4000",  # pages, 16 MB: a checkpoint in a few hundred transactions instead of dozens
)
_POSTGRES_OPTIONS = (
    "-c synchronous_commit=on -c timezone=UTC"
    f" -c lock_timeout={WAIT_SECONDS * 1000} -c statement_timeout={WAIT_SECONDS * 6000}"
)


class Database:
    """An engine with two kinds of transaction. Many threads may use one at once; a forked child makes its own."""

    def __init__(self, url: str) -> None:
        self._url = _parsed(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
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
        raises   DatabaseUnavailable, SchemaOutdated, StorageFault
        """
        engine = self._engine if durable else self._light
        with translated(), self._own_turn(), engine.connect() as connection, connection.begin():
            if not durable and not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read transaction over one snapshot, rolled back at the end. raises as `writing`"""
        with translated(), self._readers.connect() as raw:
            connection = raw if self.is_sqlite else raw.execution_options(**_POSTGRES_READING)
            with connection.begin() as transaction:
                try:
                    yield connection
                finally:
                    transaction.rollback()

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
        arguments = {"options": f"{_POSTGRES_OPTIONS} {given}".strip(), "connect_timeout": 5}
        return create_engine(
            self._url.difference_update_query(["options"]), connect_args=arguments, pool_pre_ping=True, **_POOL
        )


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise SettingInvalid("the database URL cannot be read", field="database_url") from error
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise SettingInvalid("sqlite:/// or postgresql+psycopg://", field="database_url")
    return parsed


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


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the driver raises into our errors, without the SQL and its values."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _ours(error) from error


def _ours(error: SQLAlchemyError) -> ServiceError:
    cause = getattr(error, "orig", None)
    name, text = type(cause).__name__, str(cause)
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable("no free connection")
    if "no such table" in text or "no such column" in text or name in {"UndefinedTable", "UndefinedColumn"}:
        return SchemaOutdated()
    if isinstance(error, OperationalError | InterfaceError):
        return DatabaseUnavailable(name)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return DatabaseUnavailable(name)
    if isinstance(error, DatabaseError | ProgrammingError):
        return StorageFault(name)
    return StorageFault(type(error).__name__)
