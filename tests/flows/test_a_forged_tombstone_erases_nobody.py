"""Whoever can write a row or a line, and not its guard, erases nobody: with the password of the role that serves, or
with the record outside the database at hand (F42)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.erasure import ErasureReason, Requester, Tombstone
from auth_service.core.errors import AccessRefused, TombstoneRefused
from auth_service.flows.rotate_keys import RotateKeys
from tests.builders import LI, WANG, Agency
from tests.fakes import picture
from tests.flows.erasing import Privacy, live
from tests.storage.samples import direct_sql

AT = "2026-03-10 02:30:15.123456"
UNKNOWN = "f" * 32
COUNTED = ("listed", "erased", "files", "put_back", "failed", "refused")


def slip_in(agency: Agency, person_id: str, at: str = AT, guard: str = "") -> None:
    """A row as well as it can be made without the keys, as the role that serves."""
    column, value = (", guard", f", {guard}") if guard else ("", "")
    direct_sql(
        agency.urls.front,
        f"INSERT INTO erasures (person_id, requested_by, reason, confirmed_by, decided_at, erased_at{column}) "
        f"VALUES ('{person_id}', 'person', 'asked_for', 'nobody', '{at}', '{AT}'{value})",
    )


def line(agency: Agency, person_id: str, guard: bytes = b"") -> Tombstone:
    """A line of the file; without a guard as an earlier release wrote it, or anybody."""
    return Tombstone(person_id, Requester.PERSON, ErasureReason.ASKED_FOR, "nobody", agency.clock.now(), guard)


def flagged(agency: Agency) -> str:
    """Somebody about whom a flag is open."""
    person_id = live(agency)
    assert agency.verify(WANG, picture("wang", take=1)).flags
    return person_id


def is_readable(agency: Agency, person_id: str) -> bool:
    """raises KeyDestroyed"""
    with agency.store.reading() as unit:
        return unit.people.get(person_id) is not None and unit.people.by_id_number(WANG) is not None


def events(agency: Agency, action: str) -> list[Any]:
    with agency.store.reading() as unit:
        return [row.event for row in unit.audit.rows() if row.event.action == action]


@pytest.mark.parametrize("guard", ["", "(SELECT guard FROM staff LIMIT 1)"])
def test_a_row_written_by_sql_erases_nobody_and_never_leaves_the_database(
    agency: Agency, privacy: Privacy, guard: str
) -> None:
    person_id = flagged(agency)
    slip_in(agency, person_id, guard=guard)
    for _ in range(2):
        with pytest.raises(TombstoneRefused) as found:
            privacy.erase.reapply()
        assert found.value.counts == dict.fromkeys(COUNTED, 0) | {"refused": 1}
    assert is_readable(agency, person_id)
    assert privacy.record.all() == []
    assert [event.details["people"] for event in events(agency, "erasures.refused")] == [person_id], "told once"
    state = privacy.erase.status()
    assert (state.refused, state.unfinished, state.sound) == (1, 0, False)
    assert privacy.erase.earlier() == [], "nobody's word makes it good: of somebody alive it is no row of ours"


@pytest.mark.parametrize("guard", [b"", b"\1" * 32])
def test_a_line_written_by_hand_erases_nobody_and_keeps_nobody_else(
    agency: Agency, privacy: Privacy, guard: bytes
) -> None:
    person_id, other = flagged(agency), live(agency, LI, "li")
    privacy.record.append(line(agency, person_id, guard))
    with agency.store.reading() as unit:
        privacy.record.append(unit.erasures.guarded(line(agency, other)))  # a crash came before the commit
    with pytest.raises(TombstoneRefused) as found:
        privacy.erase.reapply()
    assert (found.value.counts["refused"], found.value.counts["erased"]) == (1, 1)
    assert is_readable(agency, person_id)
    with agency.store.reading() as unit:
        assert unit.people.id_of(LI) is None


def test_a_row_that_python_cannot_hold_stops_nothing(agency: Agency, privacy: Privacy) -> None:
    agency.person()
    privacy.run()
    privacy.record._path.unlink()
    slip_in(agency, UNKNOWN, at="infinity" if agency.urls.front.startswith("postgresql") else "9999-01-01 00:00:00.0")
    with pytest.raises(TombstoneRefused) as found:
        privacy.erase.reapply()
    assert (found.value.counts["refused"], found.value.counts["put_back"]) == (1, 1)


def test_a_guard_that_fits_is_not_enough_where_the_trail_does_not_tell_of_it(agency: Agency, privacy: Privacy) -> None:
    """As a fault of our own could write one, or a restored row whose act never was."""
    person_id = live(agency)
    with agency.store.unit() as unit:
        guarded = unit.erasures.guarded(line(agency, person_id))
    at = guarded.decided_at.strftime("%Y-%m-%d %H:%M:%S.%f")
    value = f"'\\x{guarded.guard.hex()}'" if agency.urls.front.startswith("postgresql") else f"x'{guarded.guard.hex()}'"
    slip_in(agency, person_id, at=at, guard=value)
    with pytest.raises(TombstoneRefused):
        privacy.erase.reapply()
    assert is_readable(agency, person_id)


def test_a_forged_tombstone_stands_in_no_lawful_erasures_way(agency: Agency, privacy: Privacy) -> None:
    person_id = live(agency)
    slip_in(agency, person_id)
    privacy.record.append(line(agency, person_id, b"\1" * 32))
    privacy.run()
    assert privacy.erase.status().sound
    assert privacy.erase.reapply().refused == 0


def test_guards_stay_right_when_the_keys_rotate(agency: Agency, privacy: Privacy) -> None:
    agency.person()
    privacy.run()
    privacy.record._path.unlink()
    RotateKeys(agency.store, agency.keys, agency.clock).run("cli")
    assert privacy.erase.reapply().put_back == 1
    assert privacy.erase.status().sound


def test_lines_of_an_earlier_release_are_obeyed_on_an_officers_word(agency: Agency, privacy: Privacy) -> None:
    flag, other = flagged(agency), live(agency, LI, "li")
    for person_id in (flag, other):
        privacy.record.append(line(agency, person_id))
    seen = [one.person_id for one in privacy.erase.earlier()]
    assert seen == [flag, other]
    with pytest.raises(AccessRefused):
        privacy.erase.accept_earlier(seen, agency.member(Role.SECURITY_ADMIN, "wei"), "cli")
    assert privacy.erase.accept_earlier([], privacy.officer, "cli").accepted == 0, "only what was seen"
    found = privacy.erase.accept_earlier(seen, privacy.officer, "cli")
    assert (found.accepted, found.held_back) == (1, 1), "an open flag holds it back, as any erasure"
    with pytest.raises(TombstoneRefused) as refused:
        privacy.erase.reapply()
    assert (refused.value.counts["refused"], refused.value.counts["erased"]) == (1, 1)
    assert is_readable(agency, flag)
    (event,) = events(agency, "erasure.accepted")
    assert (event.subject, event.details["confirmed_by"]) == (f"person:{other}", privacy.officer.id)


def test_a_line_of_an_earlier_release_needs_nobody_where_the_database_vouches(agency: Agency, privacy: Privacy) -> None:
    agency.person()
    privacy.run()
    (written,) = privacy.record.all()
    privacy.record._path.unlink()
    privacy.record.append(replace(written, guard=b""))
    assert privacy.erase.earlier() == []
    assert privacy.erase.reapply().put_back == 1
    assert privacy.erase.status().sound
