"""Devices come back as they went in, two people let them in, and nobody with the database alone lets one in."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from auth_service.accounts.devices import (
    Device,
    DeviceKind,
    DevicePolicy,
    DeviceState,
    DeviceWords,
    LensProfile,
    code_ends,
    code_hash,
)
from auth_service.core.errors import AccountTampered, AlreadyExists, StorageFault
from auth_service.storage.unit import Store
from tests.storage.samples import NOW, direct_sql

A, B = "a" * 32, "b" * 32
KEY = bytes(range(32))
CODE = code_hash("code")
WORDS = DeviceWords(DeviceKind.KIOSK, "一号机", "农商行", "130203", "解放路支行大厅", LensProfile.WIDE)
ENTERED = Device("1" * 32, WORDS, A, NOW, code_ends(NOW, DevicePolicy()))


@pytest.fixture
def entered(store: Store) -> Store:
    with store.unit() as unit:
        unit.devices.add(ENTERED, CODE)
    return store


@pytest.fixture
def active(entered: Store) -> Store:
    with entered.unit() as unit:
        assert unit.devices.approve(ENTERED.id, B, NOW)
        assert unit.devices.enrol(ENTERED.id, KEY, NOW)
    return entered


def held(store: Store) -> Device:
    with store.reading() as unit:
        device = unit.devices.get(ENTERED.id)
    assert device is not None
    return device


def test_a_device_comes_back_as_it_went_in(entered: Store) -> None:
    assert held(entered) == ENTERED
    with entered.reading() as unit:
        assert unit.devices.of_code(CODE) == ENTERED
        assert unit.devices.all() == [ENTERED]
        assert unit.devices.get("2" * 32) is None
        assert unit.devices.of_code(code_hash("other")) is None


def test_it_goes_from_entered_to_revoked_one_step_at_a_time(entered: Store) -> None:
    with entered.unit() as unit:
        assert not unit.devices.enrol(ENTERED.id, KEY, NOW), "nobody has approved it"
        assert not unit.devices.quarantine(ENTERED.id, "forked_chain", NOW)
        assert unit.devices.approve(ENTERED.id, B, NOW)
        assert not unit.devices.approve(ENTERED.id, "c" * 32, NOW), "once"
        assert unit.devices.enrol(ENTERED.id, KEY, NOW)
        assert not unit.devices.enrol(ENTERED.id, b"x" * 32, NOW), "the code is spent"
        assert unit.devices.of_code(CODE) is None
        assert not unit.devices.release(ENTERED.id, B, NOW), "nothing holds it"
        assert unit.devices.quarantine(ENTERED.id, "forked_chain", NOW)
        assert not unit.devices.quarantine(ENTERED.id, "counter_gap", NOW), "the first reason stays"
        assert unit.devices.propose_release(ENTERED.id, A)
        assert unit.devices.release(ENTERED.id, B, NOW + timedelta(minutes=1))
        assert unit.devices.quarantine(ENTERED.id, "counter_gap", NOW + timedelta(minutes=2))
    aside = held(entered)
    assert (aside.state, aside.quarantine_reason) == (DeviceState.QUARANTINED, "counter_gap")
    assert (aside.release_proposed_by, aside.released_by) == (None, None), "what was said of the first time is over"
    with entered.unit() as unit:
        assert unit.devices.revoke(ENTERED.id, A, NOW + timedelta(minutes=3))
        assert not unit.devices.revoke(ENTERED.id, B, NOW)
        assert not unit.devices.release(ENTERED.id, B, NOW)
    assert held(entered) == replace(aside, revoked_by=A, revoked_at=NOW + timedelta(minutes=3))


@pytest.mark.asvs("2.3.5")
def test_one_person_is_not_two(entered: Store) -> None:
    with pytest.raises(StorageFault), entered.unit() as unit:
        unit.devices.approve(ENTERED.id, A, NOW)
    with entered.unit() as unit:
        unit.devices.approve(ENTERED.id, B, NOW)
        unit.devices.enrol(ENTERED.id, KEY, NOW)
        unit.devices.quarantine(ENTERED.id, "forked_chain", NOW)
    with pytest.raises(StorageFault), entered.unit() as unit:
        unit.devices.release(ENTERED.id, A, NOW)
    with entered.unit() as unit:
        unit.devices.propose_release(ENTERED.id, A)
    with pytest.raises(StorageFault), entered.unit() as unit:
        unit.devices.release(ENTERED.id, A, NOW)
    assert held(entered).state is DeviceState.QUARANTINED


def test_a_key_belongs_to_one_device(active: Store) -> None:
    other = replace(ENTERED, id="2" * 32)
    with active.unit() as unit:
        unit.devices.add(other, code_hash("second"))
        unit.devices.approve(other.id, B, NOW)
    with pytest.raises(AlreadyExists), active.unit() as unit:
        unit.devices.enrol(other.id, KEY, NOW)


def test_being_seen_and_counted_only_goes_up(active: Store) -> None:
    with active.unit() as unit:
        unit.devices.seen(ENTERED.id, NOW)
        unit.devices.seen(ENTERED.id, NOW + timedelta(seconds=30))
        unit.devices.counted(ENTERED.id, 7)
        unit.devices.counted(ENTERED.id, 5)
    assert (held(active).last_seen_at, held(active).counter) == (NOW, 7)
    with active.unit() as unit:
        unit.devices.seen(ENTERED.id, NOW + timedelta(seconds=90))
    assert held(active).last_seen_at == NOW + timedelta(seconds=90)


@pytest.mark.parametrize(
    "change",
    ["quarantined_at = NULL, quarantine_reason = NULL", f"release_proposed_by = '{A}'", "guard = ''",
     f"release_proposed_by = '{A}', released_by = '{B}', released_at = '2026-03-10 00:00:00.000000'"],
)  # fmt: skip
def test_a_changed_record_lets_nobody_in(active: Store, url: str, change: str) -> None:
    with active.unit() as unit:
        unit.devices.quarantine(ENTERED.id, "forked_chain", NOW)
    direct_sql(url, f"UPDATE devices SET {change}")
    with pytest.raises(AccountTampered), active.reading() as unit:
        unit.devices.get(ENTERED.id)
    with active.reading() as unit:
        (listed,) = unit.devices.all()
        subjects = [row.event.subject for row in unit.audit.rows() if row.event.action == "account.refused"]
    assert (listed.tampered, listed.public_key) == (True, None)
    assert subjects == [f"device:{ENTERED.id}"]
    with active.unit() as unit:
        assert unit.devices.revoke(ENTERED.id, A, NOW), "who finds it can end it"


@pytest.mark.asvs("6.7.1")
@pytest.mark.parametrize(
    "change",
    [f"UPDATE devices SET public_key = {{blob}}{'00' * 32}'", "UPDATE devices SET approved_by = created_by",
     f"UPDATE devices SET approved_by = '{'c' * 32}'", "UPDATE devices SET counter = counter - 1",
     "UPDATE devices SET owner = 'another'", "DELETE FROM devices"],
)  # fmt: skip
def test_the_database_takes_nothing_back(active: Store, url: str, change: str) -> None:
    statement = change.format(blob="x'" if url.startswith("sqlite") else "'\\x")
    with pytest.raises(Exception, match=r"append-only|constraint"):
        direct_sql(url, statement)
    assert held(active).state is DeviceState.ACTIVE


def test_a_nonce_is_good_once_even_for_many_at_once(active: Store) -> None:
    took: list[bool] = []
    start = threading.Barrier(8)

    def take() -> None:
        start.wait()
        with active.unit() as unit:
            took.append(unit.device_nonces.take(ENTERED.id, "n" * 22, NOW))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(took) == [False] * 7 + [True]
    with active.unit() as unit:
        assert unit.device_nonces.take(ENTERED.id, "m" * 22, NOW + timedelta(hours=2))
        assert unit.expiry.count_rows("device_nonces", NOW + timedelta(minutes=1)) == 1
        assert unit.expiry.remove_rows("device_nonces", NOW + timedelta(minutes=1), 10) == 1
        assert not unit.device_nonces.take(ENTERED.id, "m" * 22, NOW), "the other is still known"


def test_two_changes_at_once_leave_a_record_that_holds(active: Store) -> None:
    start = threading.Barrier(2)

    def act(change: str) -> None:
        start.wait()
        with active.unit() as unit:
            if change == "revoke":
                unit.devices.revoke(ENTERED.id, A, NOW)
            else:
                unit.devices.quarantine(ENTERED.id, "forked_chain", NOW)

    threads = [threading.Thread(target=act, args=(change,)) for change in ("revoke", "quarantine")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held(active).state is DeviceState.REVOKED
