"""The database itself keeps threshold records as they were, and puts none in force for the person who proposed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.core.errors import AlreadyExists, StorageFault
from auth_service.core.ids import new_id
from auth_service.faces.template import EngineIdentity
from auth_service.matching.calibration import Calibration
from auth_service.storage.unit import Store
from tests.fakes import fake_calibration
from tests.storage.samples import ENGINE, NOW, OTHER_ENGINE, direct_sql

OWN = replace(fake_calibration(), name="own-1", identity=ENGINE, own=True)


def staff(store: Store, name: str, role: Role = Role.POLICY_ADMIN) -> str:
    member = StaffMember(new_id(), name, role, "hash", disabled=False, created_at=NOW)
    with store.unit() as unit:
        unit.staff.add(member)
    return member.id


def propose(store: Store, by: str, calibration: Calibration = OWN, minutes: int = 0) -> str:
    calibration_id = new_id()
    with store.unit() as unit:
        unit.calibrations.add(calibration_id, calibration, {"worst": None}, by, NOW + timedelta(minutes=minutes))
    return calibration_id


def activate(store: Store, calibration_id: str, proposed_by: str, by: str) -> None:
    with store.unit() as unit:
        unit.calibrations.activate(calibration_id, proposed_by, by, NOW)


def active(store: Store, identity: EngineIdentity = ENGINE) -> str | None:
    with store.reading() as unit:
        found = unit.calibrations.active(identity)
    return found.name if found else None


def test_the_newest_activation_of_an_engine_counts_and_the_past_stays(store: Store) -> None:
    li, wang = staff(store, "li"), staff(store, "wang")
    first = propose(store, li)
    second = propose(store, li, replace(OWN, name="own-2"), minutes=1)
    propose(store, li, replace(OWN, name="other", identity=OTHER_ENGINE), minutes=2)
    assert active(store) is None
    activate(store, first, li, wang)
    assert active(store) == "own-1"
    activate(store, second, li, wang)
    assert (active(store), active(store, OTHER_ENGINE)) == ("own-2", None)
    activate(store, first, li, wang)
    assert active(store) == "own-1"
    with store.reading() as unit:
        found = unit.calibrations.all()
    assert [(one.calibration.name, one.active, one.activated_by) for one in found] == [
        ("other", False, None),
        ("own-2", False, wang),
        ("own-1", True, wang),
    ]


def test_a_name_is_given_once(store: Store) -> None:
    li = staff(store, "li")
    propose(store, li)
    with pytest.raises(AlreadyExists):
        propose(store, li)


@pytest.mark.asvs("2.3.5")
def test_one_person_cannot_be_both_not_even_by_sql(store: Store, url: str) -> None:
    li, wang = staff(store, "li"), staff(store, "wang")
    proposal = propose(store, li)
    with pytest.raises(StorageFault):
        activate(store, proposal, li, li)
    columns = "INSERT INTO calibration_activations (calibration_id, proposed_by, activated_by, activated_at) VALUES"
    for proposed_by, activated_by in ((li, li), (wang, li)):
        with pytest.raises(DBAPIError):
            direct_sql(
                url, f"{columns} ('{proposal}', '{proposed_by}', '{activated_by}', '2026-03-10 00:00:00.000000')"
            )
    assert active(store) is None


@pytest.mark.parametrize("table", ["calibrations", "calibration_activations"])
def test_neither_a_record_nor_its_activation_can_be_edited(store: Store, url: str, table: str) -> None:
    li, wang = staff(store, "li"), staff(store, "wang")
    activate(store, propose(store, li), li, wang)
    before = direct_sql(url, f"SELECT * FROM {table}")
    column = "record" if table == "calibrations" else "activated_at"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(url, statement)
    assert direct_sql(url, f"SELECT * FROM {table}") == before
