"""Who asks too often is told when to come again; who is known shows nowhere, and nobody is locked out everywhere."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text

from auth_service.core.errors import AttemptsUsedUp, IdNumberInvalid, RateLimited, ServiceError, Unavailable
from auth_service.core.limits import DAY, HOUR, MINUTE, Count, LimitPolicy
from auth_service.flows.limit import Limit, _Held
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock

POLICY = LimitPolicy()


@pytest.fixture
def limit(agency: Agency, clock: FixedClock) -> Limit:
    return Limit(agency.store, POLICY, clock)


def captures(limit: Limit, number: str, times: int, key: str = "k1", device: str | None = None) -> int:
    """How many of so many tries were let through."""
    let = 0
    for _ in range(times):
        try:
            limit.capture(key, "agency_api", device, number)
        except AttemptsUsedUp:
            continue
        let += 1
    return let


@pytest.mark.asvs("2.3.2")
def test_a_person_has_eight_captures_a_day_on_one_device_and_more_elsewhere(limit: Limit) -> None:
    assert captures(limit, WANG, 10, device="kiosk-1") == 8
    assert captures(limit, WANG, 10, device="kiosk-2") == 8
    assert captures(limit, WANG, 10, device="kiosk-3") == 8
    assert captures(limit, WANG, 3, device="kiosk-4") == 0  # 24 with this key
    assert captures(limit, WANG, 3, key="k2") == 3
    assert captures(limit, LI, 3, device="kiosk-1") == 3


def test_spaces_and_small_letters_make_no_new_person(limit: Limit) -> None:
    assert captures(limit, WANG, 8) == 8
    assert captures(limit, f" {WANG.lower()} ", 1) == 0
    with pytest.raises(IdNumberInvalid):
        limit.capture("k1", "agency_api", None, "nonsense")


def test_an_unknown_number_is_counted_as_a_known_one(agency: Agency, limit: Limit) -> None:
    agency.person(WANG)
    assert captures(limit, WANG, 20) == captures(limit, STRANGER, 20) == 8


def test_a_device_has_its_captures_and_its_people(agency: Agency, clock: FixedClock) -> None:
    limit = Limit(agency.store, replace(POLICY, device_per_hour=6, device_people_per_hour=2), clock)
    people = [WANG, WANG, LI, STRANGER, WANG, LI, STRANGER, WANG]
    let = [captures(limit, number, 1, device="kiosk-1") for number in people]
    assert let == [1, 1, 1, 0, 1, 1, 0, 1]  # no third person; what is refused counts against nobody
    assert captures(limit, WANG, 1, device="kiosk-1") == 0
    assert captures(limit, STRANGER, 1, device="kiosk-2") == 1


def test_the_answer_says_when_to_come_again(agency: Agency) -> None:
    clock = FixedClock(datetime(2026, 3, 10, 2, 0, 30, tzinfo=UTC))
    limit = Limit(agency.store, replace(POLICY, key_per_minute=1, client_per_day=1, client_per_minute=0), clock)
    limit.key("k1")
    with pytest.raises(RateLimited) as refused:
        limit.key("k1")
    assert refused.value.retry_after == 30
    limit.lookup("192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        limit.lookup("192.0.2.1")
    assert refused.value.retry_after == 14 * HOUR - 30  # 10:00:30 in the agency's zone


def test_a_new_window_gives_new_tries_and_the_old_counts_go(agency: Agency) -> None:
    clock = FixedClock(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))
    limit = Limit(agency.store, replace(POLICY, key_per_minute=1), clock)
    limit.key("k1")
    clock.advance(seconds=60)
    assert limit.purge() == 1
    limit.key("k1")
    assert limit.purge() == 0


def test_a_limit_of_zero_is_none(agency: Agency, clock: FixedClock) -> None:
    limit = Limit(agency.store, replace(POLICY, key_per_minute=0), clock)
    for _ in range(50):
        limit.key("k1")


def test_days_begin_at_midnight_of_the_agency() -> None:
    count = Count("x", "y", 1, DAY)
    assert count.ends_at(datetime(2026, 3, 10, 15, 59, tzinfo=UTC)) == datetime(2026, 3, 10, 16, 0, tzinfo=UTC)
    assert count.ends_at(datetime(2026, 3, 10, 16, 0, tzinfo=UTC)) == datetime(2026, 3, 11, 16, 0, tzinfo=UTC)
    assert Count("x", "y", 1, MINUTE).ends_at(datetime(2026, 3, 10, 16, 0, 5, tzinfo=UTC)).second == 0


def test_what_is_kept_names_nobody(agency: Agency, limit: Limit) -> None:
    limit.capture("key-canary", "agency_api", "device-canary", WANG)
    limit.lookup("192.0.2.77")
    with _behind(agency) as connection:
        rows = connection.execute(text("SELECT * FROM limit_counts")).all()
    assert len(rows) == 7
    kept = repr(rows)
    assert not any(word in kept for word in (WANG, "canary", "192.0.2", "per_day"))


_WORKER = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import RateLimited
from auth_service.core.limits import LimitPolicy
from auth_service.flows.limit import Limit
from auth_service.storage.unit import Store

class Clock:
    def now(self):
        return datetime(2026, 3, 10, 2, tzinfo=UTC)

store = Store(sys.argv[1], KeyFile(Path(sys.argv[2])), Path(sys.argv[3]))
limit = Limit(store, LimitPolicy(key_per_minute=100, person_on_key_per_day=0, person_per_day=0), Clock())
store.ping()
print("ready", flush=True)
sys.stdin.readline()
let = []

def ask():
    for _ in range(int(sys.argv[4])):
        try:
            limit.key("one")
            limit.capture("k", "c", "d", sys.argv[5])
        except RateLimited:
            continue
        let.append(1)

threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
store.close()
print(len(let), flush=True)
"""


@pytest.mark.asvs("2.3.4")
@pytest.mark.asvs("2.3.2")
def test_counts_are_right_with_many_workers_and_threads_at_once(agency: Agency) -> None:
    """Two processes of four threads ask 160 times for what is allowed 100 times."""
    command = [
        sys.executable, "-c", _WORKER, agency.urls.front, str(agency.folder / "keys" / "keys.json"),
        str(agency.folder / "photos"), "20", WANG,
    ]  # fmt: skip
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    assert sum(int(worker.communicate(timeout=60)[0]) for worker in workers) == 100


@pytest.mark.asvs("16.5.2")
def test_without_counts_public_pages_close_and_captures_go_on_under_the_same_limits(
    agency: Agency, clock: FixedClock
) -> None:
    """F12: the place where counts lie is gone, and the rest of the database is there."""
    faults: list[ServiceError] = []
    limit = Limit(agency.store, POLICY, clock, faults.append)
    with _behind(agency) as connection:
        connection.execute(text("ALTER TABLE limit_counts RENAME TO limit_counts_gone"))
    try:
        with pytest.raises(Unavailable):
            limit.lookup("192.0.2.1")
        with pytest.raises(Unavailable):
            limit.sign_in("192.0.2.1")
        assert captures(limit, WANG, 20) == 8
        assert captures(limit, LI, 1) == 1
        assert len(faults) == 23
    finally:
        with _behind(agency) as connection:
            connection.execute(text("ALTER TABLE limit_counts_gone RENAME TO limit_counts"))
    limit.lookup("192.0.2.1")


def test_counts_of_one_process_hold_over_threads_and_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    held = _Held()
    now = datetime(2026, 3, 10, tzinfo=UTC)
    let: list[int] = []

    def ask() -> None:
        let.extend(1 for _ in range(50) if held.first_full([Count("r", "s", 30, DAY)], now) is None)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let) == 30
    monkeypatch.setattr("auth_service.flows.limit._MOST_HELD", 100)
    full = sum(held.first_full([Count("r", str(n), 5, MINUTE)], now) is not None for n in range(300))
    assert full >= 199
    assert held.first_full([Count("r", "late", 5, MINUTE)], now + timedelta(days=2)) is None
    assert len(held._counts) <= 101
    people = [Count("p", "device", 2, HOUR, each=name) for name in "aabbcca"]
    fresh = _Held()
    assert [fresh.first_full([count], now) is None for count in people] == [True] * 4 + [False] * 2 + [True]


@contextmanager
def _behind(agency: Agency) -> Iterator[Connection]:
    """As the database's owner, past the service."""
    engine = create_engine(agency.urls.owner, poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
