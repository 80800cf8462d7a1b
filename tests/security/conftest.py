"""A whole service on SQLite: what is shown here does not depend on the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.channels.service import Blueprint, Deployment, deployment, make_blueprint


@pytest.fixture(scope="session")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blueprint]:
    made = make_blueprint(tmp_path_factory.mktemp("blueprint") / "home")
    yield made
    made.wiring.close_stores()


@pytest.fixture
def service(blueprint: Blueprint, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(blueprint, tmp_path / "home") as made:
        yield made
