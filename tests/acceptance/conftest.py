"""A PostgreSQL server for those tests that break it, and places for backups."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.places import Place, empty_database
from tests.acceptance.postgres_cluster import Cluster, cluster, skip_without_binaries
from tests.conftest import FixedClock


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """One running server for a file's tests; each puts right what it broke."""
    skip_without_binaries()
    with cluster() as made:
        yield made


@pytest.fixture
def places(tmp_path: Path, clock: FixedClock) -> Iterator[Callable[[str, str], Place]]:
    with contextlib.ExitStack() as stack:

        def place(name: str, backend: str) -> Place:
            urls = stack.enter_context(empty_database()) if backend == "postgres" else None
            return Place(tmp_path / name, urls, clock)

        yield place
