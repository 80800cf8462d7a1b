"""Records in any order end in the same; a copied kiosk is set aside, and nobody who stood before it is harmed."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest

from auth_service.accounts.devices import DeviceState
from auth_service.capture.offline_rules import RecordState
from auth_service.flows.accept_record import RecordSent
from auth_service.qualification.capture_outcome import OutcomeWord
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, Rows
from tests.flows.kiosks import A, B, Kiosk

ACCEPTED, PENDING = RecordState.ACCEPTED, RecordState.PENDING


@pytest.fixture
def kiosk(phone: Phone) -> Kiosk:
    return Kiosk(phone)


def standing(kiosk: Kiosk, rows: Rows) -> Any:
    """Where all records of a kiosk stand, and the kiosk itself."""
    found = rows(
        "SELECT counter, digest, fault, hold, decided_at IS NULL FROM offline_records WHERE device_id = :device"
        " ORDER BY counter, digest",
        device=kiosk.id,
    )
    return [tuple(row) for row in found], kiosk.device.state, kiosk.device.quarantine_reason


def holds(kiosk: Kiosk, rows: Rows) -> list[tuple[int, str | None]]:
    return [(counter, hold) for counter, _, _, hold, _ in standing(kiosk, rows)[0]]


def test_counters_seven_five_six_are_kept_put_in_order_and_decided(kiosk: Kiosk, rows: Rows) -> None:
    sent = [kiosk.record() for _ in range(7)]
    for place in (0, 1, 2, 3, 6):
        assert kiosk.send(sent[place]).state is ACCEPTED
    assert kiosk.decide() == {"decided": 4, "held": 0, "waiting": 1}, "the seventh waits"
    kiosk.send(sent[4])
    assert kiosk.decide() == {"decided": 1, "held": 0, "waiting": 1}
    kiosk.send(sent[5])
    assert kiosk.decide() == {"decided": 2, "held": 0, "waiting": 0}
    assert holds(kiosk, rows) == [(n, "") for n in range(1, 8)]
    assert (kiosk.device.state, kiosk.device.counter, kiosk.agency.flags()) == (DeviceState.ACTIVE, 7, [])


def test_a_record_that_never_comes_is_waited_for_and_then_people_look(
    kiosk: Kiosk, rows: Rows, clock: FixedClock
) -> None:
    sent = [kiosk.record() for _ in range(5)]
    told = [kiosk.send(sent[place]) for place in (0, 1, 3, 4)]
    clock.advance(minutes=14)
    assert kiosk.decide() == {"decided": 2, "held": 0, "waiting": 2}
    assert kiosk.device.state is DeviceState.ACTIVE
    clock.advance(minutes=1)
    assert kiosk.decide() == {"decided": 2, "held": 2, "waiting": 0}
    assert holds(kiosk, rows) == [(1, ""), (2, ""), (4, "chain_gap"), (5, "device_quarantined")]
    assert (kiosk.device.state, kiosk.device.quarantine_reason) == (DeviceState.QUARANTINED, "gap")
    assert kiosk.agency.flags() == ["V09"]
    views = [kiosk.see(receipt) for receipt in told]
    words = [view.outcome.word for view in views if view.outcome]
    assert words == [OutcomeWord.PASSED] * 2 + [OutcomeWord.IN_REVIEW] * 2
    assert [(view.state, view.code) for view in views[2:]] == [(PENDING, "chain_gap"), (PENDING, "device_quarantined")]
    assert rows("SELECT count(*) FROM photos WHERE purpose = 'review'") == [(2,)], "there is something to look at"


def test_a_queue_that_still_empties_is_not_judged_for_a_day(kiosk: Kiosk, clock: FixedClock) -> None:
    kiosk.fetch(50)
    sent = [kiosk.record() for _ in range(30)]
    kiosk.send(sent[0])
    for place in range(2, 26):
        kiosk.send(sent[place])
        kiosk.decide()
        clock.advance(minutes=14)
    assert kiosk.device.state is DeviceState.ACTIVE
    kiosk.send(sent[1])
    assert kiosk.decide()["waiting"] == 0
    kiosk.send(sent[27])
    for _ in range(104):
        clock.advance(minutes=14)
    kiosk.send(sent[28])
    kiosk.decide()
    assert kiosk.device.state is DeviceState.QUARANTINED, "a day and more after the first above the gap"


def test_a_copied_kiosk_forks_the_chain_both_sides_are_looked_at_and_earlier_ones_stand(
    kiosk: Kiosk, rows: Rows
) -> None:
    kiosk.fetch(20)
    first = [kiosk.record() for _ in range(3)]
    thief = kiosk.copy()
    kiosk.tickets, thief.tickets = kiosk.tickets[:8], kiosk.tickets[8:]
    own, stolen = [kiosk.record() for _ in range(2)], [thief.record(take=20 + n) for n in range(4)]
    told = [kiosk.send(one) for one in [*first, *own, *stolen]]
    assert [one.state for one in told] == [ACCEPTED] * 5 + [PENDING] * 4
    assert [one.code for one in told[5:]] == ["chain_fork", "chain_fork", "device_quarantined", "device_quarantined"]
    assert kiosk.device.quarantine_reason == "cloned"
    kiosk.decide()
    assert holds(kiosk, rows) == [
        (1, ""), (2, ""), (3, ""), (4, "chain_fork"), (4, "chain_fork"), (5, "chain_fork"), (5, "chain_fork"),
        (6, "device_quarantined"), (7, "device_quarantined"),
    ]  # fmt: skip
    assert rows("SELECT count(*) FROM certificates") == [(3,)]
    assert kiosk.agency.flags() == ["V09"]
    kiosk.fetch(1)
    assert len(kiosk.tickets) == 6, "it gets no new tickets"
    online = kiosk.phone.run(face="zhao", take=50)
    assert online.outcome.word is OutcomeWord.TRY_AGAIN, "nobody's tries were used up"


def test_a_record_of_another_past_is_broken_off(kiosk: Kiosk, rows: Rows) -> None:
    kiosk.sends()
    kiosk.sends()
    receipt = kiosk.sends(previous="e" * 64)
    assert (receipt.state, receipt.code) == (PENDING, "chain_broken")
    kiosk.decide()
    assert (holds(kiosk, rows)[-1], kiosk.device.quarantine_reason) == ((3, "chain_broken"), "forked")


def test_what_was_decided_before_its_copy_came_stays_and_is_named(kiosk: Kiosk, rows: Rows) -> None:
    """No machine takes a pass back; a monitor is told."""
    thief = kiosk.copy()
    kiosk.fetch(2)
    thief.fetch(2)
    own = kiosk.sends()
    kiosk.decide()
    other = thief.sends(face="wang", take=9)
    kiosk.decide()
    assert [kiosk.see(one).state for one in (own, other)] == [ACCEPTED, PENDING]
    assert rows("SELECT fault FROM offline_records") == [("fork",), ("fork",)]
    assert kiosk.agency.flags() == ["V09"]


def test_once_two_people_have_let_it_in_again_later_records_pass(kiosk: Kiosk, rows: Rows, clock: FixedClock) -> None:
    sent = [kiosk.record() for _ in range(3)]
    kiosk.send(sent[0])
    kiosk.send(sent[2])
    clock.advance(minutes=16)
    kiosk.decide()
    clock.advance(hours=1)
    kiosk.sends()
    with kiosk.agency.store.unit() as unit:
        unit.devices.propose_release(kiosk.id, A)
        unit.devices.release(kiosk.id, B, clock.now())
    clock.advance(minutes=1)
    kiosk.sends()
    kiosk.decide()
    assert holds(kiosk, rows) == [(1, ""), (3, "chain_gap"), (4, "device_quarantined"), (5, "")]
    assert kiosk.device.state is DeviceState.ACTIVE


def test_any_order_and_any_repetition_end_in_the_same(kiosk: Kiosk, rows: Rows, clock: FixedClock) -> None:
    """Honest, with a gap, and copied: each in several orders, on a kiosk of its own; the worker runs at the end."""
    drawn = random.Random(20261129)
    for lost, copied in ((None, None), (3, None), (None, 3), (5, 2)):
        made, ends = list[RecordSent](), set()
        for order in range(4):
            fresh = Kiosk(kiosk.phone, name=f"{lost} {copied} {order}")
            fresh.fetch(20)
            made = _made(fresh, lost, copied)
            drawn.shuffle(made)
            for one in [*made, *drawn.choices(made, k=5)] if order else sorted(made, key=lambda one: one.data):
                fresh.send(one)
            clock.advance(minutes=20)
            for _ in range(3):
                fresh.decide()
            found, state, _ = standing(fresh, rows)
            ends.add((tuple((counter, fault, hold, waits) for counter, _, fault, hold, waits in found), state))
        assert len(ends) == 1, (lost, copied, ends)
        (end,) = ends
        assert (end[1] is DeviceState.ACTIVE) == (lost is None and copied is None)
        assert not any(waits for *_, waits in end[0])


def _made(kiosk: Kiosk, lost: int | None, copied: int | None) -> list[RecordSent]:
    made = [kiosk.record(take=n) for n in range(1, (copied or 6) + 1)]
    if copied is not None:
        thief = kiosk.copy()
        kiosk.tickets, thief.tickets = kiosk.tickets[:8], kiosk.tickets[8:]
        made += [kiosk.record(take=n) for n in range(10, 14)]
        made += [thief.record(take=n) for n in range(20, 23)]
    return [one for place, one in enumerate(made, start=1) if place != lost]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[:3])
def test_while_the_worker_runs_between_them_a_whole_chain_ends_in_the_same(
    kiosk: Kiosk, rows: Rows, order: tuple[int, ...]
) -> None:
    sent = [kiosk.record() for _ in range(3)]
    for place in order:
        kiosk.send(sent[place])
        kiosk.decide()
    assert holds(kiosk, rows) == [(1, ""), (2, ""), (3, "")]


def test_a_revoked_kiosks_earlier_records_are_honoured_and_later_ones_are_looked_at(
    kiosk: Kiosk, rows: Rows, clock: FixedClock
) -> None:
    kiosk.fetch()
    before = kiosk.record()
    clock.advance(hours=1)
    with kiosk.agency.store.unit() as unit:
        unit.devices.revoke(kiosk.id, A, clock.now())
    clock.advance(hours=1)
    after = kiosk.record()
    told = [kiosk.send(before), kiosk.send(after)]
    assert [(one.state, one.code) for one in told] == [(ACCEPTED, ""), (PENDING, "device_revoked")]
    kiosk.decide()
    assert holds(kiosk, rows) == [(1, ""), (2, "device_revoked")]
    words = [view.outcome.word for view in map(kiosk.see, told) if view.outcome]
    assert words == [OutcomeWord.PASSED, OutcomeWord.IN_REVIEW]


def test_one_revoked_while_its_records_wait_is_judged_by_when_they_were_captured(
    kiosk: Kiosk, rows: Rows, clock: FixedClock
) -> None:
    kiosk.sends()
    clock.advance(minutes=1)
    with kiosk.agency.store.unit() as unit:
        unit.devices.revoke(kiosk.id, A, clock.now() - timedelta(seconds=30))
    kiosk.decide()
    assert holds(kiosk, rows) == [(1, "")]


def test_one_set_aside_for_another_reason_is_judged_in_the_same_way(
    kiosk: Kiosk, rows: Rows, clock: FixedClock
) -> None:
    kiosk.fetch()
    before = kiosk.record()
    clock.advance(minutes=1)
    with kiosk.agency.store.unit() as unit:
        unit.devices.quarantine(kiosk.id, "replayed", clock.now())
    clock.advance(minutes=1)
    told = [kiosk.send(before), kiosk.sends()]
    assert [(one.state, one.code) for one in told] == [(ACCEPTED, ""), (PENDING, "device_quarantined")]
    kiosk.decide()
    assert holds(kiosk, rows) == [(1, ""), (2, "device_quarantined")]
