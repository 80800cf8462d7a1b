"""A record that a kiosk made while it had no line: its one form in bytes, and what these bytes must say.

The bytes are JSON in the canonical form of RFC 8785, of which only objects, lists, texts and whole numbers are used.
The kiosk signs them when the record is made, and each record names the one before it by its digest, so that nothing can
be put in, taken out or changed afterwards without its key. docs/integration/kiosk-offline.md has vectors.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from auth_service.capture.offline_chain import FIRST, Link
from auth_service.capture.steps import FramePrint, StepPrint
from auth_service.core.errors import RecordInvalid

VERSION = 1
SIGNED_PREFIX = b"auth-service kiosk record v1\n"
"""Stands before the record's bytes in what is signed, so that no signature made for another purpose is one here."""
LONGEST_RECORD = 64 * 1024
"""Bytes; a record of 60 frames has about 8,000. source: StepPolicy.most_frames, about 110 bytes for each"""
_KIND = "capture"
_LONGEST_TEXT = 200
_LARGEST = 2**53 - 1
"""Whole numbers that every JSON reader keeps exactly. source: RFC 8259 section 6"""
_MOST_STEPS, _MOST_FRAMES = 16, 240
"""More than any challenge has; what fits the policies is looked at later (steps.check_step)."""
_HEX32 = re.compile(r"[0-9a-f]{64}\Z")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z\Z")


@dataclass(frozen=True, slots=True)
class ConsentSaid:
    """The consent that was given before the camera, as the kiosk wrote it down."""

    version: str
    language: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One capture without a line.

    client_event  UUID that the kiosk gave this capture; the same record sent again has the same
    ticket        names the challenge, which the service drew beforehand
    captured_at   by the kiosk's clock: a claim
    name          typed by the person, or read from the card; None where none was asked for
    steps         what binds the frames, which are sent beside the record
    digest        sha256 of the record's bytes
    """

    device_id: str
    counter: int
    previous: str
    client_event: str
    ticket: str
    captured_at: datetime
    id_number: str
    name: str | None
    consent: ConsentSaid
    steps: tuple[StepPrint, ...]
    digest: str

    @property
    def link(self) -> Link:
        """Its place in the chain of its device."""
        return Link(self.counter, self.previous, self.digest)


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one form in bytes. source: RFC 8785; names are plain ASCII, so their order is that of their bytes"""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def signed_bytes(record: bytes) -> bytes:
    """What the kiosk signs."""
    return SIGNED_PREFIX + record


def digest_of(record: bytes) -> str:
    """What the next record names as its `previous`."""
    return hashlib.sha256(record).hexdigest()


def read_record(data: bytes) -> Record:
    """raises RecordInvalid, naming the field"""
    if len(data) > LONGEST_RECORD:
        raise RecordInvalid("too long")
    try:
        told = json.loads(data, parse_float=_no_number, parse_constant=_no_number)
        if not isinstance(told, dict) or canonical(told) != data:  # a name given twice is lost in between, and found
            raise RecordInvalid("not in the canonical form of RFC 8785")
    except (ValueError, RecursionError) as wrong:
        raise RecordInvalid("not in the canonical form of RFC 8785") from wrong
    return _record(_Reading(told, ""), digest_of(data))


def _record(told: _Reading, digest: str) -> Record:
    told.require_names(
        {"version", "device_id", "counter", "previous", "client_event", "kind", "ticket", "captured_at", "id_number",
         "consent", "steps"}, {"name"},
    )  # fmt: skip
    if told.whole("version", 1, _LARGEST) != VERSION or told.text("kind") != _KIND:
        raise RecordInvalid("another version or kind", field="version")
    consent = _Reading(told.value("consent"), "consent")
    consent.require_names({"version", "language", "at"})
    counter, previous = told.whole("counter", 1, _LARGEST), told.text("previous", _HEX32)
    if (counter == 1) != (previous == FIRST):
        raise RecordInvalid("the first record alone has no other before it", field="previous")
    return Record(
        device_id=told.text("device_id"),
        counter=counter,
        previous=previous,
        client_event=told.text("client_event", _UUID),
        ticket=told.text("ticket", longest=1000),
        captured_at=told.instant("captured_at"),
        id_number=told.text("id_number"),
        name=told.text("name") if "name" in told.names else None,
        consent=ConsentSaid(consent.text("version"), consent.text("language"), consent.instant("at")),
        steps=tuple(_step(one, n) for one, n in zip(told.items("steps", _MOST_STEPS), count(), strict=False)),
        digest=digest,
    )


def _step(told: _Reading, n: int) -> StepPrint:
    told.require_names({"n", "frames"})
    if told.whole("n", 0, _MOST_STEPS) != n:
        raise RecordInvalid("steps out of order", field="steps")
    return StepPrint(n, tuple(_frame(one) for one in told.items("frames", _MOST_FRAMES)))


def _frame(told: _Reading) -> FramePrint:
    told.require_names({"at_ms", "bytes", "sha256"})
    sha256 = bytes.fromhex(told.text("sha256", _HEX32))
    return FramePrint(told.whole("at_ms", 0, _LARGEST), told.whole("bytes", 1, _LARGEST), sha256)


def _no_number(text: str) -> float:
    raise RecordInvalid(f"whole numbers only, not {text[:20]}")


class _Reading:
    """One object of the record. Every reader raises RecordInvalid, naming the field."""

    def __init__(self, told: Any, field: str) -> None:
        if not isinstance(told, dict):
            raise RecordInvalid("an object is missing", field=field or None)
        self._told: dict[str, Any] = told
        self._field = field

    @property
    def names(self) -> set[str]:
        return set(self._told)

    def require_names(self, needed: set[str], allowed: frozenset[str] | set[str] = frozenset()) -> None:
        """No other member: what nobody reads, nobody has checked."""
        wrong = (needed - self.names) | (self.names - needed - allowed)
        if wrong:
            raise RecordInvalid("a member is missing or unknown", field=self._at(min(wrong)))

    def value(self, name: str) -> Any:
        return self._told[name]

    def text(self, name: str, form: re.Pattern[str] | None = None, longest: int = _LONGEST_TEXT) -> str:
        found = self._told[name]
        if not isinstance(found, str) or not 0 < len(found) <= longest or (form and not form.match(found)):
            raise RecordInvalid("not the text that belongs here", field=self._at(name))
        return found

    def whole(self, name: str, least: int, most: int) -> int:
        found = self._told[name]
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise RecordInvalid("not the number that belongs here", field=self._at(name))
        return found

    def instant(self, name: str) -> datetime:
        """In UTC, as `2026-03-10T02:00:00Z` or with three digits of a second."""
        text = self.text(name, _INSTANT)
        try:
            return datetime.fromisoformat(text)
        except ValueError as wrong:
            raise RecordInvalid("no such instant", field=self._at(name)) from wrong

    def items(self, name: str, most: int) -> list[_Reading]:
        found = self._told[name]
        if not isinstance(found, list) or not 0 < len(found) <= most:
            raise RecordInvalid("not the list that belongs here", field=self._at(name))
        return [_Reading(one, self._at(name)) for one in found]

    def _at(self, name: str) -> str:
        return f"{self._field}.{name}" if self._field else name[:40]
