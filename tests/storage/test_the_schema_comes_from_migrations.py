"""The schema that the migrations build is the schema that the code expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import DatabaseUnavailable, SchemaOutdated, SettingInvalid, StorageFault
from auth_service.storage.tables import metadata
from auth_service.storage.unit import Store
from tests.storage.samples import PASSED, direct_sql, evidence, person


def checks(engine: Engine) -> dict[tuple[str, str], str]:
    inspector = inspect(engine)
    return {
        (table, str(check["name"])): check["sqltext"]
        for table in metadata.tables
        for check in inspector.get_check_constraints(table)
    }


def triggers(url: str) -> set[str]:
    if url.startswith("sqlite"):
        return {name for (name,) in direct_sql(url, "SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    return {
        name
        for (name,) in direct_sql(
            url,
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = ANY (current_schemas(false)) AND NOT t.tgisinternal",
        )
    }


def test_migrations_and_tables_agree(store: Store, url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_checks_agree_word_for_word(store: Store, sqlite_url: str, tmp_path: Path) -> None:
    migrated, declared = create_engine(sqlite_url), create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    metadata.create_all(declared)
    assert checks(migrated) == checks(declared)
    assert len(checks(declared)) > 20
    migrated.dispose()
    declared.dispose()


def test_every_fact_has_its_guards(store: Store, url: str) -> None:
    found = triggers(url)
    for table in (
        "evidence", "certificates", "consents", "flags", "judgements", "reviews", "audit_rows", "audit_checkpoints",
        "pad_findings", "replay_prints", "replay_cells", "flag_devices", "chip_comparisons", "devices",
        "flash_measurements", "offline_records",
        "payments", "payment_proposals", "payment_decisions",
        "payment_files", "payment_sent", "payment_answers", "contests", "contest_acts",
        "cases", "case_flags", "case_acts",
        "receipts", "revocations",
        "rule_settings", "rule_activations", "shadow_flags", "shadow_flag_people", "shadow_judgements",
        "registry_batches", "registry_acts", "registry_records", "registry_refusals",
        "link_findings", "link_acts",
        "poverty_months", "poverty_lines", "poverty_counts",
        "registry_pushes", "poverty_months", "poverty_lines", "poverty_counts",
    ):  # fmt: skip
        assert sum(name.startswith(f"{table}_no_") for name in found) == 2, table


def test_migrating_again_does_nothing(store: Store) -> None:
    assert store.migrate() == []
    store.check_schema()


def _place(revision: str) -> list[int]:
    """Day and number on it: the tenth of a day follows the ninth."""
    return [int(part) for part in revision.split("_")[:4]]


def test_an_empty_database_is_outdated_until_it_is_migrated(tmp_path: Path, keys: KeyFile) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new folder' / 'a.db'}", keys, tmp_path / "photos")
    with pytest.raises(SchemaOutdated):
        store.check_schema()
    with pytest.raises(SchemaOutdated), store.reading() as unit:
        unit.people.count()
    taken = store.migrate()
    assert taken == sorted(taken, key=_place)
    assert len(taken) >= 5
    store.check_schema()
    store.close()


def test_a_database_of_another_release_is_refused(store: Store, url: str) -> None:
    newer = "UPDATE alembic_version SET version_num = '2099_01_01_future'"
    direct_sql(url, newer, "UPDATE schema_reach SET oldest_revision = '2099_01_01_future'")
    with pytest.raises(SchemaOutdated):
        store.check_schema()
    with pytest.raises(SchemaOutdated):
        store.migrate()


def test_a_database_that_a_newer_release_has_only_expanded_is_worked_with(store: Store, url: str) -> None:
    newer = "UPDATE alembic_version SET version_num = '2099_01_01_future'"
    direct_sql(url, newer, "ALTER TABLE evidence ADD COLUMN added_by_the_future INTEGER")
    try:
        store.check_schema()
        assert store.migrate() == []
        someone = person(store)
        with store.unit() as unit:
            unit.evidence.add(evidence(someone), PASSED)
    finally:
        direct_sql(url, "ALTER TABLE evidence DROP COLUMN added_by_the_future")


def test_an_older_database_is_outdated_until_it_is_migrated(store: Store, url: str) -> None:
    direct_sql(url, "UPDATE alembic_version SET version_num = '2026_11_23_5_append_only'")
    with pytest.raises(SchemaOutdated):
        store.check_schema()


def test_sqlite_writes_through_to_the_disk_and_keeps_no_rests(on_sqlite: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "recursive_triggers": 1}
    with on_sqlite._database.writing() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in wanted}
    assert found == wanted


@pytest.mark.postgres
def test_postgresql_acknowledges_only_what_is_on_disk(postgres_url: str, keys: KeyFile, tmp_path: Path) -> None:
    store = Store(postgres_url, keys, tmp_path / "photos")
    with store._database.writing() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
        assert connection.execute(text("SHOW timezone")).scalar() == "UTC"
        path = connection.execute(text("SELECT array_to_string(current_schemas(false), ',')")).scalar()
        assert path == "public,identity,faces,bank"
    store.close()


@pytest.mark.parametrize("url", ["no url", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql://x/y"])
def test_an_unusable_database_url_is_refused(url: str, keys: KeyFile, tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid):
        Store(url, keys, tmp_path)


def test_a_database_that_does_not_answer_is_unavailable(keys: KeyFile, tmp_path: Path) -> None:
    store = Store("postgresql+psycopg://nobody@127.0.0.1:1/none", keys, tmp_path)
    for attempt in (store.ping, store.check_schema, store.migrate):
        with pytest.raises(DatabaseUnavailable):
            attempt()


def test_a_file_that_is_no_database_is_a_fault(keys: KeyFile, tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"no database at all" * 100)
    store = Store(f"sqlite:///{tmp_path / 'a.db'}", keys, tmp_path)
    with pytest.raises(StorageFault):
        store.ping()
    store.close()


@pytest.mark.asvs("15.4.3")
def test_a_locked_database_is_unavailable_not_broken(on_sqlite: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("auth_service.storage.database.WAIT_SECONDS", 0.05)
    with on_sqlite.unit(), pytest.raises(DatabaseUnavailable), on_sqlite.unit():
        pass
