"""V06: one person at two kiosks between which nobody travels in minutes. Both passes stand; a monitor looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth_service.capture.offline_rules import RecordState
from auth_service.monitoring.rules.v06_impossible_travel import ImpossibleTravel, PassAt
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, Rows
from tests.flows.kiosks import Kiosk, written
from tests.flows.reviewing import Desk

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("region", "apart", "fires"),
    [
        ("110101", 0 * MINUTE, True),
        ("110101", 5 * MINUTE, True),
        ("110101", -5 * MINUTE, True),
        ("110101", 5 * MINUTE + timedelta(seconds=1), False),
        ("130402", MINUTE, True),
        ("130202", MINUTE, False),
        ("13", MINUTE, False),
        ("", MINUTE, False),
    ],
)
def test_minutes_between_prefectures_are_a_flag(region: str, apart: timedelta, fires: bool) -> None:
    here, there = PassAt("e1", "130203", NOW), PassAt("e2", region, NOW + apart)
    flag = ImpossibleTravel().judge("p", (here, there), NOW)
    assert (flag is not None) is fires
    other = ImpossibleTravel().judge("p", (there, here), NOW)
    if flag is not None and other is not None:
        assert flag.dedupe_key == other.dedupe_key


@pytest.mark.parametrize(("region", "flags"), [("110101", ["V06"]), ("130207", [])])
def test_two_passes_within_minutes_are_told_once(phone: Phone, rows: Rows, region: str, flags: list[str]) -> None:
    here, there = Kiosk(phone), Kiosk(phone, region=region, name="二号机")
    first = here.record(take=1)
    phone.clock.advance(minutes=3)
    second = there.record(take=2)
    phone.clock.advance(hours=5)
    told = [there.send(second), here.send(first)]
    assert [one.state for one in told] == [RecordState.ACCEPTED] * 2
    here.decide()
    assert rows("SELECT count(*) FROM certificates") == [(2,)], "no pass is taken back"
    assert phone.agency.flags() == flags


def test_hours_apart_by_the_kiosks_clock_are_nothing_odd_though_both_came_at_once(
    phone: Phone, agency: Agency, clock: FixedClock
) -> None:
    here, there = Kiosk(phone), Kiosk(phone, region="110101", name="二号机")
    first = here.record(take=1)
    there.fetch()
    clock.advance(hours=4)
    second = there.record(take=2, captured_at=written(clock.now()))
    here.send(first)
    there.send(second)
    here.decide()
    assert agency.flags() == []


@pytest.mark.parametrize(("minutes", "flags"), [(5, ["V06"]), (6, [])])
def test_a_held_record_that_an_officer_lets_pass_is_looked_at_as_well(
    phone: Phone, clock: FixedClock, minutes: int, flags: list[str]
) -> None:
    here, there = Kiosk(phone), Kiosk(phone, region="110101", name="二号机")
    held = here.record(take=1)
    phone.clock.advance(minutes=minutes)
    other = there.record(take=2)
    clock.advance(hours=71)
    there.send(other)
    clock.advance(hours=2)
    receipt = here.send(held)
    here.decide()
    evidence_id = here.see(receipt).record.evidence_id
    assert (receipt.code, phone.agency.flags()) == ("record_too_old", [])
    assert evidence_id is not None
    Desk(phone.agency, clock).settle(evidence_id)
    view = here.see(receipt)
    assert view.certificate is not None, "both passes stand"
    assert phone.agency.flags() == flags


def test_a_pass_after_a_held_record_was_let_pass_finds_it(phone: Phone, clock: FixedClock) -> None:
    here, there = Kiosk(phone), Kiosk(phone, region="110101", name="二号机")
    there.fetch()
    held = here.record(take=1)
    other = there.record(take=2)
    clock.advance(hours=73)
    receipts = [here.send(held), there.send(other)]
    here.decide()
    desk = Desk(phone.agency, clock)
    for place, receipt in enumerate(receipts):
        evidence_id = (here, there)[place].see(receipt).record.evidence_id
        assert evidence_id is not None
        desk.settle(evidence_id)
        assert phone.agency.flags() == ["V06"] * place, "once, whichever is let pass first"


def test_one_kiosk_twice_is_nothing_odd(phone: Phone, agency: Agency) -> None:
    kiosk = Kiosk(phone)
    kiosk.sends()
    kiosk.sends()
    kiosk.decide()
    assert agency.flags() == []
