"""Threads and processes that want the same thing at the same moment."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from auth_service.connectors.key_file import KeyFile
from auth_service.core.audit import AuditEvent, verify
from auth_service.core.errors import IdempotencyInFlight, RowConflict, ServiceError, StaleJudgement
from auth_service.monitoring.flags import Judgement, Verdict
from auth_service.storage.unit import SavedAnswer, Store
from tests.storage.samples import NOW, flag, person, row

THREADS = 100
PROCESSES = 8

_WORKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from auth_service.connectors.key_file import KeyFile
from auth_service.core.audit import AuditEvent
from auth_service.core.errors import IdempotencyInFlight
from auth_service.storage.unit import Store

url, keys, photos, times = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
store = Store(url, KeyFile(keys), photos)
store.ping()
print("ready", flush=True)
sys.stdin.readline()
now, won = datetime(2026, 3, 10, tzinfo=UTC), 0
try:
    with store.unit() as unit:
        won = int(unit.idempotency.begin("caller", "one key", "content", now, 60) is None)
except IdempotencyInFlight:
    pass
for number in range(times):
    with store.unit() as unit:
        unit.audit.append(AuditEvent("cli", "first", "", {"n": number}), now)
        unit.audit.append(AuditEvent("cli", "second", "", {"n": number}), now)
store.close()
print(won, flush=True)
"""


def all_at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """Runs `work` in so many threads that start together; returns results and exceptions."""
    results: list[object] = [None] * count
    start = threading.Barrier(count)

    def run(place: int) -> None:
        start.wait()
        try:
            results[place] = work(place)
        except ServiceError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_a_hundred_threads_claim_one_key_and_one_wins(store: Store) -> None:
    def claim(_: int) -> str:
        with store.unit() as unit:
            saved = unit.idempotency.begin("caller", "key", "content", NOW, 60)
        return "won" if saved is None else "saved"

    results = all_at_once(THREADS, claim)
    assert results.count("won") == 1
    assert sum(isinstance(result, IdempotencyInFlight) for result in results) == THREADS - 1


def test_eight_processes_claim_one_key_and_keep_one_chain(
    store: Store, url: str, prepared: Path, tmp_path: Path
) -> None:
    times = 5
    command = [sys.executable, "-c", _WORKER, url, str(prepared / "keys.json"), str(tmp_path / "photos"), str(times)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, **pipes) for _ in range(PROCESSES)]  # type: ignore[call-overload]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n", worker.stderr.read()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    answers = [worker.communicate(timeout=60) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * PROCESSES, answers
    assert sum(int(out) for out, _ in answers) == 1
    with store.reading() as unit:
        rows = list(unit.audit.rows())
        report = verify(rows, *unit.audit.head())
    assert (report.ok, report.rows) == (True, PROCESSES * times * 2)
    pairs = [(rows[place].event.action, rows[place + 1].event.action) for place in range(0, len(rows), 2)]
    assert set(pairs) == {("first", "second")}  # a unit's events stay together


@pytest.mark.asvs("15.4.1")
def test_many_threads_keep_one_audit_chain(store: Store) -> None:
    def append(place: int) -> None:
        for _ in range(5):
            with store.unit() as unit:
                unit.audit.append(AuditEvent("cli", "test.done", f"person:{place}"), NOW)

    assert all_at_once(20, append) == [None] * 20
    with store.reading() as unit:
        report = verify(unit.audit.rows(), *unit.audit.head())
    assert (report.ok, report.rows) == (True, 100)


def test_of_two_judgements_at_once_one_is_stale(store: Store) -> None:
    with store.unit() as unit:
        raised = unit.flags.raise_once(flag())
    assert raised is not None

    def judge(place: int) -> str:
        judgement = Judgement(raised, Verdict.FALSE_FLAG, "看过了", f"staff-{place}", NOW)
        with store.unit() as unit:
            return unit.judgements.add(judgement, None)

    results = all_at_once(2, judge)
    assert sorted(type(result).__name__ for result in results) == ["StaleJudgement", "str"]
    with store.reading() as unit:
        stored = unit.flags.get(raised)
    assert stored is not None
    assert len(stored.judgements) == 1


@pytest.mark.asvs("2.3.1")
def test_a_judgement_on_an_old_page_is_stale(store: Store) -> None:
    with store.unit() as unit:
        raised = unit.flags.raise_once(flag())
        assert raised is not None
        judgement = Judgement(raised, Verdict.FALSE_FLAG, "看过了", "staff", NOW)
        unit.judgements.add(judgement, None)
    for seen in (None, "0" * 32):
        try:
            with store.unit() as unit:
                unit.judgements.add(judgement, seen)
        except StaleJudgement:
            continue
        raise AssertionError(seen)


def test_one_flag_raised_by_many_at_once_stands_once(store: Store) -> None:
    someone = person(store)

    def raise_it(_: int) -> str | None:
        with store.unit() as unit:
            return unit.flags.raise_once(flag(someone))

    results = all_at_once(16, raise_it)
    assert sum(result is not None for result in results) == 1
    assert len(store.queries.flags().rows) == 1


def test_two_imports_at_once_add_each_person_once(store: Store) -> None:
    def import_all(_: int) -> list[str]:
        with store.unit() as unit:
            return [unit.people.apply(row(sequence), NOW, "b").change for sequence in range(1, 11)]

    results = all_at_once(4, import_all)
    assert sorted(results) == sorted([["added"] * 10] + [["unchanged"] * 10] * 3)  # type: ignore[type-var]
    with store.reading() as unit:
        assert unit.people.count() == 10


def test_one_person_key_given_to_two_people_at_once_goes_to_one(store: Store) -> None:
    def add(place: int) -> str:
        with store.unit() as unit:
            return unit.people.apply(row(place + 1, person_key="K1"), NOW, "b").change

    results = all_at_once(2, add)
    assert results.count("added") == 1
    assert any(isinstance(result, RowConflict) for result in results)


def test_readers_see_whole_units_while_a_writer_is_at_work(store: Store) -> None:
    someone = person(store)
    with store.unit() as unit:
        unit.audit.append(AuditEvent("cli", "test.done"), NOW)
        with store.reading() as reader:
            assert reader.audit.head()[0] == 0
            assert reader.people.get(someone) is not None
    with store.reading() as reader:
        assert reader.audit.head()[0] == 1


def _open_and_read(url: str, keys: str, photos: str, answers: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    store = Store(url, KeyFile(Path(keys)), Path(photos))
    with store.unit() as unit:
        answers.put(
            unit.idempotency.begin("caller", "key", "content", NOW, 60) == SavedAnswer(201, b"body", "text/plain")
        )
    store.close()


def test_another_process_gives_the_saved_answer(store: Store, url: str, prepared: Path, tmp_path: Path) -> None:
    with store.unit() as unit:
        assert unit.idempotency.begin("caller", "key", "content", NOW, 60) is None
    with store.unit() as unit:
        unit.idempotency.finish("caller", "key", SavedAnswer(201, b"body", "text/plain"), NOW)
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    arguments = (url, str(prepared / "keys.json"), str(tmp_path / "photos"), answers)
    process = context.Process(target=_open_and_read, args=arguments)
    process.start()
    assert answers.get(timeout=30)
    process.join(timeout=30)
    assert process.exitcode == 0
