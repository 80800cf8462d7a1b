"""Work that comes round by itself: what a job is, and what is known of its runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Job:
    """Something that the worker does again and again, in one process at a time.

    name           stable, such as `audit.checkpoint`: leases, history and metrics go by it
    every_seconds  from the start of one run to the start of the next
    run            does the work and says how much it did (counts only, nothing personal). It may be killed at any point
                   and is then run again from the start, and a process that slept past its lease may wake beside its
                   successor: each step must be a transaction that checks what it changes, so that twice is once
    """

    name: str
    every_seconds: float
    run: Callable[[], Mapping[str, int] | None]


class RunOutcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    """It raised; it is tried again after a pause that grows."""
    LOST = "lost"
    """Its process ended or slept so long that another took over."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one job now.

    fence  counts the claims of this job; whoever holds an older one can no longer renew it or record an end
    """

    job: str
    fence: int


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run, as kept. `ended_at` and `outcome` are None while it goes on; `code` is the error's."""

    job: str
    fence: int
    started_at: datetime
    ended_at: datetime | None
    outcome: RunOutcome | None
    code: str | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class JobState:
    """Where a job stands.

    lease_until  None while nobody runs it
    failures     in a row
    counts       of the last run that did its work
    last         the newest run, which may still go on
    """

    job: str
    fence: int
    lease_until: datetime | None
    next_due_at: datetime
    failures: int
    last_success_at: datetime | None
    counts: Mapping[str, int]
    last: JobRun | None


RETRY_SECONDS = 30.0
"""First pause after a failure; it doubles. source: F05 of trust.md, a database is back within 30 s."""
RETRY_LONGEST = 3600.0
"""A daily job that failed is tried at least every hour."""
RETRY_LONGEST_OF_FREQUENT = 300.0
"""A job of every minute, such as the audit checkpoint, is tried at least every five minutes."""


def pause_after_failure(every_seconds: float, failures: int) -> float:
    """Seconds until a failed job is tried again. failures: in a row, 1 or more"""
    first = min(every_seconds, RETRY_SECONDS)
    longest = min(max(every_seconds, RETRY_LONGEST_OF_FREQUENT), RETRY_LONGEST)
    return float(min(first * 2 ** min(failures - 1, 20), longest))
