"""How much is read for one verification: bounded, passes first, and the same whether or not the number is known."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from auth_service.faces.copies import CopyPolicy
from auth_service.qualification.decision import Reason
from auth_service.storage.photos import PhotoFiles
from auth_service.storage.sealing import DataKey, Place
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import FAKE_ENGINE, picture


def test_only_so_many_captures_are_held_against_a_new_one_passes_first(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    passed = agency.verify(WANG, picture("wang", take=1))
    assert passed.decision.qualified
    for number in range(70):
        clock.advance(hours=1)
        agency.verify(WANG, picture("li", take=number), attested=False)
    with agency.store.reading() as unit:
        known = unit.captures.of(agency.person(), FAKE_ENGINE, CopyPolicy().most_captures)
    assert [len(known), known[0].qualified, known[1].qualified] == [64, True, False]
    assert known[1].taken_at > known[-1].taken_at
    clock.advance(days=300)
    assert agency.verify(WANG, picture("wang", take=1)).decision.reasons == (Reason.ATTACK_SUSPECTED,)


def test_an_unknown_number_reads_as_much_as_a_known_one(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    agency.verify(WANG, picture("li"), attested=False)
    opened: list[str] = []
    whole = DataKey.open

    def counting(self: DataKey, place: Place, sealed: bytes) -> bytes:
        opened.append(place.field)
        return whole(self, place, sealed)

    monkeypatch.setattr(DataKey, "open", counting)
    agency.verifying._people.by_number(WANG, date(2026, 3, 10))
    known = sorted(opened)
    opened.clear()
    nobody = agency.verifying._people.by_number(STRANGER, date(2026, 3, 10))
    assert sorted(opened) == known
    assert (nobody.person_id, nobody.reference, nobody.captures, nobody.enrolled) == (None, None, (), ())


@pytest.mark.parametrize("number", [STRANGER, LI])
def test_whoever_is_not_enrolled_is_held_against_somebody_who_is(agency: Agency, number: str) -> None:
    agency.person()
    agency.person(LI, "李建国")
    agency.enroll(WANG, picture("wang"))
    agency.verify(WANG, picture("li"), attested=False)
    known = agency.verifying._people.by_number(number, date(2026, 3, 10))
    assert (known.reference, len(known.captures), len(known.enrolled)) == (None, 0, 0)
    assert known.decoy is not None
    assert (len(known.decoy.captures), len(known.decoy.enrolled)) == (1, 1)
    copied = agency.verify(number, picture("wang"))
    assert (copied.comparison, copied.flags) == (None, ()), "nothing of the other is used"
    assert Reason.ATTACK_SUSPECTED not in copied.decision.reasons


def test_an_unknown_number_writes_and_syncs_a_file_too_and_leaves_none(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.person()
    agency.person(LI, "李建国")
    agency.enroll(WANG, picture("wang"))
    written: list[int] = []
    synced: list[int] = []
    write, sync = PhotoFiles.write, PhotoFiles.sync
    monkeypatch.setattr(PhotoFiles, "write", lambda self, data: (written.append(len(data)), write(self, data))[1])
    monkeypatch.setattr(PhotoFiles, "sync", lambda self, names: (synced.append(len(names)), sync(self, names))[1])
    photos = agency.folder / "photos"
    for number, more in ((WANG, 1), (LI, 0), (STRANGER, 0)):
        before = len([path for path in photos.rglob("*") if path.is_file()])
        agency.verify(number, picture("zhao", take=7))
        assert len([path for path in photos.rglob("*") if path.is_file()]) == before + more
    assert len(set(written)) == 1
    assert synced == [1, 1, 1]


def test_an_unknown_number_next_to_an_unreadable_record_is_unknown_all_the_same(agency: Agency) -> None:
    someone = agency.person()
    agency.enroll(WANG, picture("wang"))
    with agency.store.unit() as unit:
        unit.people.destroy_key(someone, agency.clock.now())
    assert not agency.verify(STRANGER, picture("li"), attested=False).in_ledger


def test_an_empty_ledger_knows_nobody(agency: Agency) -> None:
    assert not agency.verify(STRANGER, picture("li"), attested=False).in_ledger


@pytest.mark.slow
def test_time_does_not_tell_who_is_known(
    agency: Agency, clock: FixedClock, proof: Callable[[str, Mapping[str, Any]], None], request: pytest.FixtureRequest
) -> None:
    """trust.md 2.5: difference of medians below 5 ms over 1,000 tries, with a long history and the costliest checks."""
    agency.person()
    agency.person(LI, "李建国")  # in the ledger, without a photo
    agency.enroll(WANG, picture("wang"), picture("wang", take=2), picture("wang", take=3))
    for number in range(80):
        agency.verify(WANG, picture("li", take=5000 + number), attested=False)
        clock.advance(hours=1)
    taken: dict[str, list[float]] = {WANG: [], STRANGER: []}
    for number in range(1000):
        for who in (WANG, STRANGER) if number % 2 else (STRANGER, WANG):
            photo = picture(f"somebody {number}", take=number)
            began = time.perf_counter()
            agency.verify(who, photo, attested=False)
            taken[who].append(time.perf_counter() - began)
        clock.advance(minutes=20)
    medians = {who: statistics.median(times) * 1e3 for who, times in taken.items()}
    apart = abs(medians[WANG] - medians[STRANGER])
    database = request.node.callspec.params["agency"]
    found = {"tries": 1000, "known_ms": round(medians[WANG], 2), "unknown_ms": round(medians[STRANGER], 2)}
    proof(f"enumeration-{database}", {**found, "apart_ms": round(apart, 2), "inference": "left out (fake reader)"})
    assert apart < 5
