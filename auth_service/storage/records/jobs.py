"""Leases and runs of jobs. Time is the database's own, so that hosts with different clocks agree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from auth_service.core.jobs import Claim, Job, JobRun, JobState, RunOutcome, pause_after_failure
from auth_service.storage.tables import JobLeaseRow, JobRunRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work, to_json

_LEASES = table_of(JobLeaseRow)
_RUNS = table_of(JobRunRow)
KEEP_RUNS = timedelta(days=30)
"""How long the history of a job is kept; its counts go to metrics and logs as well."""
MOST_RUNS = 2000
"""And how much of it: a job of every ten seconds would otherwise leave a quarter of a million rows."""


class Jobs:
    """Who runs which job, within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def due_in(self, job: Job) -> float:
        """Seconds until the job can be claimed, 0 when it can be now."""
        now = database_time(self._work.connection)
        wanted = select(_LEASES.c.next_due_at, _LEASES.c.lease_until).where(_LEASES.c.job == job.name)
        row = self._work.connection.execute(wanted).one_or_none()
        if row is None:
            return 0.0
        due: datetime = max(row.next_due_at, row.lease_until or row.next_due_at)
        return max(0.0, (due - now).total_seconds())

    def claim(self, job: Job, holder: str, lease_seconds: float) -> Claim | None:
        """The right to run a job that is due and that nobody runs; None otherwise. Exactly one of many at once gets it.

        holder  names the process, for people who look; the fence decides, not the name
        """
        now = database_time(self._work.connection)
        first = {"job": job.name, "fence": 0, "next_due_at": now, "failures": 0, "last_counts": "{}"}
        self._work.connection.execute(insert_or_ignore(self._work.connection, JobLeaseRow), first)
        free = or_(_LEASES.c.lease_until.is_(None), _LEASES.c.lease_until <= now)
        taken = self._work.connection.execute(
            update(_LEASES)
            .where(_LEASES.c.job == job.name, _LEASES.c.next_due_at <= now, free)
            .values(fence=_LEASES.c.fence + 1, holder=holder, lease_until=now + timedelta(seconds=lease_seconds))
            .returning(_LEASES.c.fence)
        ).scalar_one_or_none()
        if taken is None:
            return None
        self._end_lost(job.name, now)
        begun = {"job": job.name, "fence": taken, "holder": holder, "started_at": now, "counts": "{}"}
        self._work.connection.execute(insert(_RUNS), begun)
        return Claim(job.name, taken)

    def renew(self, claim: Claim, lease_seconds: float) -> bool:
        """Holds the lease longer; False when another has taken over."""
        now = database_time(self._work.connection)
        mine = update(_LEASES).where(
            _LEASES.c.job == claim.job, _LEASES.c.fence == claim.fence, _LEASES.c.holder.is_not(None)
        )
        until = now + timedelta(seconds=lease_seconds)
        return self._work.connection.execute(mine.values(lease_until=until)).rowcount == 1

    def finish(self, claim: Claim, job: Job, counts: Mapping[str, int], code: str | None = None) -> bool:
        """Records the end and when the job is due next; False, and nothing recorded, when another has taken over.

        code  of the error that ended it; None when it did its work
        """
        now = database_time(self._work.connection)
        mine = (_LEASES.c.job == claim.job) & (_LEASES.c.fence == claim.fence) & _LEASES.c.holder.is_not(None)
        held = self._work.connection.execute(select(_LEASES.c.failures).where(mine).with_for_update()).one_or_none()
        if held is None:
            return False
        failures = held.failures + 1 if code else 0
        started = select(_RUNS.c.started_at).where(_RUNS.c.job == claim.job, _RUNS.c.fence == claim.fence)
        begun = self._work.connection.execute(started).scalar_one()
        due = begun + timedelta(seconds=job.every_seconds)
        if code:
            due = now + timedelta(seconds=pause_after_failure(job.every_seconds, failures))
        values = {"holder": None, "lease_until": None, "next_due_at": due, "failures": failures}
        if not code:
            values |= {"last_success_at": now, "last_counts": to_json(dict(counts))}
        self._work.connection.execute(update(_LEASES).where(mine).values(**values))
        outcome = RunOutcome.FAILED if code else RunOutcome.DONE
        ended = {"ended_at": now, "outcome": outcome.value, "code": code, "counts": to_json(dict(counts))}
        self._work.connection.execute(
            update(_RUNS).where(_RUNS.c.job == claim.job, _RUNS.c.fence == claim.fence).values(**ended)
        )
        old = or_(_RUNS.c.started_at < now - KEEP_RUNS, _RUNS.c.fence <= claim.fence - MOST_RUNS)
        self._work.connection.execute(delete(_RUNS).where(_RUNS.c.job == claim.job, old))
        return True

    def states(self) -> list[JobState]:
        """Every job that ever ran, by name, with its newest run."""
        newest = (_RUNS.c.job == _LEASES.c.job) & (_RUNS.c.fence == _LEASES.c.fence)
        leases = self._work.connection.execute(select(_LEASES).order_by(_LEASES.c.job)).all()
        wanted = select(_RUNS).join(_LEASES, newest)
        runs = {row.job: _run(row) for row in self._work.connection.execute(wanted)}
        return [_state(row, runs.get(row.job)) for row in leases]

    def runs(self, job: str) -> list[JobRun]:
        """The kept runs of one job, newest first."""
        wanted = select(_RUNS).where(_RUNS.c.job == job).order_by(_RUNS.c.fence.desc())
        return [_run(row) for row in self._work.connection.execute(wanted)]

    def _end_lost(self, job: str, now: datetime) -> None:
        open_runs = update(_RUNS).where(_RUNS.c.job == job, _RUNS.c.ended_at.is_(None))
        self._work.connection.execute(open_runs.values(ended_at=now, outcome=RunOutcome.LOST.value))


def database_time(connection: Connection) -> datetime:
    """The database's clock at this moment, not at the start of the transaction."""
    if connection.dialect.name == "postgresql":
        instant: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return instant.astimezone(UTC)
    text = connection.exec_driver_sql("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')").scalar_one()
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _run(row: Row[Any]) -> JobRun:
    outcome = None if row.outcome is None else RunOutcome(row.outcome)
    return JobRun(row.job, row.fence, row.started_at, row.ended_at, outcome, row.code, json.loads(row.counts))


def _state(row: Row[Any], last: JobRun | None) -> JobState:
    until, due, counts = row.lease_until, row.next_due_at, json.loads(row.last_counts)
    return JobState(row.job, row.fence, until, due, row.failures, row.last_success_at, counts, last)
