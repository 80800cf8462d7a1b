"""The worker: does each job when it is due, in one process at a time, and goes on whatever a job raises."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Annotated, Any

import typer

from auth_service.cli.key_watch import ended_when_keys_hang
from auth_service.cli.speak import JsonFlag, speaking
from auth_service.connectors.pkcs11_library import longest_call
from auth_service.core.errors import FieldInvalid, PartlyDone, ServiceError
from auth_service.core.jobs import Claim, Job, RunOutcome
from auth_service.core.tracing import NoTracer, Tracer
from auth_service.settings import load_settings
from auth_service.storage.unit import Store
from auth_service.wiring import Wiring

LEASE_SECONDS = 30.0
"""A job whose process died is run again after this long. source: invariant I9 of trust.md, recovery within 60 s"""
_RENEWALS = 3
"""Renewals within one lease: two may fail before it is lost."""
_LOOK_SECONDS = 5.0
"""Longest wait between two looks at the lease table, so that another host's failed job is taken up soon."""
_WAKES_SECONDS = 1.0
"""The main thread looks up so often: a signal that comes as it falls asleep, or to another thread, does not wake it."""

_QUIET_SECONDS = 60.0
"""A job of every few seconds is logged only when it did something or failed."""

worker_app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Ran:
    """One run that this process did. outcome LOST: it took too long without renewing and another took over"""

    job: str
    outcome: RunOutcome
    seconds: float
    counts: Mapping[str, int]
    code: str | None


class Worker:
    """The jobs of one process. Each has a thread of its own, so that a slow one keeps no other from its time.

    lease_seconds  how long a claim holds without being renewed
    """

    def __init__(
        self, store: Store, jobs: Sequence[Job], lease_seconds: float = LEASE_SECONDS, tracer: Tracer | None = None
    ) -> None:
        self._store = store
        self._tracer = tracer or NoTracer()
        self._jobs = tuple(jobs)
        self._lease = lease_seconds
        self._stopping = threading.Event()
        self.holder = f"{socket.gethostname()[:30]}.{os.getpid()}.{secrets.token_hex(4)}"

    def once(self) -> list[Ran]:
        """Runs every job that is due, one after another. raises what the database raises before a job began"""
        found = (self._turn(job) for job in self._jobs)
        return [ran for ran in found if ran is not None]

    def stop(self) -> None:
        """No new run begins; those going on end by themselves."""
        self._stopping.set()

    def run(self) -> None:
        """Until `stop`: returns when the last run has ended."""
        threads = [threading.Thread(target=self._keep, args=(job,), name=f"job {job.name}") for job in self._jobs]
        for thread in threads:
            thread.start()
        while not self._stopping.wait(_WAKES_SECONDS):
            pass
        for thread in threads:
            thread.join()

    def _keep(self, job: Job) -> None:
        """One job, again and again. The one place besides the last handler that catches every exception."""
        from auth_service.web.logging import log, where_it_broke  # noqa: PLC0415 - loads the web framework

        troubles = 0
        while not self._stopping.is_set():
            try:
                self._turn(job)
                with self._store.reading() as unit:
                    pause = min(unit.jobs.due_in(job), _LOOK_SECONDS)
                troubles = 0
            except Exception as error:  # noqa: BLE001 - a database that is away for a while must not end the worker
                troubles += 1
                pause = min(2.0 ** min(troubles, 10), self._lease)
                log.error("job_waits", job=job.name, code=_code(error), error_at=where_it_broke(error))
            self._stopping.wait(max(pause, 0.05))

    def _turn(self, job: Job) -> Ran | None:
        """One run, when it is due and nobody else does it."""
        with self._store.reading() as unit:
            if unit.jobs.due_in(job) > 0:
                return None
        with self._store.unit() as unit:
            claim = unit.jobs.claim(job, self.holder, self._lease)
        return None if claim is None else self._run(job, claim)

    def _run(self, job: Job, claim: Claim) -> Ran:
        from auth_service.web.logging import log, where_it_broke  # noqa: PLC0415

        started = time.monotonic()
        counts: Mapping[str, int] = {}
        code: str | None = None
        quiet = job.every_seconds < _QUIET_SECONDS
        if not quiet:
            log.info("job_started", job=job.name, fence=claim.fence)
        try:
            with self._renewing(claim), self._tracer.span("job", job=job.name, fence=claim.fence):
                counts = job.run() or {}
        except Exception as error:  # noqa: BLE001 - whatever a job raises, the others go on and this one is tried again
            code = _code(error)
            told = ""
            if isinstance(error, PartlyDone):
                counts, told = error.counts, error.detail
            log.error("job_failed", job=job.name, code=code, error_type=type(error).__name__, counts=told,
                      error_at=where_it_broke(error))  # fmt: skip
        with self._store.unit() as unit:
            kept = unit.jobs.finish(claim, job, counts, code)
        seconds = time.monotonic() - started
        outcome = RunOutcome.LOST if not kept else RunOutcome.FAILED if code else RunOutcome.DONE
        if not quiet or outcome is not RunOutcome.DONE or any(counts.values()):
            shown = " ".join(f"{name}={number}" for name, number in counts.items())
            log.info("job_ended", job=job.name, fence=claim.fence, outcome=outcome.value, counts=shown,
                     duration_ms=round(seconds * 1000, 1))  # fmt: skip
        return Ran(job.name, outcome, seconds, counts, code)

    @contextmanager
    def _renewing(self, claim: Claim) -> Iterator[None]:
        """Holds the lease for as long as the block takes."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(self._lease / _RENEWALS):
                try:
                    with self._store.unit(durable=False) as unit:
                        held = unit.jobs.renew(claim, self._lease)
                except ServiceError:
                    continue  # the next renewal may reach the database; until then the fence guards the record
                if not held:
                    return

        thread = threading.Thread(target=renew, name=f"lease {claim.job}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _code(error: Exception) -> str:
    return error.code if isinstance(error, ServiceError) else "internal"


@contextmanager
def worker_beside(wiring: Wiring) -> Iterator[None]:
    """The worker in a thread of the serving process, while the block runs. For development: one command suffices."""
    wiring.check_notices()
    worker = Worker(wiring.store, wiring.jobs(), tracer=wiring.tracer)
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


@worker_app.command("worker")
def work(
    once: Annotated[bool, typer.Option(help="do what is due now and end; exit 1 when a job failed")] = False,
    only: Annotated[list[str] | None, typer.Option(help="this job alone; may be given several times")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Do the recurring jobs, such as audit checkpoints and retention. Several workers may run; each job runs once."""
    with speaking(as_json=as_json) as voice:
        wiring = Wiring(load_settings())
        wiring.store.check_schema()
        wiring.check_notices()
        jobs = _chosen(wiring.jobs(), only or ())
        worker = Worker(wiring.store, jobs, tracer=wiring.tracer)
        if once:
            ran = worker.once()
            for one in ran:
                voice.say(f"{one.job}: {one.outcome.value}" + (f" ({one.code})" if one.code else ""))
            voice.result({"jobs": [job.name for job in jobs], "runs": [_document(one) for one in ran]})
            wiring.store.close()
            if any(one.outcome is RunOutcome.FAILED for one in ran):
                raise typer.Exit(1)
            return
        _stop_on_signal(worker)
        voice.say(f"Working on {len(jobs)} jobs: {', '.join(job.name for job in jobs)}. SIGTERM ends it.")
        with ended_when_keys_hang(longest_call, wiring.settings.keys.hung_seconds):
            worker.run()
        voice.result({"jobs": [job.name for job in jobs], "stopped": True})
        wiring.store.close()


def _chosen(jobs: Sequence[Job], only: Sequence[str]) -> tuple[Job, ...]:
    """raises FieldInvalid: a job that this process does not have, such as `backup` without a folder"""
    unknown = sorted(set(only) - {job.name for job in jobs})
    if unknown:
        raise FieldInvalid(f"no such job here: {', '.join(unknown)}", field="only")
    return tuple(job for job in jobs if not only or job.name in only)


def _document(ran: Ran) -> dict[str, Any]:
    return {
        "job": ran.job,
        "outcome": ran.outcome.value,
        "seconds": round(ran.seconds, 3),
        "counts": dict(ran.counts),
        "code": ran.code,
    }


def _stop_on_signal(worker: Worker) -> None:
    """The first signal lets the present runs end; a second ends the process at once, and the leases run out."""

    def stop(number: int, _frame: FrameType | None) -> None:
        # in a thread, because the interrupted code may hold the very lock that `stop` needs
        threading.Thread(target=worker.stop).start()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
