"""A database of a test's own on either backend, for services that run in processes of their own."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import POSTGRES

BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@contextlib.contextmanager
def database_settings(backend: str) -> Iterator[dict[str, str]]:
    """Settings of a service that keeps its records there; none for SQLite, which lies in its home."""
    if backend == "sqlite":
        yield {}
        return
    name = f"test_{secrets.token_hex(8)}"
    plain = POSTGRES.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield {"AUTH_SERVICE_DATABASE_URL": f"{POSTGRES.rpartition('/')[0]}/{name}"}
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
