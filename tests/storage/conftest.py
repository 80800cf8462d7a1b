"""A store on each database: SQLite in a file, and PostgreSQL in a schema of its own."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from auth_service.connectors.key_file import KeyFile
from auth_service.storage.tables import metadata
from auth_service.storage.unit import Store

POSTGRES = os.environ.get("AUTH_SERVICE_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
_PLAIN = POSTGRES.replace("+psycopg", "")
BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key file, and an empty SQLite database that the migrations have made."""
    folder = tmp_path_factory.mktemp("prepared")
    store = Store(f"sqlite:///{folder / 'empty.db'}", KeyFile.open_or_create(folder / "keys.json"), folder / "photos")
    store.migrate()
    store.close()
    return folder


@pytest.fixture
def keys(prepared: Path) -> KeyFile:
    return KeyFile(prepared / "keys.json")


@pytest.fixture
def sqlite_url(prepared: Path, tmp_path: Path) -> str:
    shutil.copy(prepared / "empty.db", tmp_path / "service.db")
    return f"sqlite:///{tmp_path / 'service.db'}"


@pytest.fixture(scope="session")
def postgres_schema(prepared: Path) -> Iterator[str]:
    """A schema of this run's own, migrated once, dropped at the end; returns its URL."""
    schema = f"test_{secrets.token_hex(8)}"
    url = f"{POSTGRES}?options=-csearch_path%3D{schema}"
    with psycopg.connect(_PLAIN, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            store = Store(url, KeyFile(prepared / "keys.json"), prepared / "photos")
            store.migrate()
            store.close()
            yield url
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def postgres_url(postgres_schema: str) -> Iterator[str]:
    """Empty tables; what a test leaves, its triggers taken away included, is put right afterwards."""
    engine = create_engine(postgres_schema)
    with engine.connect() as connection:
        head = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    yield postgres_schema
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in metadata.tables:
            if table not in {"service_keys", "audit_head"}:
                connection.execute(text(f"DELETE FROM {table}"))
        for table in ("audit_rows", "audit_head"):
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        connection.execute(text("DELETE FROM audit_head"))
        connection.execute(text(f"INSERT INTO audit_head (id, rows, hash) VALUES (1, 0, '{'0' * 64}')"))
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
    engine.dispose()


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """Where the migrated, empty database of this test is."""
    name = "postgres_url" if request.param == "postgres" else "sqlite_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def store(url: str, keys: KeyFile, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store."""
    store = Store(url, keys, tmp_path / "photos")
    yield store
    store.close()


@pytest.fixture
def on_sqlite(sqlite_url: str, keys: KeyFile, tmp_path: Path) -> Iterator[Store]:
    """For what only files can show."""
    store = Store(sqlite_url, keys, tmp_path / "photos")
    yield store
    store.close()
