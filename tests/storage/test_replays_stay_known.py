"""Whoever holds the serving role's password cannot make the service forget a capture, nor take a count back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import StorageFault
from auth_service.core.limits import Count
from auth_service.core.retention import CAPTURE_DAYS
from auth_service.storage.unit import NewCapture, Store
from tests.databases import BOTH, PostgresDatabase
from tests.storage.samples import (
    ENGINE,
    PASSED,
    direct_sql,
    enrol,
    evidence,
    person,
    photo_hash,
    reference_photo,
    template,
)

TODAY = datetime.now(UTC)
"""The real day: the database looks at its own clock before it lets a capture go."""


class Seen:
    """One person with a set in force and one capture of a pass, as the serving role may get at it."""

    def __init__(self, store: Store, ledger: Store, url: str, days_ago: float) -> None:
        self.store, self.url = store, url
        self.person = person(ledger)
        at = TODAY - timedelta(days=days_ago)
        with store.unit() as unit:
            enrol(unit, self.person, reference_photo())
            proof = evidence(self.person)
            unit.evidence.add(proof, PASSED)
            unit.captures.add(NewCapture(proof.id, self.person, photo_hash(2), template(2), None, at))

    def count(self) -> int:
        return int(direct_sql(self.url, "SELECT count(*) FROM captures")[0][0])


@pytest.fixture(params=BOTH)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store, str]]:
    keys = KeyFile.open_or_create(tmp_path / "keys.json")
    if request.param == "postgres":
        database: PostgresDatabase = request.getfixturevalue("empty_postgres")
        front, ledger = (Store(url, keys, tmp_path) for url in (database.urls.front, database.urls.ledger))
        front.migrate()
        url = database.urls.front
    else:
        url = f"sqlite:///{tmp_path / 'service.db'}"
        front = ledger = Store(url, keys, tmp_path)
        front.migrate()
    yield front, ledger, url
    front.close()
    ledger.close()


CHANGES = (
    "DELETE FROM captures",
    "UPDATE captures SET photo_hash_sealed = template_sealed",
    "UPDATE captures SET template_sealed = photo_hash_sealed",
    "UPDATE captures SET erased_at = '2026-03-10 00:00:00.000000'",
    "UPDATE captures SET template_sealed = {empty}, photo_hash_sealed = {empty}",
    "UPDATE captures SET template_sealed = {empty}",
    "UPDATE captures SET stored_at = '2001-03-10 00:00:00.000000'",
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_capture_is_neither_removed_nor_changed(stores: tuple[Store, Store, str], change: str) -> None:
    seen = Seen(*stores, days_ago=CAPTURE_DAYS - 1)
    empty = "x''" if seen.url.startswith("sqlite") else "''::bytea"
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        direct_sql(seen.url, change.format(empty=empty))
    with seen.store.reading() as unit:
        assert len(unit.captures.of(seen.person, ENGINE, 64)) == 1


def test_an_old_capture_goes_and_a_young_one_never(stores: tuple[Store, Store, str]) -> None:
    young = Seen(*stores, days_ago=CAPTURE_DAYS - 1)
    with pytest.raises(StorageFault), young.store.unit() as unit:
        unit.expiry.remove_rows("captures", TODAY, 10)
    assert young.count() == 1


def test_a_capture_that_is_old_enough_goes(stores: tuple[Store, Store, str]) -> None:
    old = Seen(*stores, days_ago=CAPTURE_DAYS + 1)
    with old.store.unit() as unit:
        assert unit.expiry.remove_rows("captures", TODAY - timedelta(days=CAPTURE_DAYS), 10) == 1
    assert old.count() == 0


def test_templates_of_an_engine_that_ended_go_and_the_hashes_stay(stores: tuple[Store, Store, str]) -> None:
    seen = Seen(*stores, days_ago=1)
    with seen.store.unit() as unit:
        while unit.reembedding.destroy(ENGINE, TODAY, 1):
            pass
    assert [bytes(row[0]) for row in direct_sql(seen.url, "SELECT template_sealed FROM captures")] == [b""]
    empty = "x''" if seen.url.startswith("sqlite") else "''::bytea"
    with pytest.raises(DBAPIError, match="append-only"):
        direct_sql(seen.url, f"UPDATE captures SET photo_hash_sealed = {empty}")


def test_a_capture_is_emptied_once_its_persons_key_is_destroyed(stores: tuple[Store, Store, str]) -> None:
    seen = Seen(*stores, days_ago=1)
    with seen.store.unit() as unit:
        assert unit._work.keys.destroy(seen.person, TODAY)
    empty = "x''" if seen.url.startswith("sqlite") else "''::bytea"
    direct_sql(seen.url, f"UPDATE captures SET template_sealed = {empty}, photo_hash_sealed = {empty}")


@pytest.mark.postgres
def test_counts_against_limits_are_not_taken_back(empty_postgres: PostgresDatabase, tmp_path: Path) -> None:
    front = Store(empty_postgres.urls.front, KeyFile.open_or_create(tmp_path / "keys.json"), tmp_path)
    front.migrate()
    count = Count("person_per_day", "somebody", 5, 86_400)
    with front.unit() as unit:
        for _ in range(3):
            assert unit.limits.take(count, TODAY)
        assert unit.limits.purge(TODAY + timedelta(days=9)) == 0, "the database's own clock counts"
    for change in (
        "DELETE FROM limit_counts",
        "UPDATE limit_counts SET count = 0",
        "UPDATE limit_counts SET count = 3",
    ):
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            direct_sql(empty_postgres.urls.front, change)
    with front.unit() as unit:
        assert [unit.limits.take(count, TODAY) for _ in range(3)] == [True, True, False]
    front.close()
