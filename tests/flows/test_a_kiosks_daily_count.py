"""What a kiosk counts beside what came: differences are told, and a copied key is found by them."""

from __future__ import annotations

from datetime import date

import pytest

from auth_service.accounts.devices import DeviceState
from auth_service.capture.offline_chain import FIRST
from auth_service.core.errors import FieldInvalid
from auth_service.flows.reconcile import ReportDay
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, Rows
from tests.flows.kiosks import Kiosk

TODAY = date(2026, 3, 10)


@pytest.fixture
def kiosk(phone: Phone) -> Kiosk:
    return Kiosk(phone)


def codes(kiosk: Kiosk, **told: object) -> list[str]:
    return [one.code for one in kiosk.reconcile(**told)]  # type: ignore[arg-type]


def test_a_kiosk_that_did_nothing_agrees(kiosk: Kiosk) -> None:
    assert kiosk.reconcile() == ()
    assert kiosk.reconcile(last_hash=FIRST) == ()


def test_whole_days_agree_whatever_was_decided(kiosk: Kiosk, clock: FixedClock) -> None:
    kiosk.sends()
    kiosk.sends(face="zhao")
    assert kiosk.reconcile() == ()
    kiosk.decide()
    clock.advance(hours=30)
    kiosk.sends()
    assert kiosk.reconcile(records=1) == ()
    assert kiosk.reconcile(records=2, day=TODAY) == (), "another day's count, the chain as it is now"


def test_what_did_not_come_is_named_and_asked_for_again(kiosk: Kiosk) -> None:
    sent = [kiosk.record() for _ in range(6)]
    for place in (0, 3):
        kiosk.send(sent[place])
    differences = kiosk.reconcile()
    assert [(one.code, one.kiosk, one.here, one.counters) for one in differences] == [
        ("records_differ", 6, 2, ()),
        ("records_missing", 6, 4, (2, 3, 5, 6)),
    ]
    assert kiosk.device.state is DeviceState.ACTIVE, "it says itself what it has; nothing is odd about that"
    for one in sent:
        kiosk.send(one)
    assert kiosk.reconcile() == ()


def test_many_missing_ones_are_named_a_hundred_at_a_time(kiosk: Kiosk) -> None:
    (_, missing) = kiosk.reconcile(records=1000, last_counter=1000)
    assert missing.counters == tuple(range(1, 101))
    kiosk.sends()
    (_, missing) = kiosk.reconcile(records=1000, last_counter=1000)
    assert missing.counters == tuple(range(2, 102))


def test_a_kiosk_that_does_not_know_a_record_in_its_name_is_set_aside(kiosk: Kiosk, clock: FixedClock) -> None:
    thief = kiosk.copy()
    thief.fetch(2)
    thief.sends()
    assert codes(kiosk) == ["records_differ"], "it may have been made since the kiosk counted"
    clock.advance(minutes=6)
    assert codes(kiosk) == ["records_differ", "records_unknown"]
    assert (kiosk.device.quarantine_reason, kiosk.agency.flags()) == ("count_differs", ["V09"])


def test_another_record_with_its_last_number_is_found(kiosk: Kiosk) -> None:
    thief = kiosk.copy()
    thief.fetch(2)
    thief.sends()
    kiosk.record()
    assert codes(kiosk) == ["last_hash_differs"]
    assert kiosk.device.state is DeviceState.QUARANTINED


def test_captures_with_a_line_are_counted_apart(kiosk: Kiosk) -> None:
    kiosk.sends()
    kiosk.decide()
    assert codes(kiosk, captures=3) == ["captures_differ"]
    assert codes(kiosk, captures=0) == []


@pytest.mark.parametrize("day", [date(2026, 3, 11), date(2026, 3, 2)])
def test_a_day_to_come_or_long_ago_is_no_day_to_count(kiosk: Kiosk, day: date) -> None:
    with pytest.raises(FieldInvalid):
        kiosk.reconcile(day=day)


def test_each_bank_is_told_of_its_own_kiosks(kiosk: Kiosk, phone: Phone, rows: Rows) -> None:
    silent, other = Kiosk(phone, name="二号机"), Kiosk(phone, owner="邮储银行", name="三号机")
    kiosk.sends()
    other.sends()
    kiosk.reconcile(records=5)
    kiosk.reconcile()
    report = ReportDay(phone.agency.store, phone.clock)
    told = {owner.owner: owner for owner in report.run(TODAY)}
    assert {owner: one.agrees for owner, one in told.items()} == {"农商行": True, "邮储银行": False}
    first, second = told["农商行"].devices
    assert (first.device.id, first.captures, first.records, first.agrees) == (kiosk.id, 0, 1, True)
    assert (second.device.id, second.told, second.records) == (silent.id, None, 0)
    assert told["邮储银行"].devices[0].told is None
    phone.clock.advance(days=1)
    assert report.run() == report.run(TODAY), "yesterday"
    assert rows("SELECT count(*) FROM reconciliations") == [(2,)]
