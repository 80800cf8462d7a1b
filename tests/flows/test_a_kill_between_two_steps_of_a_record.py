"""The service may die between any two steps of a record: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from auth_service.core.errors import CapacityExceeded, DatabaseUnavailable, EngineFault, PartlyDone
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.storage.unit import Store, Unit
from tests.flows.capturing import Phone, Rows, count
from tests.flows.kiosks import POLICY, Kiosk


class Killed(BaseException):
    """As good as SIGKILL: nothing that is meant for errors sees it."""


class Dying:
    """Kills at the `nth` transaction, before it or after its commit."""

    def __init__(self, store: Store, nth: int, *, after: bool) -> None:
        self._unit, self._left, self._after = store.unit, nth, after

    @contextmanager
    def unit(self, **how: Any) -> Iterator[Unit]:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        with self._unit(**how) as unit:
            yield unit
        if self._left == 0:
            raise Killed


@pytest.fixture
def kiosk(phone: Phone) -> Kiosk:
    return Kiosk(phone)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_nothing_is_lost_and_nothing_is_done_twice(
    kiosk: Kiosk, rows: Rows, monkeypatch: pytest.MonkeyPatch, nth: int, after: bool
) -> None:
    sent, store = kiosk.record(), kiosk.agency.store
    device = kiosk.device
    told = []
    with monkeypatch.context() as dying:
        dying.setattr(store, "unit", Dying(store, nth, after=after).unit)
        try:
            told.append(kiosk.accepting.run(device, sent))
            kiosk.decide()
        except Killed:
            assert nth <= 3
    receipt = kiosk.send(sent)
    assert all(one == receipt for one in told)
    kiosk.decide()
    view = kiosk.see(receipt)
    assert view.outcome is not None
    assert view.outcome.word is OutcomeWord.PASSED
    assert [count(rows, table) for table in ("offline_records", "evidence", "certificates", "capture_steps")] == [
        1, 1, 1, 0,
    ]  # fmt: skip
    with store.reading() as unit:
        actions = [row.event.action for row in unit.audit.rows()]
    assert actions.count("record.received") == actions.count("verification.decided") == 1


def test_a_pass_and_its_record_are_written_together(kiosk: Kiosk, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk.sends()
    decide = kiosk.phone.decision.record

    def dies(*given: Any) -> Any:
        decide(*given)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(kiosk.phone.decision, "record", dies)
        with pytest.raises(Killed):
            kiosk.decide()
    assert [count(rows, table) for table in ("evidence", "certificates")] == [0, 0]
    assert kiosk.decide()["decided"] == 1


def test_a_record_that_brings_the_measuring_down_goes_to_a_person_after_five_tries(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = kiosk.sends()

    def dies(*_given: Any) -> Any:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(kiosk.phone.reader, "measure", dies)
        for _ in range(POLICY.tries):
            with pytest.raises(Killed):
                kiosk.decide()
        good = kiosk.sends()
    kiosk.decide()
    words = [view.outcome.word if view.outcome else None for view in (kiosk.see(poison), kiosk.see(good))]
    assert words == [OutcomeWord.OTHER_WAY, OutcomeWord.PASSED]


def test_a_fault_is_tried_again_and_holds_up_no_other(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = kiosk.sends(), kiosk.sends()
    measure, failed = kiosk.phone.reader.measure, list[int]()

    def faulty(*given: Any) -> Any:
        if not failed:
            failed.append(1)
            raise EngineFault
        return measure(*given)

    monkeypatch.setattr(kiosk.phone.reader, "measure", faulty)
    with pytest.raises(PartlyDone) as partly:
        kiosk.decide()
    assert dict(partly.value.counts) == {"decided": 1, "held": 0, "waiting": 1}
    assert kiosk.decide()["decided"] == 1
    assert all(kiosk.see(receipt).outcome for receipt in (one, two))


@pytest.mark.parametrize("outage", [CapacityExceeded, DatabaseUnavailable])
def test_an_outage_counts_as_no_try(
    kiosk: Kiosk, rows: Rows, monkeypatch: pytest.MonkeyPatch, outage: type[Exception]
) -> None:
    receipt = kiosk.sends()

    def away(*_given: Any) -> Any:
        raise outage

    with monkeypatch.context() as broken:
        broken.setattr(kiosk.phone.reader, "measure", away)
        for _ in range(POLICY.tries + 3):
            with pytest.raises(outage):
                kiosk.decide()
    assert rows("SELECT tries FROM offline_records") == [(0,)]
    kiosk.decide()
    outcome = kiosk.see(receipt).outcome
    assert outcome is not None
    assert outcome.word is OutcomeWord.PASSED


def test_frames_that_an_older_backup_lost_come_again(kiosk: Kiosk, rows: Rows) -> None:
    """Sessions are in no backup; the kiosk keeps each record until the daily count agrees."""
    sent = kiosk.record()
    receipt = kiosk.send(sent)
    for table in ("capture_steps", "capture_moves", "capture_sessions"):
        rows(f"DELETE FROM {table}")
    assert kiosk.decide() == {"decided": 0, "held": 0, "waiting": 1}
    (missing,) = kiosk.reconcile()
    assert (missing.code, missing.counters) == ("records_missing", (1,))
    assert kiosk.send(sent) == receipt
    assert kiosk.decide()["decided"] == 1
    assert kiosk.reconcile() == ()
