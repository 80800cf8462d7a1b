"""The worker: jobs when they are due, whatever one of them raises, whoever is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from auth_service.cli.worker import Worker
from auth_service.core.errors import DatabaseUnavailable, PartlyDone
from auth_service.core.jobs import RETRY_SECONDS, Job, RunOutcome
from auth_service.storage.unit import Store
from tests.acceptance.lfw import command, environment
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.storage.conftest import *  # noqa: F403 - both databases, as storage's own tests have them

CHILD = """
import sys, time
from itertools import pairwise
from pathlib import Path
from auth_service.cli.worker import Worker
from auth_service.connectors.key_file import KeyFile
from auth_service.core.jobs import Job
from auth_service.storage.unit import Store
url, keys, folder, mode = sys.argv[1:5]
store = Store(url, KeyFile(Path(keys)), Path(folder) / "photos")
def run():
    with (Path(folder) / "ran.txt").open("a") as file:
        file.write(f"{mode}\\n")
    time.sleep(60 if mode == "hang" else 0.02)
    return {"rows": 1}
every = 3600 if mode == "hang" else 0.1
worker = Worker(store, (Job("test.job", every, run),), lease_seconds=0.6 if mode == "hang" else 30)
if mode == "hang":
    worker.run()
else:
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        worker.once()
        time.sleep(0.01)
"""


@pytest.fixture
def child(url: str, prepared: Path, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a worker process on the test's database; ends what is left of them."""
    started: list[subprocess.Popen[bytes]] = []

    def start(mode: str) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-c", CHILD, url, str(prepared / "keys.json"), str(tmp_path), mode]
        started.append(subprocess.Popen(arguments, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(true: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def test_a_job_that_raises_is_recorded_and_the_others_go_on(store: Store) -> None:
    def broken() -> None:
        raise DatabaseUnavailable("Wang Xiuying")

    done: list[int] = []
    jobs = (Job("test.broken", 60, broken), Job("test.bug", 60, lambda: {"x": 1 // 0}),
            Job("test.fine", 60, lambda: done.append(1)))  # fmt: skip
    first, second, third = Worker(store, jobs).once()
    assert (first.outcome, first.code) == (RunOutcome.FAILED, "database_unavailable")
    assert (second.outcome, second.code) == (RunOutcome.FAILED, "internal")
    assert third.outcome is RunOutcome.DONE
    assert done == [1]
    assert Worker(store, jobs).once() == []
    with store.reading() as unit:
        assert [state.failures for state in unit.jobs.states()] == [1, 1, 0]


def test_a_job_that_did_a_part_is_tried_again_and_what_it_did_is_on_record(store: Store) -> None:
    def partly() -> None:
        raise PartlyDone("1 people: storage_fault", counts={"erased": 2, "failed": 1})

    job = Job("test.partly", 3600, partly)
    (ran,) = Worker(store, (job,)).once()
    assert (ran.outcome, ran.code, ran.counts) == (RunOutcome.FAILED, "partly_done", {"erased": 2, "failed": 1})
    with store.reading() as unit:
        (run,) = unit.jobs.runs("test.partly")
        assert run.counts == ran.counts
        assert unit.jobs.due_in(job) <= RETRY_SECONDS


def test_log_lines_name_job_and_code_but_no_message(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise ValueError("Wang Xiuying")

    Worker(store, (Job("test.broken", 60, broken),)).once()
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["job_started", "job_failed", "job_ended"]
    assert lines[1]["code"] == "internal"
    assert lines[1]["error_type"] == "ValueError"
    assert "Wang" not in json.dumps(lines)


def test_a_frequent_job_is_logged_only_when_it_did_something(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    Worker(store, (Job("test.idle", 10, lambda: {"made": 0}), Job("test.busy", 10, lambda: {"made": 1}))).once()
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [(line["event"], line["job"]) for line in lines] == [("job_ended", "test.busy")]


def test_a_long_job_keeps_its_lease_and_holds_no_other_up(store: Store) -> None:
    ticks: list[float] = []
    slow = Job("test.slow", 60, lambda: time.sleep(2.2))
    quick = Job("test.quick", 0.1, lambda: ticks.append(time.monotonic()))
    worker = Worker(store, (slow, quick), lease_seconds=1.0)
    thread = threading.Thread(target=worker.run)
    thread.start()
    time.sleep(1.5)
    with store.unit() as unit:
        assert unit.jobs.claim(slow, "another", 30) is None, "a lease of a second is renewed while the job goes on"
    worker.stop()
    thread.join()
    assert len(ticks) >= 3
    with store.reading() as unit:
        slowest = next(state for state in unit.jobs.states() if state.job == "test.slow")
    assert slowest.last is not None
    assert slowest.last.outcome is RunOutcome.DONE, "stopping lets the present run end"


def test_two_workers_at_once_run_a_job_one_at_a_time(
    store: Store, child: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    processes = [child("often"), child("often")]
    assert [process.wait(timeout=180) for process in processes] == [0, 0]
    with store.reading() as unit:
        runs = list(reversed(unit.jobs.runs("test.job")))
    assert len(runs) >= 2
    assert {run.outcome for run in runs} == {RunOutcome.DONE}
    for before, after in pairwise(runs):
        assert before.ended_at is not None
        assert after.started_at >= before.ended_at, "two ran at once"
    assert len((tmp_path / "ran.txt").read_text().splitlines()) == len(runs), "each run is recorded, and only once"


def test_the_job_of_a_killed_worker_is_run_again_when_its_lease_ends(
    store: Store, child: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = child("hang")
    until((tmp_path / "ran.txt").exists)
    process.send_signal(signal.SIGKILL)
    process.wait()
    again = Worker(store, (Job("test.job", 3600, lambda: {"rows": 2}),), lease_seconds=0.6)
    found: list[object] = []
    until(lambda: bool(found.extend(again.once()) or found))
    with store.reading() as unit:
        newest, oldest = unit.jobs.runs("test.job")
    assert (newest.outcome, dict(newest.counts)) == (RunOutcome.DONE, {"rows": 2})
    assert oldest.outcome is RunOutcome.LOST


def test_a_database_that_goes_away_and_comes_back_is_worked_with_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    worker = Worker(store, (Job("test.job", 0.05, lambda: ran.append(1)),), lease_seconds=0.2)
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: len(ran) > 1)
    whole = store._database.reading

    def away() -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(store._database, "reading", away)
    time.sleep(0.3)
    seen = len(ran)
    monkeypatch.setattr(store._database, "reading", whole)
    until(lambda: len(ran) > seen + 1)
    worker.stop()
    thread.join()


def test_the_command_works_until_sigterm_and_says_so_in_json(tmp_path: Path, clock: FixedClock) -> None:
    Agency(tmp_path / "var", clock).close()
    Path(tmp_path / "var" / "test.sqlite3").rename(tmp_path / "var" / "auth_service.sqlite3")
    home = tmp_path / "var"
    with subprocess.Popen(
        command(home, "worker", "--json"), env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stderr is not None
            assert b"job_started" in process.stderr.readline(), "jobs that never ran are due at once"
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 0
    assert json.loads(out)["stopped"] is True
    once = subprocess.run(
        command(home, "worker", "--once", "--json"), env=environment(home), capture_output=True, text=True, check=False
    )
    assert once.returncode == 0, once.stderr
    document = json.loads(once.stdout)
    assert {run["job"] for run in document["runs"]} <= set(document["jobs"])


def test_a_signal_that_another_thread_was_given_ends_the_work_too() -> None:
    """Python's handlers run in the main thread, which a signal does not wake when it falls asleep at that moment."""
    program = """
import os, signal, threading, time
from auth_service.cli.worker import Worker, _stop_on_signal

def hit():
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

worker = Worker(None, ())
_stop_on_signal(worker)
threading.Thread(target=hit).start()
worker.run()
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert ended.returncode == 0
