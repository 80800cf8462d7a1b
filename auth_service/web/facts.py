"""Meters that are looked up when they are read: readiness, audit trail, jobs, stored faces, disk."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from auth_service.core.errors import AuditBroken, ServiceError
from auth_service.core.jobs import JobState
from auth_service.core.witness import AuditStatus
from auth_service.storage.queries import Operations
from auth_service.web.services import Readiness

FACES_JOB = "faces.count"
"""The job whose last counts say how many faces are stored: counting at every reading would cost a large agency."""

_SOUND = "0 when the audit trail does not fit its signed checkpoints"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the facts come from.

    audit   None where no checkpoints are made
    backup  when the newest backup was made, None without one; left out where no folder is set
    """

    operations: Callable[[], Operations]
    readiness: Callable[[], Readiness]
    disk_free: Callable[[], float]
    audit: Callable[[], AuditStatus] | None = None
    backup: Callable[[], datetime | None] | None = None


class Facts(Collector):
    """Reads the database once per reading. When it does not answer, `auth_service_ready` says so and the rest is
    left out: an old number would hide the outage.

    jobs  names of the jobs that this release has, also those that never ran
    """

    def __init__(self, sources: Sources, jobs: Sequence[str]) -> None:
        self._sources = sources
        self._jobs = tuple(jobs)
        self._started = time.monotonic()

    def collect(self) -> Iterable[Metric]:
        ready = GaugeMetricFamily("auth_service_ready", "1 when this part can do its work", labels=["check"])
        checks = self._sources.readiness().checks
        for name, fine in checks:
            ready.add_metric([name], float(fine))
        yield ready
        yield from self._of_backup()
        yield _gauge("auth_service_disk_free_bytes", "Free space under the service's folder", self._sources.disk_free())
        if not dict(checks).get("database", True):
            return
        try:
            found = self._sources.operations()
        except ServiceError:
            return
        yield from self._of(found)
        yield from self._of_audit(found.now)

    def _of(self, found: Operations) -> Iterator[Metric]:
        yield _gauge("auth_service_audit_rows", "Rows of the audit trail", found.audit_rows)
        yield from self._of_jobs(found)
        yield from _of_faces(found.jobs)

    def _of_backup(self) -> Iterator[Metric]:
        if self._sources.backup is None:
            return
        newest = self._sources.backup()
        age = math.inf if newest is None else (datetime.now(UTC) - newest).total_seconds()
        yield _gauge("auth_service_backup_age_seconds", "Since the newest backup in the set folder was made", age)

    def _of_audit(self, now: datetime) -> Iterator[Metric]:
        if self._sources.audit is None:
            return
        try:
            audit = self._sources.audit()
        except ServiceError as error:
            yield _gauge("auth_service_audit_sound", _SOUND, 0.0 if isinstance(error, AuditBroken) else 1.0)
            return
        yield _gauge("auth_service_audit_sound", _SOUND, 0.0 if audit.conflicting else 1.0)
        yield from _of_checkpoints(audit, now)

    def _of_jobs(self, found: Operations) -> Iterator[Metric]:
        success = _by_job("auth_service_job_last_success_age_seconds", "Since the job last did its work")
        failures = _by_job("auth_service_job_failures", "Failures in a row; 0 after a success")
        overdue = _by_job("auth_service_job_overdue_seconds", "Since the job should have begun; 0 while it is in time")
        running = _by_job("auth_service_job_running_seconds", "Since the present run began; 0 while nobody runs it")
        known = {state.job: state for state in found.jobs}
        for name in self._jobs:
            state = known.get(name)
            if state is None:  # never begun: counted from the start of this process
                overdue.add_metric([name], time.monotonic() - self._started)
                continue
            held = state.lease_until is not None and state.lease_until > found.now
            late = (found.now - state.next_due_at).total_seconds()
            overdue.add_metric([name], 0.0 if held else max(0.0, late))
            failures.add_metric([name], state.failures)
            begun = state.last.started_at if held and state.last else found.now
            running.add_metric([name], (found.now - begun).total_seconds())
            if state.last_success_at is not None:
                success.add_metric([name], (found.now - state.last_success_at).total_seconds())
        yield from (success, failures, overdue, running)


def _of_checkpoints(audit: AuditStatus, now: datetime) -> Iterator[Metric]:
    if audit.checkpoint is not None:
        age = (now - audit.checkpoint.at).total_seconds()
        yield _gauge("auth_service_audit_checkpoint_age_seconds", "Since the newest signed checkpoint", age)
    late = (now - audit.uncovered_at).total_seconds() if audit.uncovered_at else 0.0
    yield _gauge("auth_service_audit_unsigned_rows", "Rows after the newest checkpoint", audit.uncovered)
    yield _gauge("auth_service_audit_unsigned_age_seconds", "Since the oldest of these rows was written", late)
    waiting = GaugeMetricFamily(
        "auth_service_audit_witness_undelivered", "Checkpoints that a witness does not have yet", labels=["witness"]
    )
    for witness, number in audit.waiting().items():
        waiting.add_metric([witness], number)
    yield waiting


def _of_faces(jobs: Sequence[JobState]) -> Iterator[Metric]:
    counts = next((state.counts for state in jobs if state.job == FACES_JOB), {})
    if not counts:
        return
    faces = GaugeMetricFamily(
        "auth_service_stored_faces", "People with a stored face, and photos, at the last count", labels=["what"]
    )
    for what, number in sorted(counts.items()):
        faces.add_metric([what], number)
    yield faces


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _by_job(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=["job"])
