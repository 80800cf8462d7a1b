"""Fixtures of the console's tests: each runs on SQLite, and on PostgreSQL as the roles that serve and import.

On PostgreSQL the quick suite runs what writes; the rest, whose database work is the same, waits for `make prove`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth_service.accounts.roles import Role
from tests.channels.service import Blueprint, Client, Deployment, deployment, make_blueprint
from tests.databases import BOTH, PostgresDatabase

_QUICK_ON_POSTGRES = (
    "test_a_day_at_the_desk", "test_a_flag_and_its_capture_know_of_each_other", "test_a_monitor_judges_flags",
    "test_signing_in_and_out",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here) and item.path.stem not in _QUICK_ON_POSTGRES:
            parameters = getattr(item, "callspec", None)
            if parameters is not None and parameters.params.get("service") == "postgres":
                item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blueprint]:
    made = make_blueprint(tmp_path_factory.mktemp("blueprint") / "home")
    yield made
    made.wiring.close_stores()


@pytest.fixture(scope="session")
def postgres_blueprint(
    tmp_path_factory: pytest.TempPathFactory, postgres_database: PostgresDatabase
) -> Iterator[Blueprint]:
    postgres_database.empty()
    made = make_blueprint(tmp_path_factory.mktemp("blueprint") / "home", postgres_database)
    yield made
    made.wiring.close_stores()


@pytest.fixture(params=BOTH)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    name = "postgres_blueprint" if request.param == "postgres" else "blueprint"
    with deployment(request.getfixturevalue(name), tmp_path / "home") as made:
        yield made


@pytest.fixture
def officer(service: Deployment) -> Client:
    return service.sign_in(Role.OFFICER)
