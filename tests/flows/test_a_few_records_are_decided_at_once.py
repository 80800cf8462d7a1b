"""The worker measures a few records at the same time, of different people: the same comes of it, only sooner."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest

from auth_service.core.errors import EngineFault, PartlyDone, Unavailable
from auth_service.flows.decide_records import DecideRecords
from auth_service.flows.session_decision import SessionDecision
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.storage.unit import StoredSession
from tests.builders import LI, STRANGER, WANG
from tests.fakes import picture
from tests.flows.capturing import Phone, Rows, count
from tests.flows.kiosks import POLICY, Kiosk


@pytest.fixture
def kiosk(phone: Phone) -> Kiosk:
    """Whose worker measures two at once; two people are enrolled."""
    phone.agency.person(LI, "李桂英")
    phone.agency.enroll(LI, picture("li"), picture("li", take=2))
    made = Kiosk(phone)
    made.deciding = DecideRecords(phone.agency.store, lambda: phone.decision, phone.clock, POLICY, at_once=2)
    return made


class Seen:
    """Who is being measured now."""

    def __init__(self, decision: SessionDecision, monkeypatch: pytest.MonkeyPatch, meet: int = 1) -> None:
        self.now: Counter[str] = Counter()
        self.most, self.most_of_one, self.fails = 0, 0, list[Exception]()
        self._measure, self._lock = decision.measure, threading.Lock()
        self._meeting = threading.Barrier(meet)
        monkeypatch.setattr(decision, "measure", self.measure)

    def measure(self, stored: StoredSession, *given: Any) -> Any:
        who = stored.session.person_id or stored.session.id
        with self._lock:
            self.now[who] += 1
            self.most = max(self.most, self.now.total())
            self.most_of_one = max(self.most_of_one, self.now[who])
            fails = self.fails.pop() if self.fails else None
        try:
            self._meeting.wait(20)
            if fails is not None:
                raise fails
            return self._measure(stored, *given)
        finally:
            with self._lock:
                self.now[who] -= 1


def test_two_people_are_measured_at_once_and_each_is_decided_once(
    kiosk: Kiosk, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen(kiosk.phone.decision, monkeypatch, meet=2)
    receipts = [kiosk.sends(number=number, face=face) for number, face in ((WANG, "wang"), (LI, "li")) * 3]
    assert kiosk.decide() == {"decided": 6, "held": 0, "waiting": 0}
    assert (seen.most, seen.most_of_one) == (2, 1)
    words = [view.outcome.word for view in map(kiosk.see, receipts) if view.outcome]
    assert words == [OutcomeWord.PASSED] * 6
    assert count(rows, "evidence") == count(rows, "certificates") == 6
    with kiosk.agency.store.reading() as unit:
        actions = Counter(row.event.action for row in unit.audit.rows())
    assert actions["verification.decided"] == 6


def test_two_records_of_one_person_are_never_measured_together(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen(kiosk.phone.decision, monkeypatch)
    for _ in range(4):
        kiosk.sends()
    assert kiosk.decide()["decided"] == 4
    assert seen.most == 1


def test_one_film_twice_is_found_as_it_is_one_by_one(kiosk: Kiosk, rows: Rows) -> None:
    told = [kiosk.sends(take=5), kiosk.sends(number=LI, face="li"), kiosk.sends(take=5)]
    kiosk.decide()
    words = [view.outcome.word for view in map(kiosk.see, told) if view.outcome]
    assert words == [OutcomeWord.PASSED, OutcomeWord.PASSED, OutcomeWord.IN_REVIEW]


def test_whoever_is_not_known_is_decided_beside_others(kiosk: Kiosk) -> None:
    told = [kiosk.sends(number=STRANGER), kiosk.sends(), kiosk.sends(number=STRANGER)]
    assert kiosk.decide()["waiting"] == 0
    words = [view.outcome.word for view in map(kiosk.see, told) if view.outcome]
    assert words == [OutcomeWord.OTHER_WAY, OutcomeWord.PASSED, OutcomeWord.OTHER_WAY]


def test_one_that_fails_keeps_the_other_from_nothing(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen(kiosk.phone.decision, monkeypatch)
    seen.fails.append(EngineFault())
    kiosk.sends()
    kiosk.sends(number=LI, face="li")
    with pytest.raises(PartlyDone):
        kiosk.decide()
    assert kiosk.decide() == {"decided": 1, "held": 0, "waiting": 0}


def test_while_nothing_can_be_decided_nothing_is_counted_against_a_record(
    kiosk: Kiosk, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen(kiosk.phone.decision, monkeypatch, meet=2)
    seen.fails += [Unavailable(), Unavailable()]
    kiosk.sends()
    kiosk.sends(number=LI, face="li")
    with pytest.raises(Unavailable):
        kiosk.decide()
    assert rows("SELECT tries FROM offline_records") == [(0,), (0,)]
    assert kiosk.decide()["decided"] == 2
