"""Somebody with the database, and without the keys, puts thresholds in force: they decide about nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.audit import AuditEvent
from auth_service.core.errors import CalibrationTampered
from auth_service.matching.calibration import Calibration, render
from auth_service.storage.records.calibrations import digest_of
from auth_service.storage.unit import Store
from tests.databases import BOTH
from tests.storage.earlier import Old, at_step
from tests.storage.samples import NOW, direct_sql
from tests.storage.test_a_calibration_needs_two_people import OWN, activate, active, propose, staff

AT = "2026-03-10 02:30:15.123456"
SQLITE_ON = {"calibrations": "calibrations_no_update", "calibration_activations": "calibration_activations_no_update"}


def loosened(record: Calibration, name: str) -> Calibration:
    """The same record, by which everybody matches everybody."""
    cells = {
        key: replace(cell, accept=replace(cell.accept, threshold=0.02), grey=replace(cell.grey, threshold=0.01))
        for key, cell in record.cells.items()
    }
    return replace(record, name=name, cells=cells)


def slip_in(url: str, record: Calibration, proposer: str, activator: str) -> None:
    """Both rows, as well as they can be made without the keys."""
    text = render(record)
    identity = record.identity
    values = (
        f"'{record.name}', '{record.name}', '{identity.engine}', '{identity.weights_digest}', '{text}', "
        f"'{digest_of(text)}', '{{}}', '{proposer}', '{AT}'"
    )
    columns = "id, name, engine, weights_digest, record, record_digest, report, proposed_by, proposed_at"
    direct_sql(
        url,
        f"INSERT INTO calibrations ({columns}) VALUES ({values})",
        "INSERT INTO calibration_activations (calibration_id, proposed_by, activated_by, activated_at) "
        f"VALUES ('{record.name}', '{proposer}', '{activator}', '{AT}')",
    )


def unlocked(url: str, table: str) -> str:
    """Takes away the trigger that keeps a fact, as the owner of the database can."""
    if url.startswith("sqlite"):
        return f"DROP TRIGGER {SQLITE_ON[table]}"
    return f"ALTER TABLE {table} DISABLE TRIGGER USER"


def refusals(store: Store) -> list[str]:
    with store.reading() as unit:
        return [row.event.subject for row in unit.audit.rows() if row.event.action == "calibration.refused"]


def in_force(store: Store) -> tuple[str, str, str]:
    """A genuine record, activated; its id, who proposed, who activated."""
    li, wang = staff(store, "li"), staff(store, "wang")
    proposal = propose(store, li)
    activate(store, proposal, li, wang)
    assert active(store) == "own-1"
    return proposal, li, wang


@pytest.mark.parametrize("role", [Role.MONITOR, Role.POLICY_ADMIN])
def test_two_rows_written_by_sql_put_nothing_in_force(store: Store, url: str, role: Role) -> None:
    first, second = staff(store, "chen", role), staff(store, "zhao", role)
    slip_in(url, loosened(OWN, "evil"), first, second)
    with pytest.raises(CalibrationTampered):
        active(store)
    ((number,),) = direct_sql(url, "SELECT number FROM calibration_activations")
    assert refusals(store) == [f"calibration_activation:{number}"]
    with store.reading() as unit:
        assert (unit.calibrations.all(), unit.calibrations.tampered()) == ([], ["evil"])
    with pytest.raises(CalibrationTampered), store.reading() as unit:
        unit.calibrations.by_name("evil")


def test_while_the_newest_activation_is_not_genuine_no_older_record_decides_either(store: Store, url: str) -> None:
    proposal, li, wang = in_force(store)
    slip_in(url, loosened(OWN, "evil"), li, wang)
    with pytest.raises(CalibrationTampered):
        active(store)
    activate(store, proposal, li, wang)
    assert active(store) == "own-1", "two people have put it in force anew"
    with store.reading() as unit:
        assert [(one.calibration.name, one.active) for one in unit.calibrations.all()] == [("own-1", True)]


@pytest.mark.parametrize("number", ["", "70000"])
def test_an_earlier_activation_cannot_be_put_behind_a_later_one(store: Store, url: str, number: str) -> None:
    first, li, wang = in_force(store)
    activate(store, propose(store, li, replace(OWN, name="own-2"), minutes=1), li, wang)
    columns = "calibration_id, proposed_by, activated_by, activated_at, guard"
    given, value = ("number, ", f"{number}, ") if number else ("", "")
    direct_sql(
        url,
        f"INSERT INTO calibration_activations ({given}{columns}) "
        f"SELECT {value}{columns} FROM calibration_activations "
        "WHERE number = (SELECT min(number) FROM calibration_activations)",
    )
    with pytest.raises(CalibrationTampered):
        active(store)
    activate(store, first, li, wang)
    assert active(store) == "own-1"


def _with_digest(record: str) -> str:
    return f"record = '{record}', record_digest = '{digest_of(record)}'"


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("calibrations", "record = replace(record, '0.95', '0.15')"),
        ("calibrations", _with_digest(render(loosened(OWN, "own-1")))),
        ("calibrations", _with_digest("[]")),
        ("calibrations", "report = '{}'"),
        ("calibrations", "proposed_at = '2026-01-01 00:00:00.000000'"),
        ("calibrations", "guard = (SELECT guard FROM calibration_activations)"),
        ("calibration_activations", "activated_by = (SELECT id FROM staff WHERE username = 'zhao')"),
        ("calibration_activations", "activated_at = '2026-01-01 00:00:00.000000'"),
        ("calibration_activations", "guard = (SELECT guard FROM calibrations)"),
    ],
)
def test_a_record_or_an_activation_changed_by_sql_decides_nothing(
    store: Store, url: str, table: str, change: str
) -> None:
    staff(store, "zhao")
    in_force(store)
    try:
        direct_sql(url, unlocked(url, table), f"UPDATE {table} SET {change}")
        with pytest.raises(CalibrationTampered):
            active(store)
    finally:
        if not url.startswith("sqlite"):
            direct_sql(url, f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with pytest.raises(CalibrationTampered):
        active(store)
    assert len(refusals(store)) == 1, "once a minute"


@pytest.mark.parametrize("who", ["proposer", "activator"])
def test_an_act_of_somebody_whose_role_may_not_decides_nothing(store: Store, who: str) -> None:
    """Even with a guard that fits, as a fault of our own could write one."""
    admin, monitor = staff(store, "li"), staff(store, "chen", Role.MONITOR)
    first, second = (monitor, admin) if who == "proposer" else (admin, monitor)
    activate(store, propose(store, first), first, second)
    with pytest.raises(CalibrationTampered):
        active(store)


def test_an_account_changed_by_sql_takes_its_calibration_along(store: Store, url: str) -> None:
    in_force(store)
    direct_sql(url, "UPDATE staff SET password_hash = 'mine' WHERE username = 'wang'")
    with pytest.raises(CalibrationTampered):
        active(store)


def test_an_account_that_ended_since_does_not_undo_what_it_did(store: Store) -> None:
    _, li, wang = in_force(store)
    with store.unit() as unit:
        assert unit.staff.disable(li, NOW)
        assert unit.staff.disable(wang, NOW)
    assert active(store) == "own-1"


# --- rows of the release before -----------------------------------------------------------------------

BEFORE = "2026_11_24_8_retention"


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    with at_step(BEFORE, request.param, tmp_path) as old:
        yield old


def _tell(old: Old, action: str, record: Calibration, calibration_id: str, by: str) -> None:
    details: dict[str, Any] = {"record_digest": digest_of(render(record))}
    old.tell(AuditEvent(f"staff:{by}", action, f"calibration:{calibration_id}", details), NOW)


def test_the_upgrade_guards_what_the_audit_trail_tells_of_and_nothing_else(old: Old) -> None:
    store = old.store()
    li, wang = staff(store, "li"), staff(store, "wang")
    slip_in(old.url, OWN, li, wang)
    _tell(old, "calibration.proposed", OWN, OWN.name, li)
    _tell(old, "calibration.activated", OWN, OWN.name, wang)
    slip_in(old.url, replace(loosened(OWN, "evil"), identity=replace(OWN.identity, engine="other")), li, wang)
    store.migrate()
    assert active(store) == "own-1"
    with pytest.raises(CalibrationTampered):
        active(store, replace(OWN.identity, engine="other"))
    with store.reading() as unit:
        told = [row.event.details for row in unit.audit.rows() if row.event.action == "calibrations.guarded"]
        assert told == [{"guarded": 2, "refused": 2}]
        assert unit.calibrations.tampered() == ["evil"]
    store.close()


def test_the_upgrade_guards_nothing_whose_digest_the_trail_does_not_know(old: Old) -> None:
    store = old.store()
    li, wang = staff(store, "li"), staff(store, "wang")
    slip_in(old.url, loosened(OWN, "own-1"), li, wang)
    _tell(old, "calibration.proposed", OWN, "own-1", li)
    _tell(old, "calibration.activated", OWN, "own-1", wang)
    store.migrate()
    with pytest.raises(CalibrationTampered):
        active(store)
    assert store.migrate() == []
    with pytest.raises(CalibrationTampered):
        active(store)
    store.close()
