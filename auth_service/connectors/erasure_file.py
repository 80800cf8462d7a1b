"""Tombstones in a file outside the database and its backups: one JSON line each, on the disk before anybody is told.

A line carries a checksum, so that damage is found and never taken for an erasure that was not asked for; whether this
service wrote it says its guard, which `Erase` looks at. A last line
without its end is what a crash left of an erasure that nobody was told of; it is cut off before the next is written.
Keep the file where a restore does not reach it, and copy it off the machine: it names nobody.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from auth_service.core.erasure import ErasureReason, Requester, Tombstone
from auth_service.core.errors import StorageFault

_NO_LINE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading a line raises that is none."""


class ErasureFile:
    """Tombstones over a file that only grows. Safe among processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, tombstone: Tombstone) -> None:
        """Returns when the line is on the disk; the very same is not written again.

        Another line about the same person keeps nothing out: it may be somebody else's, and would never be obeyed.

        raises   StorageFault: disk full, read-only, or a damaged line
        """
        try:
            with self._held() as handle:
                content = _all_of(handle)
                whole = content[: content.rfind(b"\n") + 1]
                if any(known == tombstone for known in _parsed(whole)):
                    return
                if len(whole) != len(content):
                    os.ftruncate(handle, len(whole))
                _write(handle, _line(tombstone))
        except OSError as error:
            raise StorageFault("the record of erasures cannot be written") from error

    def all(self) -> list[Tombstone]:
        """Oldest first. raises StorageFault: a line is damaged, or the file cannot be read"""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageFault("the record of erasures cannot be read") from error
        return list(_parsed(content[: content.rfind(b"\n") + 1]))

    @contextmanager
    def _held(self) -> Iterator[int]:
        """The open file, made when there is none, and nobody else's for the time."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
            os.fsync(handle)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the name of a new file is durable only with its folder
            finally:
                os.close(folder)
        finally:
            os.close(handle)


def _all_of(handle: int) -> bytes:
    os.lseek(handle, 0, os.SEEK_SET)
    parts = []
    while part := os.read(handle, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write(handle: int, line: bytes) -> None:
    """raises OSError, with what was written of the line taken back"""
    before, written = os.fstat(handle).st_size, 0
    try:
        while written < len(line):
            written += os.write(handle, line[written:])
    except OSError:
        os.ftruncate(handle, before)
        raise


def _line(tombstone: Tombstone) -> bytes:
    values = {
        "person_id": tombstone.person_id,
        "requested_by": tombstone.requested_by.value,
        "reason": tombstone.reason.value,
        "confirmed_by": tombstone.confirmed_by,
        "decided_at": tombstone.decided_at.astimezone(UTC).isoformat(),
        "guard": tombstone.guard.hex(),
    }
    return json.dumps({**values, "check": _check(values)}, ensure_ascii=True).encode() + b"\n"


def _parsed(content: bytes) -> Iterator[Tombstone]:
    """raises StorageFault"""
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            values = json.loads(line)
            whole = values.pop("check") == _check(values)
            found = Tombstone(
                person_id=values["person_id"],
                requested_by=Requester(values["requested_by"]),
                reason=ErasureReason(values["reason"]),
                confirmed_by=values["confirmed_by"],
                decided_at=datetime.fromisoformat(values["decided_at"]).astimezone(UTC),
                guard=bytes.fromhex(values.get("guard", "")),  # lines of earlier releases have none
            )
            whole = whole and isinstance(found.person_id, str) and isinstance(found.confirmed_by, str)
        except _NO_LINE as error:
            raise StorageFault(f"line {number} of the record of erasures is damaged") from error
        if not whole:
            raise StorageFault(f"line {number} of the record of erasures is damaged")
        yield found


def _check(values: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
