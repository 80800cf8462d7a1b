"""The audit trail's arithmetic: each row's hash covers the row and the hash before it.

An edit, a deletion or a reordering breaks the chain at a row that `verify` names. A cut tail is found against the
head that is kept beside the rows; witnesses outside the database come with the checkpoints of a later release.
No personal data stands in a row: subjects are pseudonymous ids, details are numbers and codes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64
"""The hash before the first row."""

Details = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What a flow wants remembered.

    actor    `staff:<id>`, `api_key:<id>`, `cli`, `system`
    action   a dotted verb such as `enrollment.accepted`
    subject  `person:<id>`, `flag:<id>`, ... or empty
    """

    actor: str
    action: str
    subject: str = ""
    details: Details | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row as stored. `number` counts from 1 without gaps."""

    number: int
    at: datetime
    event: AuditEvent
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Result of a walk over the chain. `first_bad` is the number of the first row that does not fit."""

    rows: int
    ok: bool
    first_bad: int | None
    head: str


def row_hash(number: int, at: datetime, event: AuditEvent, previous: str) -> str:
    """SHA-256 (hex) over the canonical JSON of a row. source: FIPS 180-4; keys sorted, no spaces, UTF-8"""
    body = {
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "details": dict(event.details or {}),
        "previous": previous,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def verify(rows: Iterable[AuditRow], expected_rows: int | None = None, expected_head: str | None = None) -> AuditReport:
    """Walks the chain from the first row and stops at the first that does not fit.

    expected_rows, expected_head  what is kept beside the chain; a shorter chain is a cut tail
    """
    count, previous = 0, GENESIS
    for row in rows:
        count += 1
        fits = row.number == count and row.previous == previous
        if not fits or row.hash != row_hash(row.number, row.at, row.event, row.previous):
            return AuditReport(count, ok=False, first_bad=count, head=previous)
        previous = row.hash
    if expected_rows is not None and (count != expected_rows or previous != expected_head):
        return AuditReport(count, ok=False, first_bad=min(count, expected_rows) + 1, head=previous)
    return AuditReport(count, ok=True, first_bad=None, head=previous)
