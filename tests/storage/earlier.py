"""Databases as an earlier release left them, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auth_service.connectors.key_file import KeyFile
from auth_service.core.audit import AuditEvent, StoredRow, stored_row
from auth_service.storage import schema_version
from auth_service.storage.unit import Store
from tests.databases import PostgresDatabase, postgres_database
from tests.storage.samples import direct_sql


@dataclass(frozen=True)
class Old:
    """A database at a step before this release's, empty, and its keys."""

    url: str
    keys: KeyFile
    folder: Path

    def store(self) -> Store:
        return Store(self.url, self.keys, self.folder / "photos")

    def tell(self, event: AuditEvent, at: datetime) -> None:
        """An audit row as a release wrote it whose rows had no guard."""
        ((rows, head),) = direct_sql(self.url, "SELECT rows, hash FROM audit_head")
        row = stored_row(rows + 1, at, event, head)
        values = ", ".join(repr(value) for value in row).replace('":', '"\\:')  # no parameter
        direct_sql(
            self.url,
            f"INSERT INTO audit_rows ({', '.join(StoredRow._fields)}) VALUES ({values})",
            f"UPDATE audit_head SET rows = {row.number}, hash = '{row.hash}'",
        )


@contextmanager
def at_step(revision: str, kind: str, folder: Path) -> Iterator[Old]:
    """kind: one of tests.databases.BOTH"""
    keys = KeyFile.open_or_create(folder / "keys.json")
    if kind == "postgres":
        with postgres_database(folder) as database:
            _empty(database)
            yield _migrated(Old(database.admin, keys, folder), revision)
    else:
        yield _migrated(Old(f"sqlite:///{folder / 'old.db'}", keys, folder), revision)


def _empty(database: PostgresDatabase) -> None:
    with database.connect() as connection:
        for schema in ("public", "identity", "faces", "bank"):
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")  # type: ignore[call-overload]
        connection.execute("CREATE SCHEMA public")


def _migrated(old: Old, revision: str) -> Old:
    store = old.store()
    with store._database.rebuilding() as connection:
        schema_version.upgrade(connection, revision)
    store.close()
    return old
