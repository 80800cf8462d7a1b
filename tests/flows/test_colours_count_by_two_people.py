"""Colours count once a second person has put a measurement in force, and only while it was made with what is in use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    FlashOutdated,
    FlashTampered,
    FlashTooFew,
    NotFound,
    SecondPersonNeeded,
)
from auth_service.flows import current_flash
from auth_service.flows.current_flash import CurrentFlash, FlashState
from auth_service.flows.keep_flash import KeepFlash
from auth_service.liveness.flash_measurement import Terms
from tests.builders import Agency
from tests.flows.capturing import Rows
from tests.storage.measured import measured

IN_USE = measured().terms


@pytest.fixture
def admins(agency: Agency) -> tuple[StaffMember, StaffMember]:
    return agency.member(Role.POLICY_ADMIN, "li"), agency.member(Role.POLICY_ADMIN, "zhou")


def keeping(agency: Agency, in_use: Terms = IN_USE) -> KeepFlash:
    return KeepFlash(agency.store, agency.clock, lambda: in_use)


def current(agency: Agency, in_use: Terms = IN_USE) -> CurrentFlash:
    return CurrentFlash(lambda: agency.store, lambda: in_use)


def told(agency: Agency) -> list[tuple[str, str]]:
    with agency.store.reading() as unit:
        rows = [row.event for row in unit.audit.rows() if row.event.action.startswith("flash.")]
    return [(event.action, event.actor) for event in rows]


def test_one_records_another_activates_and_one_withdraws(
    agency: Agency, admins: tuple[StaffMember, StaffMember]
) -> None:
    li, zhou = admins
    keep = keeping(agency)
    keep.record(measured(), li)
    assert current(agency).standing().state is FlashState.NONE
    with pytest.raises(SecondPersonNeeded):
        keep.activate("pilot-1", li)
    activated = keep.activate("pilot-1", zhou)
    assert (activated.active, activated.done_by) == (True, zhou.id)
    assert current(agency)()
    with pytest.raises(AlreadyExists):
        keep.activate("pilot-1", zhou)
    monitor = agency.member(Role.MONITOR)
    assert not keep.withdraw("pilot-1", monitor).active
    assert not current(agency)()
    assert told(agency) == [
        ("flash.recorded", f"staff:{li.id}"),
        ("flash.activated", f"staff:{zhou.id}"),
        ("flash.withdrawn", f"staff:{monitor.id}"),
    ]
    with pytest.raises(NotFound):
        keep.withdraw("pilot-1", li)


def test_only_policy_administrators_record_and_activate(
    agency: Agency, admins: tuple[StaffMember, StaffMember]
) -> None:
    officer = agency.member(Role.OFFICER, "wu")
    keep = keeping(agency)
    with pytest.raises(AccessRefused):
        keep.record(measured(), officer)
    keep.record(measured(), admins[0])
    for act in (keep.activate, keep.withdraw):
        with pytest.raises(AccessRefused):
            act("pilot-1", officer)
    with pytest.raises(AccessRefused):
        keep.activate("pilot-1", agency.member(Role.MONITOR))
    with pytest.raises(NotFound):
        keep.activate("pilot-9", admins[1])
    with pytest.raises(AlreadyExists):
        keep.record(measured(), admins[1])
    with pytest.raises(FlashTooFew):
        keep.record(replace(measured("pilot-2"), people=29), admins[0])


def test_what_somebody_recorded_who_may_no_longer_has_to_be_measured_anew(
    agency: Agency, admins: tuple[StaffMember, StaffMember]
) -> None:
    li, zhou = admins
    keeping(agency).record(measured(), li)
    with agency.store.unit() as unit:
        unit.staff.disable(li.id, agency.clock.now())
    with pytest.raises(SecondPersonNeeded):
        keeping(agency).activate("pilot-1", zhou)


def test_once_a_program_a_model_or_a_limit_is_another_colours_do_not_count(
    agency: Agency, admins: tuple[StaffMember, StaffMember]
) -> None:
    li, zhou = admins
    keeping(agency).record(measured(), li)
    newer = replace(IN_USE, versions={**IN_USE.versions, "layers": "3"}, policy="other")
    with pytest.raises(FlashOutdated) as refused:
        keeping(agency, newer).activate("pilot-1", zhou)
    assert refused.value.detail == "layers, policy"
    keeping(agency).activate("pilot-1", zhou)
    assert current(agency)()
    standing = current(agency, newer).standing()
    assert (standing.state, standing.differs, standing.counts) == (FlashState.OUTDATED, ("layers", "policy"), False)
    assert not current(agency, newer)()
    assert current(agency)(), "what was measured is in use again"


def test_a_running_service_notices_both_acts_without_a_restart(
    agency: Agency, admins: tuple[StaffMember, StaffMember], monkeypatch: pytest.MonkeyPatch
) -> None:
    li, zhou = admins
    running = current(agency)
    assert not running()
    keeping(agency).record(measured(), li)
    keeping(agency).activate("pilot-1", zhou)
    assert not running(), "asked once in half a minute"
    monkeypatch.setattr(current_flash, "RENEW_SECONDS", 0.0)
    running = current(agency)
    assert running()
    keeping(agency).withdraw("pilot-1", li)
    assert not running()


def test_a_row_that_was_slipped_in_fails_nobody_and_lets_nothing_count(
    agency: Agency, admins: tuple[StaffMember, StaffMember], rows: Rows
) -> None:
    li, zhou = admins
    keep = keeping(agency)
    keep.record(measured(), li)
    rows(
        "INSERT INTO flash_acts (measurement_id, recorded_by, act, done_by, done_at) "
        "SELECT id, recorded_by, 'activated', :zhou, recorded_at FROM flash_measurements",
        zhou=zhou.id,
    )
    assert current(agency).standing().state is FlashState.TAMPERED
    assert not current(agency)()
    assert ("flash.refused", "system") in told(agency)
    assert [(one.measurement.name, one.active, one.act) for one in keep.all()] == [("pilot-1", False, None)]
    keep.withdraw("pilot-1", zhou)
    assert current(agency).standing().state is FlashState.NONE, "the forged act is not the newest any more"
    keep.activate("pilot-1", zhou)
    assert current(agency)()


def test_a_forged_measurement_is_named_and_cannot_be_activated(
    agency: Agency, admins: tuple[StaffMember, StaffMember], rows: Rows
) -> None:
    li, zhou = admins
    rows(
        "INSERT INTO flash_measurements (id, name, record, record_digest, recorded_by, recorded_at) "
        "SELECT 'x', 'evil', '{}', 'x', id, created_at FROM staff WHERE id = :li",
        li=li.id,
    )
    assert (keeping(agency).all(), keeping(agency).tampered()) == ([], ["evil"])
    with pytest.raises(FlashTampered):
        keeping(agency).activate("evil", zhou)
