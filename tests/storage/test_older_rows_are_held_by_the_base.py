"""Rows of releases without guards are taken as far as the upgrade found them, and no further."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.core.audit import AuditEvent, StoredRow, stored_row
from auth_service.storage.unit import Store
from tests.databases import BOTH
from tests.storage.earlier import Old, at_step
from tests.storage.samples import NOW, direct_sql

BEFORE = "2026_11_28_2_replays"


def written_by_an_older_release(old: Old, rows: int) -> None:
    for number in range(rows):
        old.tell(AuditEvent("cli", "test.done"), NOW + timedelta(seconds=number))
    direct_sql(old.url, "INSERT INTO audit_checkpoints (number, rows, note, frontier) VALUES (1, 2, 'note', '')")


def forged(store: Store) -> list[int]:
    with store.reading() as unit:
        guarded = unit.audit.guarded()
        assert [row[0] for row in guarded] == list(range(1, unit.audit.head()[0] + 1))
        return guarded.forged


@pytest.mark.parametrize("kind", BOTH)
def test_rows_that_the_upgrade_found_are_taken_and_new_ones_are_guarded(kind: str, tmp_path: Path) -> None:
    with at_step(BEFORE, kind, tmp_path) as old:
        written_by_an_older_release(old, 3)
        store = old.store()
        assert store.migrate()[0] == "2026_11_28_3_audit_guards"
        with store.unit() as unit:
            unit.audit.append(AuditEvent("cli", "test.done"), NOW)
        assert forged(store) == []
        lengths = direct_sql(old.url, "SELECT number, length(guard) FROM audit_rows ORDER BY number")
        assert lengths == [(1, 0), (2, 0), (3, 0), (4, 32)]
        assert direct_sql(old.url, "SELECT number, rows, note FROM audit_checkpoints") == [(1, 2, "note")]
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(old.url, "UPDATE audit_checkpoints SET note = 'other'")
        store.close()


@pytest.mark.parametrize("kind", BOTH)
def test_a_schema_that_a_restore_left_empty_is_sealed_by_the_next_migration(kind: str, tmp_path: Path) -> None:
    with at_step("heads", kind, tmp_path) as left:
        store = left.store()
        assert store.migrate() == []
        for _ in range(2):
            with store.unit() as unit:
                unit.audit.append(AuditEvent("cli", "test.done"), NOW)
        assert forged(store) == []
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(left.url, "UPDATE audit_base SET rows = 2")
        store.close()


@pytest.mark.parametrize(
    "put_in",
    [
        f"INSERT INTO audit_rows ({', '.join(StoredRow._fields)}) VALUES (1, '', 'a', 'b', '', '{{}}', '', '')",
        "INSERT INTO audit_checkpoints (number, rows, note, frontier) VALUES (1, 2, 'note', '')",
        "UPDATE audit_base SET rows = 3",
    ],
)
def test_a_base_is_not_sealed_late_over_anything(put_in: str, tmp_path: Path) -> None:
    with at_step("heads", "sqlite", tmp_path) as left:
        direct_sql(left.url, put_in)
        store = left.store()
        store.migrate()
        assert direct_sql(left.url, "SELECT length(guard) FROM audit_base") == [(0,)]
        store.close()


def test_a_base_that_somebody_else_set_holds_nothing(tmp_path: Path) -> None:
    with at_step(BEFORE, "sqlite", tmp_path) as old:
        written_by_an_older_release(old, 3)
        store = old.store()
        store.migrate()
        triggers = direct_sql(
            old.url, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit_%'"
        )
        direct_sql(old.url, *(f"DROP TRIGGER {name}" for (name,) in triggers))
        with store.reading() as unit:
            last = list(unit.audit.stored())[-1]
        row = stored_row(4, NOW, AuditEvent("cli", "test.forged"), last.hash)
        values = ", ".join(repr(value) for value in row)
        direct_sql(
            old.url,
            f"INSERT INTO audit_rows ({', '.join(StoredRow._fields)}) VALUES ({values})",
            f"UPDATE audit_head SET rows = 4, hash = '{row.hash}'",
        )
        assert forged(store) == [4]
        direct_sql(old.url, f"UPDATE audit_base SET rows = 4, hash = '{row.hash}'")
        assert forged(store) == [1, 2, 3, 4]
        store.close()
