"""How much is read, and how long it takes, to open and to complete a session: the same whoever the number names."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from auth_service.liveness.decision import PadReason, PadVerdict
from auth_service.storage.sealing import DataKey, Place
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.flows.capturing import Phone, step


@pytest.fixture
def phone(agency: Agency) -> Phone:
    agency.person()
    agency.enroll(WANG, picture("wang"), picture("wang", take=2))
    return Phone(agency)


def test_an_unknown_number_opens_as_much_as_a_known_one(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    whole = DataKey.open

    def counting(self: DataKey, place: Place, sealed: bytes) -> bytes:
        opened.append(f"{place.table}.{place.field}")
        return whole(self, place, sealed)

    monkeypatch.setattr(DataKey, "open", counting)
    told = []
    for number in (WANG, STRANGER):
        phone.start(phone.open(number, name="王秀英"))
        told.append(sorted(opened))
        opened.clear()
    assert told[0] == told[1]
    assert "people.name" in told[0]


def test_an_empty_ledger_opens_sessions_all_the_same(agency: Agency) -> None:
    assert Phone(agency).run(STRANGER).decision.zone is None


@pytest.mark.slow
def test_the_time_of_a_session_does_not_tell_who_is_known(
    phone: Phone, clock: FixedClock, proof: Callable[[str, Mapping[str, Any]], None], request: pytest.FixtureRequest
) -> None:
    """trust.md 2.5: difference of medians below 5 ms over 1,000 tries. Anybody against anybody: enrolled, in
    the ledger without a photo, in none. Completing: without a living face, when the answer is the same for all."""
    phone.agency.person(LI, "李建国")
    phone.assess.verdict, phone.assess.reasons = PadVerdict.INCONCLUSIVE, (PadReason.CHALLENGE_ABSENT,)
    opening: dict[str, list[float]] = {WANG: [], LI: [], STRANGER: []}
    completing: dict[str, list[float]] = {WANG: [], LI: [], STRANGER: []}
    for turn in range(1000):
        clock.advance(minutes=20)
        for number in sorted(opening, reverse=bool(turn % 2)):
            began = time.perf_counter()
            opened = phone.opened(number, name="王秀英", device=f"{turn}")
            opening[number].append(time.perf_counter() - began)
            if turn % 5 == 0:
                key, begun = phone.start(phone.opening.exchange(opened.ticket))
                for n in range(begun.count):
                    phone.send(key, step(n, "zhao", turn + 1))
                began = time.perf_counter()
                phone.completing.run(key)
                completing[number].append(time.perf_counter() - began)
    medians = {
        f"{what}_{name}_ms": round(statistics.median(taken[number]) * 1e3, 2)
        for what, taken in (("open", opening), ("complete", completing))
        for number, name in ((WANG, "enrolled"), (LI, "not_enrolled"), (STRANGER, "unknown"))
    }
    database = request.node.callspec.params["agency"]
    proof(f"enumeration-sessions-{database}", {**medians, "inference": "left out (fake reader)"})
    for what in ("open", "complete"):
        told = [value for name, value in medians.items() if name.startswith(what)]
        assert max(told) - min(told) < 5, medians
