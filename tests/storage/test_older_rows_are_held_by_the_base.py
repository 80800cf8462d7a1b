"""Rows of releases without guards are taken as far as the upgrade found them, and no further."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.core.audit import GENESIS, AuditEvent, StoredRow, stored_row
from auth_service.storage import schema_version
from auth_service.storage.unit import Store
from tests.storage.samples import NOW, direct_sql

BEFORE = "2026_11_28_2_replays"


def written_by_an_older_release(url: str, store: Store, rows: int) -> list[StoredRow]:
    with store._database.rebuilding() as connection:
        schema_version.upgrade(connection, BEFORE)
    written, previous = [], GENESIS
    for number in range(1, rows + 1):
        row = stored_row(number, NOW + timedelta(seconds=number), AuditEvent("cli", "test.done"), previous)
        written.append(row)
        previous = row.hash
        values = ", ".join(repr(value) for value in row)
        direct_sql(url, f"INSERT INTO audit_rows ({', '.join(StoredRow._fields)}) VALUES ({values})")
    direct_sql(
        url,
        f"UPDATE audit_head SET rows = {rows}, hash = '{previous}'",
        "INSERT INTO audit_checkpoints (number, rows, note, frontier) VALUES (1, 2, 'note', '')",
    )
    return written


def forged(store: Store) -> list[int]:
    with store.reading() as unit:
        guarded = unit.audit.guarded()
        assert [row[0] for row in guarded] == list(range(1, unit.audit.head()[0] + 1))
        return guarded.forged


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'old.db'}", KeyFile.open_or_create(tmp_path / "keys.json"), tmp_path)


def test_rows_that_the_upgrade_found_are_taken_and_new_ones_are_guarded(store: Store, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    written_by_an_older_release(url, store, 3)
    assert "2026_11_28_3_audit_guards" in store.migrate()
    with store.unit() as unit:
        unit.audit.append(AuditEvent("cli", "test.done"), NOW)
    assert forged(store) == []
    assert direct_sql(url, "SELECT number, length(guard) FROM audit_rows") == [(1, 0), (2, 0), (3, 0), (4, 32)]
    assert direct_sql(url, "SELECT number, rows, note FROM audit_checkpoints") == [(1, 2, "note")]
    store.close()


def test_a_base_that_somebody_else_set_holds_nothing(store: Store, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    written_by_an_older_release(url, store, 3)
    store.migrate()
    triggers = direct_sql(url, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit_%'")
    direct_sql(url, *(f"DROP TRIGGER {name}" for (name,) in triggers))
    with store.reading() as unit:
        last = list(unit.audit.stored())[-1]
    row = stored_row(4, NOW, AuditEvent("cli", "test.forged"), last.hash)
    values = ", ".join(repr(value) for value in row)
    direct_sql(
        url,
        f"INSERT INTO audit_rows ({', '.join(StoredRow._fields)}) VALUES ({values})",
        f"UPDATE audit_head SET rows = 4, hash = '{row.hash}'",
    )
    assert forged(store) == [4]
    direct_sql(url, f"UPDATE audit_base SET rows = 4, hash = '{row.hash}'")
    assert forged(store) == [1, 2, 3, 4]
    store.close()
