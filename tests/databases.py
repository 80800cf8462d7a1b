"""The PostgreSQL of a test run: one database of its own with the three roles, migrated once, emptied for each test.

Tests connect as one user and take a role with `options=-crole=...`, so that the server needs no other sign-in than the
one of AUTH_SERVICE_TEST_POSTGRES (a superuser). The roles belong to the server and stay; without a password nobody can
use them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.storage.grants import DatabaseRole
from auth_service.storage.tables import metadata
from auth_service.storage.unit import Store
from tests.conftest import POSTGRES, ROOT

BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
ROLES = ROOT / "deploy" / "postgres" / "roles.sql"
_PLAIN = POSTGRES.replace("+psycopg", "")
_ROLES_LOCK = 0x726F6C6573
_WITHOUT_GUARDS = "SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off"
_GENESIS = "0" * 64
_MADE_BY_MIGRATIONS = frozenset({"audit_base", "audit_head", "schema_reach"})


@dataclass(frozen=True)
class Urls:
    """One database, as each role. On SQLite all are the same."""

    front: str
    ledger: str
    owner: str

    def settings(self) -> dict[str, str]:
        """As settings of the service."""
        return {"database_url": self.front, "ledger_database_url": self.ledger, "owner_database_url": self.owner}


@dataclass
class PostgresDatabase:
    """`admin` is the superuser's URL: for tests that look behind the service's back."""

    admin: str
    urls: Urls
    _head: list[Any] = field(default_factory=list)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.admin.replace("+psycopg", ""), autocommit=True)

    def empty(self) -> None:
        """All rows go; what tests change in the schema's own rows and triggers is put right."""
        with self.connect() as connection, connection.transaction():
            _run(connection, _WITHOUT_GUARDS)
            _run(connection, "; ".join(f"DELETE FROM {name}" for name in metadata.tables))
            _run(connection, "ALTER TABLE audit_rows ENABLE TRIGGER USER; ALTER TABLE audit_head ENABLE TRIGGER USER")
            _run(connection, f"INSERT INTO audit_head (id, rows, hash) VALUES (1, 0, '{_GENESIS}')")
            sealed = "decode(repeat('00', 32), 'hex')"  # by no key: nothing here is older than the guards
            base = f"VALUES (1, 0, '{_GENESIS}', 0, {sealed})"
            _run(connection, f"INSERT INTO audit_base (id, rows, hash, checkpoints, guard) {base}")
            oldest, head = self._head
            _run(connection, f"INSERT INTO schema_reach (id, oldest_revision) VALUES (1, '{oldest}')")
            _run(connection, f"UPDATE alembic_version SET version_num = '{head}'")

    def save(self) -> dict[str, bytes]:
        """Every row, to be put back with `put`."""
        saved = {}
        with self.connect() as connection:
            for name in metadata.tables:
                with connection.cursor().copy(f"COPY {name} TO STDOUT (FORMAT binary)") as copy:
                    saved[name] = b"".join(bytes(part) for part in copy)
        return saved

    def put(self, saved: Mapping[str, bytes]) -> None:
        """Exactly the rows that were saved."""
        self.empty()
        with self.connect() as connection, connection.transaction():
            _run(connection, _WITHOUT_GUARDS)
            _run(connection, "; ".join(f"DELETE FROM {name}" for name in _MADE_BY_MIGRATIONS))
            for name, rows in saved.items():
                with connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(rows)

    def empty_keys(self) -> None:
        """The service's own key was made by a key file that nobody needs."""
        with self.connect() as connection, connection.transaction():
            _run(connection, f"{_WITHOUT_GUARDS}; DELETE FROM service_keys; DELETE FROM wrapping_keys")

    def remember(self) -> None:
        with self.connect() as connection:
            found = connection.execute("SELECT oldest_revision, version_num FROM schema_reach, alembic_version")
            self._head = list(found.fetchone() or ())


def as_role(url: str, role: DatabaseRole) -> str:
    """The URL with which one works in a role."""
    return f"{url}{'&' if '?' in url else '?'}options=-crole%3D{role.value}"


def urls_of(url: str) -> Urls:
    return Urls(*(as_role(url, role) for role in (DatabaseRole.FRONT, DatabaseRole.LEDGER, DatabaseRole.OWNER)))


def make_roles(connection: psycopg.Connection[Any]) -> None:
    """As the database's administrator would."""
    connection.execute(ROLES.read_text(encoding="utf-8"))  # type: ignore[call-overload]


def make_service_database(admin: str, folder: Path) -> PostgresDatabase:
    """An empty database, given its roles by the administrator and its tables by their owner. admin: superuser's URL"""
    made = PostgresDatabase(admin, urls_of(admin))
    name = admin.rpartition("/")[2].split("?")[0]
    with made.connect() as connection:
        make_roles(connection)
        # tests watch over the superuser's shoulder, who finds the tables by the same path
        _run(connection, f"ALTER DATABASE {name} SET search_path = public, identity, faces, bank")
    store = Store(made.urls.owner, KeyFile.open_or_create(folder / "first-keys.json"), folder / "photos")
    store.migrate()
    store.close()
    made.empty_keys()
    made.remember()
    return made


@contextmanager
def postgres_database(folder: Path) -> Iterator[PostgresDatabase]:
    """A database of this run's own on the server for tests, migrated by its owner; dropped at the end."""
    name = f"auth_service_test_{secrets.token_hex(8)}"
    with psycopg.connect(_PLAIN, autocommit=True) as server:
        _run(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        try:
            server.execute("SELECT pg_advisory_lock(%s)", (_ROLES_LOCK,))  # another run may make the roles too
            made = make_service_database(POSTGRES.rpartition("/")[0] + f"/{name}", folder)
            server.execute("SELECT pg_advisory_unlock(%s)", (_ROLES_LOCK,))
            yield made
        finally:
            _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(connection: psycopg.Connection[Any], statements: str) -> None:
    connection.execute(statements)  # type: ignore[call-overload]
