"""The audit trail's arithmetic: each row's hash covers the row and the hash before it.

An edit, a deletion or a reordering breaks the chain at a row that `verify` names. A cut tail is found against the
head that is kept beside the rows. Whoever rewrites the whole chain is found against signed checkpoints that witnesses
outside the database keep (core/checkpoint.py, core/audit_check.py).
No personal data stands in a row: subjects are pseudonymous ids, details are numbers and codes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as quoted  # a JSON string, not only ASCII
from typing import Any, NamedTuple

GENESIS = "0" * 64
"""The hash before the first row."""

Details = Mapping[str, str | int | float | bool | None]

_to_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00")
"""The one spelling: whatever has it and is an instant is written the same way again. Hour 24, which some read as the
next day, is not among them."""
_HEX = re.compile(r"[0-9a-f]{64}")
_REMEMBERED = 4096


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
    """One row. `number` counts from 1 without gaps."""

    number: int
    at: datetime
    event: AuditEvent
    previous: str
    hash: str


class StoredRow(NamedTuple):
    """One row as it is stored: `at` and `details` as the very text that was hashed. Any value may have been tampered
    with, so that it may even have another type."""

    number: int
    at: str
    actor: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Result of a walk over the chain. `first_bad` is the number of the first row that does not fit."""

    rows: int
    ok: bool
    first_bad: int | None
    head: str


def instant_text(at: datetime) -> str:
    """The one spelling of an instant in the trail."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def details_text(details: Details | None) -> str:
    """The one spelling of a row's details. raises ValueError: a number that JSON does not have"""
    return _to_json(dict(details or {}))


def stored_row(number: int, at: datetime, event: AuditEvent, previous: str) -> StoredRow:
    """The next row of a chain, with its hash."""
    at_text, details = instant_text(at), details_text(event.details)
    row = StoredRow(number, at_text, event.actor, event.action, event.subject, details, previous, "")
    return row._replace(hash=_digest(row))


def row_hash(number: int, at: datetime, event: AuditEvent, previous: str) -> str:
    """SHA-256 (hex) over the canonical JSON of a row. source: FIPS 180-4; keys sorted, no spaces, UTF-8"""
    return stored_row(number, at, event, previous).hash


def _digest(row: StoredRow) -> str:
    """SHA-256 of the canonical JSON, put together from its pieces: quicker by far than encoding the whole."""
    number, at, actor, action, subject, details, previous, _ = row
    return sha256(
        f'{{"action":{quoted(action)},"actor":{quoted(actor)},"at":"{at}","details":{details},"number":{number},'
        f'"previous":"{previous}","subject":{quoted(subject)}}}'.encode()
    ).hexdigest()


def fits(row: StoredRow, number: int, previous: str) -> bool:
    """Whether a stored row is exactly what would be written as row `number` after the hash `previous`."""
    try:
        return (
            row[0] == number
            and row[6] == previous
            and _exact_instant(row[1])
            and _exact_details(row[5])
            and row[7] == _digest(row)
        )
    except (TypeError, ValueError, RecursionError):  # not text, or text that UTF-8 or JSON does not have
        return False


@lru_cache(_REMEMBERED)
def _exact_instant(text: str) -> bool:
    """raises TypeError, ValueError: no such day or time"""
    return _INSTANT.fullmatch(text) is not None and bool(datetime.fromisoformat(text))


@lru_cache(_REMEMBERED)
def _exact_details(text: str) -> bool:
    """Exactly the text that would be written, so that no other reading of the hashed text is possible.

    raises TypeError, ValueError
    """
    if text == "{}":
        return True
    details = parsed(text)
    return isinstance(details, dict) and _to_json(details) == text


@lru_cache(16)
def parsed(text: str) -> Any:
    """What a row's details say, to be read and not changed: whoever asks for the same row again gets the same object.

    raises TypeError, ValueError, RecursionError
    """
    return json.loads(text)


def links(row: StoredRow, number: int, previous: str) -> bool:
    """Whether a row stands in its place, whatever it says: enough for one that the service has disowned."""
    return row[0] == number and row[6] == previous and is_hash(row[7])


def is_hash(text: str) -> bool:
    """64 hex characters."""
    return isinstance(text, str) and _HEX.fullmatch(text) is not None


def as_stored(row: AuditRow) -> StoredRow:
    event = row.event
    at, details = instant_text(row.at), details_text(event.details)
    return StoredRow(row.number, at, event.actor, event.action, event.subject, details, row.previous, row.hash)


def verify(
    rows: Iterable[StoredRow | AuditRow], expected_rows: int | None = None, expected_head: str | None = None
) -> AuditReport:
    """Walks the chain from the first row and stops at the first that does not fit.

    expected_rows, expected_head  what is kept beside the chain; a shorter chain is a cut tail
    """
    count, previous = 0, GENESIS
    for row in rows:
        count += 1
        stored = as_stored(row) if isinstance(row, AuditRow) else row
        if not fits(stored, count, previous):
            return AuditReport(count, ok=False, first_bad=count, head=previous)
        previous = stored.hash
    if expected_rows is not None and (count != expected_rows or previous != expected_head):
        return AuditReport(count, ok=False, first_bad=min(count, expected_rows) + 1, head=previous)
    return AuditReport(count, ok=True, first_bad=None, head=previous)
