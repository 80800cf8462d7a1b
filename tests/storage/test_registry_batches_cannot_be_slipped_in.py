"""Direct SQL: the database refuses one and the same person, half a file, and any change of what was read; and what the
database lets in, the service does not believe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.roles import Role
from auth_service.storage.unit import BatchState
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.databases import BOTH
from tests.flows.registries import Registries, death

Ask = Callable[..., list[Any]]


@pytest.fixture(params=BOTH)
def registries(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Registries]:
    urls = request.getfixturevalue("empty_postgres").urls if request.param == "postgres" else None
    agency = Agency(tmp_path, clock, urls)
    yield Registries(agency)
    agency.close()


@pytest.fixture
def sql(registries: Registries, request: pytest.FixtureRequest) -> Iterator[Ask]:
    """A shell with all rights, and on SQLite without foreign keys."""
    url = registries.agency.urls.front
    if url.startswith("postgresql"):
        url = request.getfixturevalue("postgres_database").admin
    engine = create_engine(url)

    def ask(statement: str, **values: Any) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    yield ask
    engine.dispose()


RELEASE = (
    "INSERT INTO registry_acts (number, batch_id, step, act, first_by, done_by, done_at) "
    "VALUES (:number, :batch, 2, 'released', :first, :by, '2026-03-01 00:00:00')"
)
CLEAR = (
    "INSERT INTO registry_acts (number, batch_id, step, act, done_at) "
    "VALUES (9, :batch, 2, 'cleared', '2026-03-01 00:00:00')"
)


def waiting(registries: Registries) -> str:
    report = registries.take(death("1"), death("2", event_date="2027-01-01"))
    assert report.state is BatchState.QUARANTINED
    return report.batch_id


def test_the_importer_cannot_release_by_sql(registries: Registries, sql: Ask) -> None:
    batch, me = waiting(registries), registries.steward.id
    for first in (me, registries.second().id):  # oneself, and somebody who stood for nothing
        with pytest.raises(DBAPIError):
            sql(RELEASE, number=9, batch=batch, first=first, by=me)


def test_nobody_who_is_nobody_releases(registries: Registries, sql: Ask) -> None:
    with pytest.raises(DBAPIError):
        sql(RELEASE, number=9, batch=waiting(registries), first=registries.steward.id, by="f" * 32)


def test_an_odd_batch_does_not_clear_itself(registries: Registries, sql: Ask) -> None:
    with pytest.raises(DBAPIError):
        sql(CLEAR, batch=waiting(registries))


def test_a_release_slipped_in_makes_nobody_dead(registries: Registries, sql: Ask) -> None:
    batch = waiting(registries)
    other = registries.agency.member(Role.DATA_STEWARD, "ma")
    sql(RELEASE, number=9, batch=batch, first=registries.steward.id, by=other.id)
    assert registries.new()[0] == []
    assert registries.keeping.show(batch).batch.state is BatchState.QUARANTINED


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE registry_batches SET findings = '[]'",
        "UPDATE registry_batches SET finished_at = NULL",
        "DELETE FROM registry_batches",
        "UPDATE registry_acts SET done_by = NULL",
        "DELETE FROM registry_acts",
        "UPDATE registry_records SET event_on = '2020-01-01'",
        "UPDATE registry_records SET act = 'void', content_sealed = NULL",
        "DELETE FROM registry_records",
        "UPDATE registry_refusals SET code = 'x'",
        "DELETE FROM registry_refusals",
    ],
)
def test_what_was_read_is_never_changed(registries: Registries, sql: Ask, change: str) -> None:
    waiting(registries)
    with pytest.raises(DBAPIError):
        sql(change)


def test_a_row_can_be_emptied_and_not_filled_again(registries: Registries, sql: Ask) -> None:
    waiting(registries)
    sql("UPDATE registry_records SET content_sealed = NULL, content_index = NULL, id_index = NULL")
    assert sql("SELECT count(*) FROM registry_records WHERE content_sealed IS NULL") == [(1,)]


def test_a_batch_that_was_tampered_with_counts_for_nothing(registries: Registries, sql: Ask) -> None:
    report = registries.take(death("1"))
    if registries.agency.urls.front.startswith("postgresql"):
        off = "ALTER TABLE registry_batches DISABLE TRIGGER registry_batches_no_update_delete"
        on = off.replace("DISABLE", "ENABLE")
    else:
        ((made,),) = sql("SELECT sql FROM sqlite_master WHERE name = 'registry_batches_no_update'")
        off, on = "DROP TRIGGER registry_batches_no_update", made
    sql(off)
    sql("UPDATE registry_batches SET kind = 'cremation'")
    sql(on)
    assert registries.keeping.show(report.batch_id).batch.state is BatchState.TAMPERED
    assert registries.new()[0] == []


def test_nothing_that_a_row_says_of_a_person_is_readable(registries: Registries, sql: Ask) -> None:
    registries.take(death("REF-77", name="欧阳某某", village="望海楼村", detail="溺水"))
    for table in ("registry_records", "registry_batches", "registry_refusals", "registry_acts"):
        said = repr(
            [
                [bytes(cell) if isinstance(cell, memoryview) else cell for cell in row]
                for row in sql(f"SELECT * FROM {table}")
            ]
        )
        for word in ("欧阳", "望海楼", "溺水", "REF-77", "deaths.csv"):
            assert word not in said
            assert repr(word.encode())[2:-1] not in said
