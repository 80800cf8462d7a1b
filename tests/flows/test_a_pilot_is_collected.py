"""A session of a pilot: opened by staff, begun with its own consent, written to a folder, deciding about nobody."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.capture.challenge import Accommodation, Route
from auth_service.connectors.pilot_folder import PilotFolder
from auth_service.core.errors import (
    AccessRefused,
    ConsentMissing,
    NoChallengeLeft,
    SessionExpired,
    SessionUnknown,
    StepsMissing,
)
from auth_service.core.retention import RetentionPolicy
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.flows.collect_pilot import CollectPilot
from auth_service.flows.open_pilot import OpenPilot
from auth_service.flows.retain import Retain
from auth_service.flows.session_terms import SessionKey
from auth_service.flows.start_session import StartSession
from auth_service.liveness.pilot import tag_of
from tests.builders import Agency
from tests.flows.capturing import CONSENT, Phone, Rows, count, step

PILOT_CONSENT = Consent(
    ConsentBasis.SEPARATE_CONSENT, "pilot_consent/2026-11-28", "zh", "phone", CONSENT.recorded_at, "sha256:abc"
)


class Pilot:
    """A member of staff with a phone, and the folder."""

    def __init__(self, phone: Phone, folder: Path) -> None:
        agency = phone.agency
        self.phone, self.shelf = phone, PilotFolder(folder)
        self.officer = agency.member(Role.OFFICER, "wu")
        self.opening = OpenPilot(agency.store, agency.clock, phone.policy)
        self.collecting = CollectPilot(agency.store, agency.clock, phone.policy, self.shelf)

    def opened(self, label: str = "live", by: StaffMember | None = None) -> SessionKey:
        staff = by or self.officer
        return self.phone.opening.exchange(self.opening.run(tag_of(label, "p017", staff.id), staff).ticket)

    def begun(self, label: str = "live") -> tuple[SessionKey, int]:
        key = self.opened(label)
        begun = self.phone.starting.run(key, agreed=PILOT_CONSENT)
        return SessionKey(key.session_id, key.token, begun.nonce), begun.count

    def filmed(self, label: str = "live") -> SessionKey:
        key, steps = self.begun(label)
        for n in range(steps):
            self.phone.send(key, step(n))
        return key


@pytest.fixture
def pilot(phone: Phone, tmp_path: Path) -> Pilot:
    return Pilot(phone, tmp_path / "pilot")


def told(agency: Agency) -> list[tuple[str, str, dict[str, object]]]:
    with agency.store.reading() as unit:
        rows = [row.event for row in unit.audit.rows() if row.event.action.startswith("pilot.")]
    return [(one.action.removeprefix("pilot."), one.actor, dict(one.details or {})) for one in rows]


def test_a_session_is_opened_agreed_to_filmed_and_collected_and_decides_nothing(pilot: Pilot, rows: Rows) -> None:
    before = {table: count(rows, table) for table in ("evidence", "captures", "replay_prints", "consents", "photos")}
    key = pilot.filmed("print")
    assert pilot.collecting.run(key)
    (found,) = pilot.shelf.sessions()
    assert (found.id, found.label, found.subject) == (key.session_id, "print", "p017")
    assert {table: count(rows, table) for table in before} == before
    assert count(rows, "capture_steps") == 0
    assert pilot.collecting.run(key), "an answer that was lost on the way is given again"
    assert len(pilot.shelf.sessions()) == 1
    session = {"session": key.session_id}
    assert told(pilot.phone.agency) == [
        ("opened", f"staff:{pilot.officer.id}", {**session, "label": "print"}),
        ("consented", "capture:phone",
         {**session, "text": "pilot_consent/2026-11-28", "language": "zh", "shown": "sha256:abc"}),
        ("collected", "capture:phone", {**session, "label": "print"}),
    ]  # fmt: skip


def test_without_the_consent_to_the_pilot_no_camera_starts(pilot: Pilot) -> None:
    key = pilot.opened()
    for agreed in (None, CONSENT):
        with pytest.raises(ConsentMissing):
            pilot.phone.starting.run(key, agreed=agreed)
    with pytest.raises(ConsentMissing):
        pilot.phone.starting.run(pilot.phone.open(), agreed=PILOT_CONSENT)
    pilot.phone.starting.run(pilot.phone.open(), agreed=CONSENT)


def test_colours_are_asked_for_before_they_count(pilot: Pilot) -> None:
    phone = pilot.phone
    strict = StartSession(
        phone.agency.store, phone.clock, phone.starting._policies, phone.starting._count, lambda _: Route.NO_FLASH
    )
    assert strict.run(pilot.opened(), agreed=PILOT_CONSENT).route is Route.FLASH
    assert strict.run(phone.open()).route is Route.NO_FLASH


def test_it_is_never_decided_even_where_no_pilot_is_set_up(pilot: Pilot, rows: Rows) -> None:
    key = pilot.filmed()
    before = count(rows, "evidence")
    with pytest.raises(SessionExpired):
        pilot.phone.completing.run(key)
    assert count(rows, "evidence") == before


def test_any_other_session_is_none_of_its_business(pilot: Pilot) -> None:
    key = pilot.phone.captured()
    assert not pilot.collecting.run(key)
    assert not pilot.collecting.withdraw(key)
    assert pilot.phone.completing.run(key).evidence_id


def test_half_a_session_or_a_strangers_key_collects_nothing(pilot: Pilot) -> None:
    key, _ = pilot.begun()
    pilot.phone.send(key, step(0))
    with pytest.raises(StepsMissing):
        pilot.collecting.run(key)
    with pytest.raises(SessionUnknown):
        pilot.collecting.run(SessionKey(key.session_id, key.token, b"another nonce"))
    assert pilot.shelf.sessions() == []


def test_whoever_takes_part_may_withdraw_before_and_after(pilot: Pilot, rows: Rows) -> None:
    before, after = pilot.filmed(), pilot.filmed()
    pilot.phone.ending.run(before)
    with pytest.raises(SessionExpired):
        pilot.collecting.run(before)
    assert count(rows, "capture_steps") > 0
    assert pilot.collecting.run(after)
    assert not pilot.phone.ending.run(after)
    assert pilot.collecting.withdraw(after)
    assert not pilot.collecting.withdraw(after)
    assert pilot.shelf.sessions() == []
    assert told(pilot.phone.agency)[-1] == ("withdrawn", "capture:phone", {"session": after.session_id})


def test_consent_withdrawn_while_the_files_are_written_leaves_none(pilot: Pilot) -> None:
    key = pilot.filmed()
    put = pilot.shelf.put

    class Slow(PilotFolder):
        def put(self, *session: object) -> None:  # type: ignore[override]
            put(*session)  # type: ignore[arg-type]
            pilot.phone.ending.run(key)

    collecting = CollectPilot(pilot.phone.agency.store, pilot.phone.clock, pilot.phone.policy, Slow(pilot.shelf.folder))
    with pytest.raises(SessionExpired):
        collecting.run(key)
    assert pilot.shelf.sessions() == []


def test_staff_removes_all_of_one_person(pilot: Pilot) -> None:
    keys = [pilot.filmed(), pilot.filmed("print")]
    for key in keys:
        pilot.collecting.run(key)
    auditor = pilot.phone.agency.member(Role.AUDITOR, "zhao")
    with pytest.raises(AccessRefused):
        pilot.collecting.remove("p017", auditor)
    assert pilot.collecting.remove("p018", pilot.officer) == []
    assert set(pilot.collecting.remove("p017", pilot.officer)) == {key.session_id for key in keys}
    assert pilot.shelf.sessions() == []
    assert told(pilot.phone.agency)[-1][:2] == ("withdrawn", f"staff:{pilot.officer.id}")


def test_not_everybody_opens_one_and_not_without_colours(pilot: Pilot) -> None:
    with pytest.raises(AccessRefused):
        pilot.opened(by=pilot.phone.agency.member(Role.MONITOR))
    tag = tag_of("live", "p017", pilot.officer.id)
    with pytest.raises(NoChallengeLeft):
        pilot.opening.run(tag, pilot.officer, [Accommodation.CANNOT_STAND_LIGHT])


def test_after_thirty_days_the_frames_are_gone_with_a_trace(pilot: Pilot) -> None:
    agency = pilot.phone.agency
    key = pilot.filmed()
    pilot.collecting.run(key)
    handed_in: datetime = agency.clock.now()
    marker = next(pilot.shelf.folder.rglob("challenge.json"))
    os.utime(marker, (handed_in.timestamp(), handed_in.timestamp()))
    keeping = Retain(agency.store, {"pilot_sessions": pilot.shelf}, RetentionPolicy(), agency.clock)
    pilot.phone.clock.advance(hours=24 * 29)
    assert keeping.run().removed["pilot_sessions"] == 0
    pilot.phone.clock.advance(hours=25)
    assert agency.clock.now() - handed_in > timedelta(days=30)
    assert keeping.overdue()["pilot_sessions"] == 1
    assert keeping.run().removed["pilot_sessions"] == 1
    assert pilot.shelf.sessions() == []
    with agency.store.reading() as unit:
        applied = [
            dict(row.event.details or {}) for row in unit.audit.rows() if row.event.action == "retention.applied"
        ]
    assert {"pilot_sessions": 1} in applied


def test_no_setting_keeps_them_longer_than_the_consent_says() -> None:
    RetentionPolicy(pilot_days=7)
    with pytest.raises(ValueError, match="pilot_days"):
        RetentionPolicy(pilot_days=31)
