"""An agency for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import Agency
from tests.conftest import FixedClock
from tests.databases import BOTH


@pytest.fixture(params=BOTH)
def agency(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Agency]:
    """On SQLite, and on PostgreSQL as the roles that serve and import."""
    on_postgres = request.param == "postgres"
    built = Agency(tmp_path, clock, request.getfixturevalue("empty_postgres").urls if on_postgres else None)
    yield built
    built.close()
