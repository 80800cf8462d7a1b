"""A store on each database: SQLite in a file, and PostgreSQL in a database of the run's own, as its administrator."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.storage.unit import Store
from tests.databases import BOTH, PostgresDatabase


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


@pytest.fixture
def postgres_url(empty_postgres: PostgresDatabase) -> str:
    """Empty tables."""
    return empty_postgres.admin


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """Where the migrated, empty database of this test is."""
    name = "postgres_url" if request.param == "postgres" else "sqlite_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def store(url: str, keys: KeyFile, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store."""
    store = Store(url, keys, tmp_path / "photos")
    store.migrate()  # an emptied database lacks the service's own key
    yield store
    store.close()


@pytest.fixture
def on_sqlite(sqlite_url: str, keys: KeyFile, tmp_path: Path) -> Iterator[Store]:
    """For what only files can show."""
    store = Store(sqlite_url, keys, tmp_path / "photos")
    yield store
    store.close()


@pytest.fixture
def front(request: pytest.FixtureRequest, url: str, store: Store, keys: KeyFile, tmp_path: Path) -> Iterator[Store]:
    """The same store as the role that serves and works has it; SQLite knows one role."""
    if url.startswith("sqlite"):
        yield store
        return
    database: PostgresDatabase = request.getfixturevalue("postgres_database")
    serving = Store(database.urls.front, keys, tmp_path / "photos")
    yield serving
    serving.close()
