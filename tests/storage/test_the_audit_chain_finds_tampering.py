"""Direct SQL with the triggers taken away: the walk names the first row that does not fit."""

from __future__ import annotations

import pytest

from auth_service.core.audit import AuditEvent, AuditReport, verify
from auth_service.core.errors import StorageFault
from auth_service.storage.unit import Store
from tests.storage.samples import NOW, direct_sql

LENGTH = 9


def fill(store: Store) -> None:
    for group in range(3):
        with store.unit() as unit:
            for place in range(3):
                details = {"n": group * 3 + place, "share": 0.1, "word": "照片", "none": None, "yes": True}
                unit.audit.append(AuditEvent("cli", "test.done", "person:x", details), NOW)


def walk(store: Store) -> AuditReport:
    with store.reading() as unit:
        return verify(unit.audit.rows(), *unit.audit.head())


def tamper(url: str, *statements: str) -> None:
    if url.startswith("sqlite"):
        names = [name for (name,) in direct_sql(url, "SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        direct_sql(url, *(f"DROP TRIGGER {name}" for name in names), *statements)
    else:
        without = (f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("audit_rows", "audit_head"))
        direct_sql(url, *without, *statements)


def test_an_untouched_chain_is_whole(store: Store) -> None:
    assert walk(store) == AuditReport(0, ok=True, first_bad=None, head="0" * 64)
    fill(store)
    report = walk(store)
    assert (report.rows, report.ok) == (LENGTH, True)


EDITS = (
    "actor = 'somebody'",
    "action = 'test.undone'",
    "subject = 'person:y'",
    "details = '{}'",
    "details = 'no JSON'",
    "details = details || ' '",
    "at = '2020-01-01T00:00:00.000000+00:00'",
    "at = '2026-03-10T02:30:15.123456'",
    "at = 'never'",
    "previous = hash",
    "hash = previous",
)


@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_row_is_named(store: Store, url: str, edit: str) -> None:
    fill(store)
    tamper(url, f"UPDATE audit_rows SET {edit} WHERE number = 5")
    assert (walk(store).ok, walk(store).first_bad) == (False, 5)


@pytest.mark.parametrize(("removed", "first_bad"), [("number = 1", 1), ("number = 5", 5), ("number IN (4, 7)", 4)])
def test_a_removed_row_is_named(store: Store, url: str, removed: str, first_bad: int) -> None:
    fill(store)
    tamper(url, f"DELETE FROM audit_rows WHERE {removed}")
    assert walk(store).first_bad == first_bad


def test_rows_in_another_order_are_found(store: Store, url: str) -> None:
    fill(store)
    tamper(
        url,
        "UPDATE audit_rows SET number = 100 WHERE number = 3",
        "UPDATE audit_rows SET number = 3 WHERE number = 6",
        "UPDATE audit_rows SET number = 6 WHERE number = 100",
    )
    assert walk(store).first_bad == 3


def test_a_row_removed_and_the_others_moved_up_is_found(store: Store, url: str) -> None:
    fill(store)
    tamper(
        url,
        "DELETE FROM audit_rows WHERE number = 4",
        *(f"UPDATE audit_rows SET number = {n} WHERE number = {n + 1}" for n in range(4, LENGTH)),
    )
    assert walk(store).first_bad == 4


@pytest.mark.parametrize("cut", [1, 4, LENGTH])
def test_a_cut_tail_is_found_by_the_head(store: Store, url: str, cut: int) -> None:
    fill(store)
    tamper(url, f"DELETE FROM audit_rows WHERE number > {LENGTH - cut}")
    assert walk(store).first_bad == LENGTH - cut + 1


def test_a_row_added_behind_the_head_is_found(store: Store, url: str) -> None:
    fill(store)
    columns = "at, actor, action, subject, details, previous, hash"
    tamper(
        url,
        f"INSERT INTO audit_rows (number, {columns}) "
        f"SELECT {LENGTH + 1}, {columns} FROM audit_rows WHERE number = {LENGTH}",
    )
    assert walk(store).first_bad == LENGTH + 1


def test_without_a_head_nothing_more_is_recorded(store: Store, url: str) -> None:
    fill(store)
    tamper(url, "DELETE FROM audit_head")
    with pytest.raises(StorageFault), store.unit() as unit:
        unit.audit.append(AuditEvent("cli", "test.done"), NOW)
    assert not walk(store).ok


def test_rows_can_be_read_from_any_number_on(store: Store) -> None:
    fill(store)
    with store.reading() as unit:
        assert [row.number for row in unit.audit.rows(after=6)] == [7, 8, 9]
        (first, *_) = unit.audit.rows()
    assert first.event == AuditEvent(
        "cli", "test.done", "person:x", {"n": 0, "share": 0.1, "word": "照片", "none": None, "yes": True}
    )
    assert first.at == NOW


def test_a_rolled_back_unit_leaves_no_audit_row(store: Store) -> None:
    fill(store)
    with pytest.raises(ZeroDivisionError), store.unit() as unit:  # noqa: PT012
        unit.audit.append(AuditEvent("cli", "test.done"), NOW)
        raise ZeroDivisionError
    assert walk(store).rows == LENGTH


def test_what_was_appended_is_read_in_the_same_unit(store: Store) -> None:
    with store.unit() as unit:
        unit.audit.append(AuditEvent("cli", "test.done"), NOW)
        assert unit.audit.head()[0] == 1
        unit.audit.append(AuditEvent("cli", "test.done"), NOW)
        assert [row.number for row in unit.audit.rows()] == [1, 2]
