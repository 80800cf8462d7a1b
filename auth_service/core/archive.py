"""What a backup holds and says of itself: independent of the database it came from, and of the file it lies in.

A backup has two parts, made from one snapshot: `data` (everything but the data keys) and `keys` (the data keys,
wrapped, and the files of the key store). Only both together can be read, and `keys` parts are short-lived: whoever was
erased is gone from every backup when the last older `keys` part is (docs/decisions/0022-backup.md).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from auth_service.core.errors import ArchiveUnreadable
from auth_service.core.merkle import Frontier

SERVICE_KEYS = "service_keys"
KEY_TABLES = (SERVICE_KEYS, "person_keys", "wrapping_keys")
"""What the `keys` part holds and the `data` part does not."""
AUDIT_ROWS, AUDIT_HEAD, AUDIT_BASE = "audit_rows", "audit_head", "audit_base"
Cell = int | float | str | bool | bytes | datetime | date | None
Row = Sequence[Cell]


class Part(StrEnum):
    """Which half of a backup an archive is."""

    DATA = "data"
    KEYS = "keys"


class Kind(StrEnum):
    """What a column holds; each comes back from either database as it went in."""

    INTEGER = "integer"
    REAL = "real"
    TEXT = "text"
    TRUTH = "truth"
    BYTES = "bytes"
    INSTANT = "instant"
    DATE = "date"


class Folder(StrEnum):
    """Where a file belongs."""

    PHOTOS = "photos"
    KEYS = "keys"
    ERASURES = "erasures"
    """The record of erasures outside the database: a newer keys part knows of people whom older data still holds."""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table: its name and its columns with their kinds, in the order in which its rows give them."""

    name: str
    columns: tuple[tuple[str, Kind], ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of one table. Tables come in an order in which each refers only to those before it."""

    table: TableSpec
    rows: Sequence[Row]

    def values(self, name: str) -> Iterator[Cell]:
        """One column of all rows."""
        place = [column for column, _ in self.table.columns].index(name)
        return (row[place] for row in self.rows)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file with its bytes: a sealed photo, or a file of the key store."""

    folder: Folder
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are, and a digest over all of them that no order changes."""

    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class About:
    """What is known before the first row is read.

    backup       id that both parts bear
    snapshot_at  everything acknowledged before it is inside
    revision     of the schema
    release      of this software
    """

    backup: str
    part: Part
    snapshot_at: datetime
    revision: str
    release: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive states about itself; signed.

    tables, files  tally of each table and each folder
    missing        photo files that rows name and the disk did not have
    audit_rows, audit_head, merkle_root  of the audit chain (data part; 0 and "" in the keys part)
    """

    about: About
    tables: Mapping[str, Tally]
    files: Mapping[str, Tally]
    missing: int = 0
    audit_rows: int = 0
    audit_head: str = ""
    merkle_root: str = ""

    @property
    def rows(self) -> int:
        return sum(tally.count for tally in self.tables.values())

    def files_in(self, folder: Folder) -> int:
        found = self.files.get(folder.value)
        return found.count if found else 0

    def text(self) -> str:
        """Canonical JSON: what is signed."""
        document = asdict(self)
        document["about"]["snapshot_at"] = self.about.snapshot_at.astimezone(UTC).isoformat()
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    @classmethod
    def parsed(cls, text: str) -> Manifest:
        """raises ArchiveUnreadable: another form, such as that of a later release"""
        try:
            document = json.loads(text)
            tallies = {
                name: {key: Tally(**value) for key, value in document[name].items()} for name in ("tables", "files")
            }
            about = document["about"]
            at, part = datetime.fromisoformat(about["snapshot_at"]), Part(about["part"])
            return cls(**{**document, **tallies, "about": About(**{**about, "part": part, "snapshot_at": at})})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ArchiveUnreadable("the manifest has an unknown form") from error


@dataclass(frozen=True, slots=True)
class Signed:
    """The manifest with whose signature it bears. `known`: the signer's public key is this deployment's own."""

    manifest: Manifest
    signed_by: str
    known: bool


Item = Rows | StoredFile | Signed


class Draft(Protocol):
    """An archive on its way; under its final name only once it is whole."""

    @property
    def unfinished(self) -> Path:
        """Where it lies until it is published."""
        ...

    def add(self, item: Rows | StoredFile) -> None: ...

    def finish(self, manifest: Manifest) -> None:
        """Signs, ends the file and makes it durable."""
        ...

    def publish(self) -> Path:
        """Gives the file its name, durably."""
        ...

    def discard(self) -> None: ...


class Archives(Protocol):
    """Archive files. raises ArchiveUnreadable, KeyMissing, StorageFault (disk)"""

    def begin(self, folder: Path, part: Part, backup: str, now: datetime) -> Draft: ...

    def open(self, path: Path) -> AbstractContextManager[Iterator[Item]]:
        """Everything in it, the signed manifest last; ends with an exception where the file was cut or changed."""
        ...

    def ages(self, folder: Path, part: Part) -> list[datetime]:
        """When the finished archives of one part in a folder were made, oldest first."""
        ...

    def prune(self, folder: Path, part: Part, before: datetime) -> int:
        """Removes those made before an instant, but never the newest; returns how many."""
        ...


class Counter:
    """Counts rows or files and adds up their SHA-256 modulo 2^256, so that no order matters. Not a signature by itself:
    it stands in a signed manifest inside an authenticated file, and tells whether what came back is what went in."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0

    def add(self, text: bytes) -> None:
        self._count += 1
        self._sum += int.from_bytes(hashlib.sha256(text).digest())

    def tally(self) -> Tally:
        return Tally(self._count, f"{self._sum % (1 << 256):064x}")


class Contents:
    """What an archive holds, counted while its items pass by on their way in or out."""

    def __init__(self) -> None:
        self._tables: dict[str, Counter] = {}
        self._files: dict[str, Counter] = {}
        self._chain = Frontier()
        self._head = (0, "")

    def see(self, item: Rows | StoredFile) -> None:
        if isinstance(item, StoredFile):
            counter = self._files.setdefault(item.folder.value, Counter())
            counter.add(item.name.encode() + b"\0" + hashlib.sha256(item.content).digest())
            return
        counter = self._tables.setdefault(item.table.name, Counter())
        for line in row_lines(item.table, item.rows):
            counter.add(line)
        if item.table.name == AUDIT_ROWS:
            for digest in item.values("hash"):
                self._chain.append(bytes.fromhex(str(digest)))
        elif item.table.name == AUDIT_HEAD:
            for rows, digest in zip(item.values("rows"), item.values("hash"), strict=True):
                self._head = (int(str(rows)), str(digest))

    def tables(self) -> dict[str, Tally]:
        return {name: counter.tally() for name, counter in sorted(self._tables.items())}

    def manifest(self, about: About, missing: int = 0) -> Manifest:
        """The manifest of an archive that holds just this."""
        files = {name: counter.tally() for name, counter in sorted(self._files.items())}
        rows, head = self._head
        root = self._chain.root().hex() if about.part is Part.DATA else ""
        return Manifest(about, self.tables(), files, missing, rows, head, root)


def checked(items: Iterable[Item], progress: Callable[[int], None] = lambda _: None) -> Signed:
    """Reads an archive to its end and compares it with its manifest. raises ArchiveUnreadable"""
    contents, signed = Contents(), None
    for item in items:
        if isinstance(item, Signed):
            signed = item
            continue
        contents.see(item)
        progress(len(item.rows) if isinstance(item, Rows) else 1)
    if signed is None:
        raise ArchiveUnreadable("the manifest is missing")
    if contents.manifest(signed.manifest.about, signed.manifest.missing) != signed.manifest:
        raise ArchiveUnreadable("the archive holds something else than its manifest says")
    return signed


def _base64(value: bytes | str) -> str:
    """SQLite keeps text where bytes are declared: a guard's empty default, or what somebody put in by SQL."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_WRITERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.BYTES: _base64,
    Kind.INSTANT: lambda value: value.astimezone(UTC).isoformat(timespec="microseconds"),
    Kind.DATE: lambda value: value.isoformat(),
    Kind.REAL: float,
    Kind.TRUTH: bool,
}
_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.BYTES: lambda value: base64.b64decode(value, validate=True),
    Kind.INSTANT: datetime.fromisoformat,
    Kind.DATE: date.fromisoformat,
}


def row_lines(table: TableSpec, rows: Iterable[Row]) -> Iterator[bytes]:
    """One line of JSON per row: the canonical form, the same from whichever database the row came."""
    turned = _turned(table, _WRITERS)
    for row in rows:
        values = list(row)
        for place, turn in turned:
            if values[place] is not None:
                values[place] = turn(values[place])
        yield _ENCODER.encode(values).encode()


def rows_from(table: TableSpec, text: bytes) -> list[list[Cell]]:
    """The rows of lines as `row_lines` wrote them. raises ArchiveUnreadable"""
    turned = _turned(table, _READERS)
    try:
        rows: list[list[Cell]] = [json.loads(line) for line in text.split(b"\n")] if text else []
        for values in rows:
            if len(values) != len(table.columns):
                raise ArchiveUnreadable("a row has another number of columns")
            for place, turn in turned:
                if values[place] is not None:
                    values[place] = turn(values[place])
    except (ValueError, TypeError, IndexError, RecursionError) as error:
        raise ArchiveUnreadable("a row cannot be read") from error
    return rows


def _turned(table: TableSpec, by_kind: Mapping[Kind, Callable[[Any], Any]]) -> list[tuple[int, Callable[[Any], Any]]]:
    return [(place, by_kind[kind]) for place, (_, kind) in enumerate(table.columns) if kind in by_kind]
