"""Leases of jobs: one holder at a time, taken over when it falls silent, and old holders change nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from auth_service.core.jobs import Job, RunOutcome, pause_after_failure
from auth_service.storage.unit import Store

HOURLY = Job("test.hourly", 3600, lambda: None)
FREQUENT = Job("test.frequent", 0.0, lambda: None)


def test_of_many_at_once_one_claims(store: Store) -> None:
    def claim(number: int) -> bool:
        with store.unit() as unit:
            return unit.jobs.claim(HOURLY, f"holder {number}", 30) is not None

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(claim, range(24))) == 1


def test_a_job_is_due_again_when_its_time_has_come(store: Store) -> None:
    with store.unit() as unit:
        assert unit.jobs.due_in(HOURLY) == 0
        claim = unit.jobs.claim(HOURLY, "a", 30)
        assert claim is not None
    with store.unit() as unit:
        assert unit.jobs.finish(claim, HOURLY, {"rows": 3})
    with store.unit() as unit:
        assert unit.jobs.claim(HOURLY, "b", 30) is None
        assert 3590 < unit.jobs.due_in(HOURLY) <= 3600
        (state,) = unit.jobs.states()
    assert state.last is not None
    assert (state.last.outcome, dict(state.last.counts), state.failures) == (RunOutcome.DONE, {"rows": 3}, 0)
    assert state.last_success_at == state.last.ended_at


def test_a_silent_holder_is_followed_by_the_next_and_can_change_nothing_afterwards(store: Store) -> None:
    with store.unit() as unit:
        first = unit.jobs.claim(FREQUENT, "a", 30)
    assert first is not None
    with store.unit() as unit:
        assert unit.jobs.claim(FREQUENT, "b", 30) is None
    with store.unit() as unit:  # as if half a minute had gone by
        unit._work.connection.execute(text("UPDATE job_leases SET lease_until = '2020-01-01 00:00:00.000000'"))
    with store.unit() as unit:
        second = unit.jobs.claim(FREQUENT, "b", 30)
    assert second is not None
    assert second.fence == first.fence + 1
    with store.unit() as unit:
        assert not unit.jobs.renew(first, 30)
        assert not unit.jobs.finish(first, FREQUENT, {"rows": 1})
        assert unit.jobs.renew(second, 30)
        assert unit.jobs.finish(second, FREQUENT, {"rows": 2})
        newest, oldest = unit.jobs.runs(FREQUENT.name)
    assert (newest.outcome, dict(newest.counts)) == (RunOutcome.DONE, {"rows": 2})
    assert (oldest.outcome, dict(oldest.counts)) == (RunOutcome.LOST, {})


def test_the_history_of_a_frequent_job_stays_short(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_service.storage.records.jobs.MOST_RUNS", 3)
    for _ in range(6):
        with store.unit() as unit:
            claim = unit.jobs.claim(FREQUENT, "a", 30)
            assert claim is not None
            unit.jobs.finish(claim, FREQUENT, {})
    with store.reading() as unit:
        assert [run.fence for run in unit.jobs.runs(FREQUENT.name)] == [6, 5, 4]


def test_an_end_is_recorded_once(store: Store) -> None:
    with store.unit() as unit:
        claim = unit.jobs.claim(HOURLY, "a", 30)
        assert claim is not None
        assert unit.jobs.finish(claim, HOURLY, {}, "database_unavailable")
        assert not unit.jobs.finish(claim, HOURLY, {})
        assert not unit.jobs.renew(claim, 30)
        (state,) = unit.jobs.states()
    assert state.last is not None
    assert (state.failures, state.last.code, state.last_success_at) == (1, "database_unavailable", None)


def test_a_failed_job_comes_sooner_and_a_success_ends_the_count(store: Store) -> None:
    with store.unit() as unit:
        claim = unit.jobs.claim(HOURLY, "a", 30)
        assert claim is not None
        unit.jobs.finish(claim, HOURLY, {}, "internal")
        assert 25 < unit.jobs.due_in(HOURLY) <= 30


@pytest.mark.parametrize(
    ("every", "failures", "pause"),
    [(60, 1, 30), (60, 2, 60), (60, 9, 300), (86400, 1, 30), (86400, 5, 480), (86400, 40, 3600), (5, 1, 5)],
)
def test_pauses_after_failures_grow_up_to_a_bound(every: float, failures: int, pause: float) -> None:
    assert pause_after_failure(every, failures) == pause
