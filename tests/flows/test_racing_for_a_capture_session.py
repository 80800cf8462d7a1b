"""Tabs, threads and processes that want the same session at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest

from auth_service.capture.ports import StepLook
from auth_service.core.errors import AttemptsUsedUp, KeyDestroyed, SessionSpent, SessionUnknown, StepConflict
from auth_service.flows.erase import Erased
from auth_service.flows.session_decision import Completed
from auth_service.flows.session_terms import Begun, SessionKey
from tests.builders import WANG, Agency
from tests.conftest import ROOT
from tests.fakes import picture
from tests.flows.capturing import Phone, step
from tests.flows.erasing import Privacy
from tests.storage.test_many_at_once import all_at_once

THREADS = 16
PROCESSES = 3
_WORKER = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from auth_service.core.errors import SessionSpent
from auth_service.flows.session_terms import SessionKey
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.databases import Urls
from tests.flows.capturing import Phone

folder, urls, instant, session_id, token, nonce = sys.argv[1:]
agency = Agency(Path(folder), FixedClock(datetime.fromisoformat(instant)), Urls(**json.loads(urls)))
phone, key = Phone(agency), SessionKey(session_id, token, bytes.fromhex(nonce))
print("ready", flush=True)
sys.stdin.readline()
try:
    print(phone.completing.run(key).outcome.word, flush=True)
except SessionSpent:
    print("spent", flush=True)
agency.close()
"""


@pytest.fixture
def phone(agency: Agency) -> Phone:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    return Phone(agency)


def facts(phone: Phone) -> tuple[int, int]:
    """Passes in the audit trail, and times that frames were measured."""
    with phone.agency.store.reading() as unit:
        told = [row for row in unit.audit.rows() if row.event.action == "verification.decided"]
    return len(told), phone.reader.measured


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_of_sixteen_threads_one_completes_the_session(phone: Phone) -> None:
    key = phone.captured()
    results = all_at_once(THREADS, lambda _: phone.completing.run(key))
    won = [one for one in results if isinstance(one, Completed)]
    assert len(won) == 1
    assert won[0].decision.qualified
    assert sum(isinstance(one, SessionSpent) for one in results) == THREADS - 1
    assert facts(phone) == (1, 1)


def test_of_several_processes_one_completes_the_session(phone: Phone, agency: Agency) -> None:
    key = phone.captured()
    asked = [
        str(agency.folder), json.dumps(asdict(agency.urls)), agency.clock.now().isoformat(), key.session_id, key.token,
        key.nonce.hex(),
    ]  # fmt: skip
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-c", _WORKER, *asked]
    workers = [subprocess.Popen(command, **pipes, text=True, cwd=ROOT) for _ in range(PROCESSES)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n", worker.communicate()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    told = [worker.communicate(timeout=120) for worker in workers]
    assert sorted(out.strip() for out, _ in told) == ["passed", *["spent"] * (PROCESSES - 1)], told
    assert facts(phone)[0] == 1


def test_of_two_starts_at_once_both_get_what_one_drew(phone: Phone) -> None:
    key = phone.open()
    results = all_at_once(8, lambda _: phone.starting.run(key))
    assert all(isinstance(one, Begun) for one in results), results
    assert len({(one.nonce, one.steps) for one in results}) == 1  # type: ignore[attr-defined]


def draws_left(phone: Phone) -> int:
    """Of the day's eight, for this person where this phone is."""
    for n in range(9):
        try:
            phone.start(phone.open())
        except AttemptsUsedUp:
            return n
    raise AssertionError("nothing is counted")


def test_tabs_that_start_at_once_count_one_draw(phone: Phone) -> None:
    key = phone.open()
    all_at_once(8, lambda _: phone.starting.run(key))
    assert draws_left(phone) == 7


def test_tabs_that_have_motions_drawn_anew_at_once_count_one_draw(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    phone.send(key, step(0))
    phone.clock.advance(seconds=33)
    results = all_at_once(8, lambda _: phone.starting.run(key))
    assert len({one.steps for one in results}) == 1, results  # type: ignore[attr-defined]
    phone.seal(key, step(1))
    all_at_once(8, lambda _: phone.starting.run(key, lost_from=1))
    assert draws_left(phone) == 5


def test_tabs_that_ask_for_late_colours_at_once_count_one_draw(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    for n in range(3):
        phone.send(key, step(n))
    phone.starting.colours(key)
    phone.clock.advance(seconds=16)
    results = all_at_once(8, lambda _: phone.starting.colours(key))
    assert len({one.colours for one in results}) == 1, results  # type: ignore[attr-defined]
    assert draws_left(phone) == 6


def test_of_two_exchanges_at_once_one_gets_the_key(phone: Phone) -> None:
    ticket = phone.opened().ticket
    results = all_at_once(8, lambda _: phone.opening.exchange(ticket))
    assert sum(isinstance(one, SessionKey) for one in results) == 1
    assert sum(isinstance(one, SessionUnknown) for one in results) == 7


def test_two_tabs_with_different_pictures_of_one_step_keep_one(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    phone.clock.advance(seconds=6)  # once: time does not pass eight times as fast for eight tabs

    def send(place: int) -> StepLook:
        shown = step(0, take=place + 1)
        phone.sealing.run(key, shown.prints)
        return phone.accepting.run(key, shown)

    results = all_at_once(8, send)
    assert sum(isinstance(one, StepConflict) for one in results) == 7, results
    with phone.agency.store.reading() as unit:
        assert [kept.n for kept in unit.steps.kept(key.session_id)] == [0]


def test_two_tabs_with_the_same_pictures_get_the_same_answer(phone: Phone) -> None:
    key, _ = phone.start(phone.open())
    phone.clock.advance(seconds=6)

    def send(_: int) -> StepLook:
        phone.sealing.run(key, step(0).prints)
        return phone.accepting.run(key, step(0))

    results = all_at_once(4, send)
    assert len(set(results)) == 1, results
    assert not isinstance(results[0], Exception)


def test_a_step_that_races_with_the_end_is_kept_whole_or_not_at_all(phone: Phone) -> None:
    key = phone.captured()
    results = all_at_once(2, lambda place: phone.completing.run(key) if place else phone.send(key, step(0, take=9)))
    assert isinstance(results[0], StepConflict | SessionSpent)
    assert isinstance(results[1], Completed)


def test_a_step_and_an_erasure_at_once_wait_for_each_other_and_leave_nothing(phone: Phone, privacy: Privacy) -> None:
    key, _ = phone.start(phone.open())
    results = all_at_once(2, lambda place: privacy.run() if place else phone.send(key, step(0)))
    assert isinstance(results[1], Erased), results
    assert isinstance(results[0], StepLook | SessionUnknown | KeyDestroyed), results
    with phone.agency.store.reading() as unit:
        assert unit.steps.kept(key.session_id) == []
