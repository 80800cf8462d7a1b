"""A PostgreSQL server for those tests that break it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.postgres_cluster import Cluster, cluster, skip_without_binaries


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """One running server for a file's tests; each puts right what it broke."""
    skip_without_binaries()
    with cluster() as made:
        yield made
