"""An agency for each test, with the desk of its privacy officer, and a look behind the service's back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.databases import BOTH
from tests.fakes import picture
from tests.flows.capturing import Phone
from tests.flows.erasing import Privacy


@pytest.fixture(params=BOTH)
def agency(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Agency]:
    """On SQLite, and on PostgreSQL as the roles that serve and import."""
    on_postgres = request.param == "postgres"
    built = Agency(tmp_path, clock, request.getfixturevalue("empty_postgres").urls if on_postgres else None)
    yield built
    built.close()


@pytest.fixture
def privacy(agency: Agency, tmp_path: Path) -> Privacy:
    return Privacy(agency, tmp_path / "elsewhere" / "erasures.jsonl")


@pytest.fixture
def phone(agency: Agency) -> Phone:
    """Before which somebody enrolled sits."""
    agency.person()
    agency.enroll(WANG, picture("wang"), picture("wang", take=2))
    return Phone(agency)


@pytest.fixture
def rows(agency: Agency, request: pytest.FixtureRequest) -> Iterator[Callable[..., list[Any]]]:
    """Behind the service's back."""
    url = agency.urls.front
    if url.startswith("postgresql"):
        url = request.getfixturevalue("postgres_database").admin
    engine = create_engine(url)

    def ask(statement: str, **values: Any) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    yield ask
    engine.dispose()
