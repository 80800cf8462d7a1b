"""PostgreSQL under trouble: nothing waits for ever on a server that accepts connections but says nothing.

A frozen machine, a stuck disk or a network that swallows packets gives no error, only silence. Every wait here has an
end (source: trust.md F07), and the first to meet silence spares the others: until somebody hears from the server again,
one at a time tries and all the rest are refused at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.pool import ConnectionPoolEntry

from auth_service.core.errors import DatabaseUnavailable

T = TypeVar("T")

CONNECT_SECONDS = 3
"""A connection that is not ready by then counts as silence."""
PING_SECONDS = 2.0
"""A pooled connection proves itself within this long before it is used."""
STATEMENT_SECONDS = 60
"""The server gives up on a statement after this long; the client a little later, should the server not say so."""
SILENCE_SECONDS = 5.0
"""How long a statement that was sent before others met silence is still waited for."""
PAUSE_SECONDS = 1.0
"""Between two tries while the server is silent, so that it is found again within a second or two of coming back."""
_MARGIN_SECONDS = 5

SCHEMAS = ("public", "identity", "faces", "bank")
"""source: trust.md 2.6, separation; docs/decisions/0013-separation.md. Tables are found by this path."""


def options(lock_seconds: float, given: str = "") -> str:
    """Startup options of a session; those given in the URL come last and win."""
    ours = {
        "search_path": ",".join(SCHEMAS),
        "timezone": "UTC",
        "synchronous_commit": "on",  # what is acknowledged is on the disk
        "lock_timeout": f"{int(lock_seconds * 1000)}",
        "statement_timeout": f"{STATEMENT_SECONDS * 1000}",
        "idle_in_transaction_session_timeout": "60000",  # a client that was paused must not hold locks for good
        "client_connection_check_interval": "5000",  # nor must the statement of one that has gone
    }
    return " ".join([*(f"-c {name}={value}" for name, value in ours.items()), given]).strip()


def connect_arguments() -> dict[str, Any]:
    """For libpq: a peer that vanished without a word is given up within about 15 s also between statements."""
    return {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 5,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }


class Silence:
    """Whether the server was last met silent; shared by all threads of one pool."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._next_try = 0.0
        self._trying: int | None = None

    @property
    def lasts(self) -> bool:
        return self._since is not None

    def enter(self) -> None:
        """Lets one through per pause while it lasts. raises DatabaseUnavailable for all others, at once"""
        with self._lock:
            if self._since is None:
                return
            now = time.monotonic()
            if now < self._next_try:
                raise DatabaseUnavailable("the database does not answer")
            self._next_try = now + CONNECT_SECONDS + PING_SECONDS + PAUSE_SECONDS
            self._trying = threading.get_ident()

    def spares(self) -> bool:
        """Whether this thread need not even try: it stood in line for a connection while the silence began."""
        with self._lock:
            return self._since is not None and self._trying != threading.get_ident()

    def met(self) -> None:
        """Somebody waited in vain."""
        with self._lock:
            now = time.monotonic()
            self._since = self._since or now
            self._next_try = now + PAUSE_SECONDS
            self._trying = None

    def ended(self) -> None:
        """The server has answered."""
        if self._since is not None:
            with self._lock:
                self._since = None


class BoundedConnection(psycopg.Connection[Any]):
    """A connection whose waits end. `patience` is how long one answer may take; None waits as long as it lasts."""

    patience: float | None = PING_SECONDS
    silence: Silence | None = None

    @classmethod
    def opened(cls, silence: Silence, arguments: dict[str, Any]) -> Self:
        """raises psycopg.OperationalError; a server that says nothing is remembered"""
        if silence.spares():
            raise psycopg.OperationalError("the database does not answer")
        begun = time.monotonic()
        try:
            made = cls.connect(**arguments)
        except psycopg.OperationalError:
            # refused at once is an answer: the next one may ask again
            silence.met() if time.monotonic() - begun > PAUSE_SECONDS else silence.ended()
            raise
        made.silence = silence
        return made

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        """The driver's own generator, with a look at the clock each time that nothing has come."""
        begun = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready:
                    self._give_up_after(time.monotonic() - begun)
                wanted = gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result

    def _give_up_after(self, waited: float) -> None:
        """raises psycopg.OperationalError, with the connection closed: its state cannot be known any more"""
        if self.patience is None:
            return
        spared = self.silence is not None and self.silence.lasts and waited > SILENCE_SECONDS
        if waited > self.patience or spared:
            if self.silence is not None:
                self.silence.met()
            self.close()
            raise psycopg.OperationalError("the database does not answer")


def bound(engine: Engine, silence: Silence) -> None:
    """Gives an engine connections that do not wait for ever."""

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> Any:
        return BoundedConnection.opened(silence, named)

    @event.listens_for(engine, "checkout")
    def _answered(connection: BoundedConnection, _record: ConnectionPoolEntry, _proxy: Any) -> None:
        silence.ended()  # it was opened just now, or has answered the ping
        connection.patience = STATEMENT_SECONDS + _MARGIN_SECONDS

    @event.listens_for(engine, "checkin")
    def _rest(connection: BoundedConnection | None, _record: ConnectionPoolEntry) -> None:
        if connection is not None and not connection.closed:
            connection.patience = PING_SECONDS
            connection.read_only = None  # the server's word counts again: a standby or a full one may take no changes


def may(connection: Connection, table: str, right: str) -> bool:
    """Whether the role in use sees a table and has a right on it. right: SELECT, INSERT ..."""
    asked = "SELECT to_regclass(:name) IS NOT NULL AND has_table_privilege(to_regclass(:name), :right)"
    return bool(connection.execute(text(asked), {"name": table, "right": right}).scalar_one())


def may_build(connection: Connection) -> bool:
    """Whether the role in use may make schemas in this database, as its owner may."""
    asked = "SELECT has_database_privilege(current_database(), 'CREATE')"
    return bool(connection.execute(text(asked)).scalar_one())


def take_time(connection: Connection) -> None:
    """Until the end of this transaction statements may last: a step over millions of rows does."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    driver = connection.connection.driver_connection
    if isinstance(driver, BoundedConnection):
        driver.patience = None
