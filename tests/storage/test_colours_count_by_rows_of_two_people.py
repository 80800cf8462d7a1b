"""Measurements of the colours stay as they were, and what somebody writes there by hand counts for nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.roles import Role
from auth_service.core.errors import AlreadyExists, FlashTampered, StorageFault
from auth_service.liveness.flash_measurement import render
from auth_service.storage.records.flash import digest_of
from auth_service.storage.unit import FlashAct, Store
from tests.storage.measured import do, in_force, kept, measured
from tests.storage.samples import NOW, direct_sql
from tests.storage.test_a_calibration_needs_two_people import staff

AT = "2026-03-10 02:30:15.123456"
ON, OFF = FlashAct.ACTIVATED, FlashAct.WITHDRAWN


def activated(store: Store) -> tuple[str, str]:
    li, wang = staff(store, "li"), staff(store, "wang")
    do(store, kept(store, li), ON, wang)
    assert in_force(store) == "pilot-1"
    return li, wang


def refusals(store: Store) -> list[str]:
    with store.reading() as unit:
        return [row.event.subject for row in unit.audit.rows() if row.event.action == "flash.refused"]


def slip_in(url: str, name: str, recorder: str, activator: str) -> None:
    """Both rows, as well as they can be made without the keys."""
    text = render(measured(name))
    direct_sql(
        url,
        "INSERT INTO flash_measurements (id, name, record, record_digest, recorded_by, recorded_at) "
        f"VALUES ('{name}', '{name}', '{text}', '{digest_of(text)}', '{recorder}', '{AT}')",
        "INSERT INTO flash_acts (measurement_id, recorded_by, act, done_by, done_at) "
        f"VALUES ('{name}', '{recorder}', 'activated', '{activator}', '{AT}')",
    )


def test_the_newest_act_of_all_counts_and_the_past_stays(store: Store) -> None:
    li, wang = staff(store, "li"), staff(store, "wang")
    first, second = kept(store, li), kept(store, li, measured("pilot-2"), minutes=1)
    assert in_force(store) is None
    do(store, first, ON, wang)
    do(store, second, ON, wang)
    assert in_force(store) == "pilot-2"
    do(store, first, ON, wang)
    assert in_force(store) == "pilot-1"
    do(store, first, OFF, li)
    assert in_force(store) is None, "one person, and the one who recorded it"
    with store.reading() as unit:
        found = [(one.measurement.name, one.act, one.done_by, one.active) for one in unit.flash.all()]
    assert found == [("pilot-2", ON, wang, False), ("pilot-1", OFF, li, False)]


def test_a_name_is_given_once(store: Store) -> None:
    li = staff(store, "li")
    kept(store, li)
    with pytest.raises(AlreadyExists):
        kept(store, li)


@pytest.mark.asvs("2.3.5")
def test_nobody_activates_what_they_recorded_not_even_by_sql(store: Store, url: str) -> None:
    li, wang = staff(store, "li"), staff(store, "wang")
    found = kept(store, li)
    with pytest.raises(StorageFault):
        do(store, found, ON, li)
    columns = "INSERT INTO flash_acts (measurement_id, recorded_by, act, done_by, done_at) VALUES"
    for recorder, activator, act in ((li, li, "activated"), (wang, li, "activated"), (li, wang, "believed")):
        with pytest.raises(DBAPIError):
            direct_sql(url, f"{columns} ('{found.id}', '{recorder}', '{act}', '{activator}', '{AT}')")
    assert in_force(store) is None


@pytest.mark.parametrize("table", ["flash_measurements", "flash_acts"])
def test_neither_a_measurement_nor_an_act_can_be_edited(store: Store, url: str, table: str) -> None:
    activated(store)
    before = direct_sql(url, f"SELECT * FROM {table}")
    column = "record" if table == "flash_measurements" else "done_at"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(url, statement)
    assert direct_sql(url, f"SELECT * FROM {table}") == before


@pytest.mark.parametrize("role", [Role.MONITOR, Role.POLICY_ADMIN])
def test_two_rows_written_by_sql_put_nothing_in_force(store: Store, url: str, role: Role) -> None:
    slip_in(url, "evil", staff(store, "chen", role), staff(store, "zhao", role))
    with pytest.raises(FlashTampered):
        in_force(store)
    ((number,),) = direct_sql(url, "SELECT number FROM flash_acts")
    assert refusals(store) == [f"flash_act:{number}"]
    with store.reading() as unit:
        assert (unit.flash.all(), unit.flash.tampered()) == ([], ["evil"])


def test_an_act_that_was_slipped_in_ends_what_counted_and_two_people_renew_it(store: Store, url: str) -> None:
    li, wang = activated(store)
    slip_in(url, "evil", li, wang)
    with pytest.raises(FlashTampered):
        in_force(store)
    with store.reading() as unit:
        found = unit.flash.by_name("pilot-1")
    assert found is not None
    do(store, found, ON, wang)
    assert in_force(store) == "pilot-1"


@pytest.mark.parametrize("number", ["", "70000"])
def test_an_activation_cannot_be_put_behind_its_withdrawal(store: Store, url: str, number: str) -> None:
    li, wang = staff(store, "li"), staff(store, "wang")
    found = kept(store, li)
    do(store, found, ON, wang)
    do(store, found, OFF, wang)
    columns = "measurement_id, recorded_by, act, done_by, done_at, guard"
    given, value = ("number, ", f"{number}, ") if number else ("", "")
    direct_sql(
        url,
        f"INSERT INTO flash_acts ({given}{columns}) SELECT {value}{columns} FROM flash_acts WHERE act = 'activated'",
    )
    with pytest.raises(FlashTampered):
        in_force(store)
    do(store, found, OFF, wang)
    assert in_force(store) is None


LOOSER = render(replace(measured(), attacks=9000))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("flash_measurements", f"record = '{LOOSER}'"),
        ("flash_measurements", f"record = '{LOOSER}', record_digest = '{digest_of(LOOSER)}'"),
        ("flash_measurements", f"record = '[]', record_digest = '{digest_of('[]')}'"),
        ("flash_measurements", "recorded_at = '2026-01-01 00:00:00.000000'"),
        ("flash_measurements", "guard = (SELECT guard FROM flash_acts)"),
        ("flash_acts", "done_by = (SELECT id FROM staff WHERE username = 'zhao')"),
        ("flash_acts", "done_at = '2026-01-01 00:00:00.000000'"),
        ("flash_acts", "guard = (SELECT guard FROM flash_measurements)"),
    ],
)
def test_a_row_changed_by_the_owner_of_the_database_counts_for_nothing(
    store: Store, url: str, table: str, change: str
) -> None:
    staff(store, "zhao")
    activated(store)
    sqlite = url.startswith("sqlite")
    unlocked = f"DROP TRIGGER {table}_no_update" if sqlite else f"ALTER TABLE {table} DISABLE TRIGGER USER"
    try:
        direct_sql(url, unlocked, f"UPDATE {table} SET {change}")
        with pytest.raises(FlashTampered):
            in_force(store)
    finally:
        if not sqlite:
            direct_sql(url, f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert len(refusals(store)) == 1


@pytest.mark.parametrize("who", ["recorder", "activator"])
def test_an_act_of_somebody_whose_role_may_not_counts_for_nothing(store: Store, who: str) -> None:
    """Even with a guard that fits, as a fault of our own could write one."""
    admin, monitor = staff(store, "li"), staff(store, "chen", Role.MONITOR)
    if who == "activator":
        do(store, kept(store, admin), ON, monitor)
    else:
        with pytest.raises(FlashTampered):
            kept(store, monitor)
        return
    with pytest.raises(FlashTampered):
        in_force(store)


def test_an_account_that_ended_since_does_not_undo_what_it_did(store: Store) -> None:
    li, wang = activated(store)
    with store.unit() as unit:
        assert unit.staff.disable(li, NOW)
        assert unit.staff.disable(wang, NOW)
    assert in_force(store) == "pilot-1"
