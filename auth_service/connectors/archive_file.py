"""Archive files (`.asbk`): header in clear, then frames of rows and files in a sealed stream, the manifest last.

    ASBK1\\n | length | header JSON: part, backup id, recipients | sealed stream of frames
    frame = type (1 byte) | length (4 bytes) | payload; types: T table, R rows (deflated), F file, M signed manifest

A file bears its final name only when it is whole, on the disk, and has been read back. A killed run leaves a `.part`
file, which the next run removes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from auth_service.connectors.archive_keys import ArchiveKeys, new_file_key, payload_key
from auth_service.connectors.sealed_stream import OpeningStream, SealingStream
from auth_service.core.archive import (
    Folder,
    Item,
    Kind,
    Manifest,
    Part,
    Rows,
    Signed,
    StoredFile,
    TableSpec,
    row_lines,
    rows_from,
)
from auth_service.core.errors import ArchiveUnreadable, StorageFault
from auth_service.core.keys import Signer

SUFFIX = ".asbk"
_UNFINISHED = ".part"
_STAMP = "%Y%m%dT%H%M%SZ"
_MAGIC = b"ASBK1\n"
_SIGNED_AS = b"auth-service backup manifest\0"
_MAX_HEADER = 64 * 1024
_MAX_FRAME = 64 * 1024 * 1024
"""A batch of rows or one photo; a longer one was not written here."""


@dataclass(frozen=True, slots=True)
class ArchiveFiles:
    """Archives in folders, for whoever holds the keys. fulfils core/archive.py Archives

    signer   makes the manifests; a function, because opening needs none
    trusted  SHA-256 (hex) of the public keys whose manifests count as this deployment's
    """

    keys: ArchiveKeys
    signer: Callable[[], Signer]
    trusted: Callable[[], frozenset[str]]

    def begin(self, folder: Path, part: Part, backup: str, now: datetime) -> ArchiveDraft:
        """raises StorageFault: the folder cannot be written"""
        name = f"{part.value}-{now.astimezone(UTC):{_STAMP}}{SUFFIX}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            remove_unfinished(folder)
            return ArchiveDraft(folder / name, part, backup, self.keys, self.signer())
        except OSError as error:
            raise _disk(error) from error

    @contextmanager
    def open(self, path: Path) -> Iterator[Iterator[Item]]:
        """raises ArchiveUnreadable, KeyMissing"""
        try:
            with path.open("rb") as file:
                header_bytes, header = _header(file)
                key = self.keys.unwrap(header["recipients"], header["backup"])
                stream = OpeningStream(file, payload_key(key, header_bytes), header_bytes)
                yield _items(stream, header, self.trusted())
        except FileNotFoundError as error:
            raise ArchiveUnreadable(f"{path.name} does not exist") from error
        except OSError as error:
            raise StorageFault(f"{path.name} cannot be read: {error.strerror}") from error

    def ages(self, folder: Path, part: Part) -> list[datetime]:
        return [made for made, _ in _finished(folder, part)]

    def prune(self, folder: Path, part: Part, before: datetime) -> int:
        """raises StorageFault"""
        old = self.old(folder, part, before)
        for path in old:
            _unlink(path)
        return len(old)

    def old(self, folder: Path, part: Part, before: datetime) -> list[Path]:
        """Archives made before; the newest is never among them."""
        return [path for made, path in _finished(folder, part)[:-1] if made < before]


@dataclass(frozen=True, slots=True)
class KeysParts:
    """The keys parts in a folder as retention sees them. fulfils flows/retain.py OldFiles"""

    archives: ArchiveFiles
    folder: Path

    def count(self, before: datetime) -> int:
        """The newest counts too: when backups stopped, it is overdue, and doctor says so."""
        return sum(made < before for made in self.archives.ages(self.folder, Part.KEYS))

    def due(self, before: datetime) -> list[Callable[[], None]]:
        return [partial(_unlink, path) for path in self.archives.old(self.folder, Part.KEYS, before)]


def _unlink(path: Path) -> None:
    """raises StorageFault"""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _disk(error) from error


class ArchiveDraft:
    """One archive being written. fulfils core/archive.py Draft"""

    def __init__(self, path: Path, part: Part, backup: str, keys: ArchiveKeys, signer: Signer) -> None:
        self._path = path
        self.unfinished = path.with_name(path.name + _UNFINISHED)
        self._signer = signer
        self._table: TableSpec | None = None
        if path.exists():
            raise StorageFault(f"{path.name} exists already")
        file_key = new_file_key()
        header = {"format": 1, "part": part.value, "backup": backup, "recipients": keys.wrap(file_key, backup)}
        self._file: BinaryIO = os.fdopen(os.open(self.unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # tells a run that goes on from one that was killed
        text = json.dumps(header, sort_keys=True).encode()
        self._file.write(_MAGIC + struct.pack(">I", len(text)) + text)
        bound_to = hashlib.sha256(text).digest()
        self._stream = SealingStream(self._file, payload_key(file_key, bound_to), bound_to)

    def add(self, item: Rows | StoredFile) -> None:
        """raises StorageFault: the disk is full"""
        try:
            if isinstance(item, StoredFile):
                head = json.dumps([item.folder.value, item.name]).encode()
                self._frame(b"F", struct.pack(">H", len(head)) + head + item.content)
                return
            if self._table != item.table:
                self._table = item.table
                self._frame(b"T", json.dumps([item.table.name, item.table.columns]).encode())
            self._frame(b"R", zlib.compress(b"\n".join(row_lines(item.table, item.rows)), 1))
        except OSError as error:
            raise _disk(error) from error

    def finish(self, manifest: Manifest) -> None:
        text = manifest.text()
        signature = self._signer.sign(_SIGNED_AS + text.encode())
        signed = {
            "manifest": text,
            "public_key": self._signer.public_key().hex(),
            "signature": signature.hex(),
        }
        try:
            self._frame(b"M", json.dumps(signed).encode())
            self._stream.end()
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _disk(error) from error

    def publish(self) -> Path:
        try:
            self.unfinished.rename(self._path)  # nobody else can have it: the unfinished name is taken exclusively
            _sync_folder(self._path.parent)
            self._file.close()
        except OSError as error:
            raise _disk(error) from error
        return self._path

    def discard(self) -> None:
        with suppress(OSError):  # what was still to be written may not fit any more
            self._file.close()
        self.unfinished.unlink(missing_ok=True)

    def _frame(self, kind: bytes, payload: bytes) -> None:
        self._stream.write(kind + struct.pack(">I", len(payload)) + payload)


def fingerprints(public_keys: Mapping[str, bytes]) -> frozenset[str]:
    """What manifests signed with these keys bear: SHA-256 (hex) of each."""
    return frozenset(hashlib.sha256(key).hexdigest() for key in public_keys.values())


def remove_unfinished(folder: Path) -> int:
    """Removes what killed runs left; a file that a running one still writes is locked. returns how many"""
    removed = 0
    for path in folder.glob(f"*{SUFFIX}{_UNFINISHED}"):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _finished(folder: Path, part: Part) -> list[tuple[datetime, Path]]:
    """The time stands in the name, which copying a file elsewhere does not change."""
    found = []
    for path in folder.glob(f"{part.value}-*{SUFFIX}"):
        try:
            stamp = path.name.removeprefix(f"{part.value}-").removesuffix(SUFFIX)
            found.append((datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC), path))
        except ValueError:  # somebody else's file
            continue
    return sorted(found)


def _header(file: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    start = file.read(len(_MAGIC) + 4)
    if start[: len(_MAGIC)] != _MAGIC or len(start) != len(_MAGIC) + 4:
        raise ArchiveUnreadable("it is no archive of this service")
    (length,) = struct.unpack(">I", start[-4:])
    text = file.read(min(length, _MAX_HEADER))
    try:
        header = json.loads(text)
        if header["format"] != 1:
            raise ArchiveUnreadable("it was made by a later release")
        Part(header["part"])
        fields = {name: header[name] for name in ("part", "recipients")}
        return hashlib.sha256(text).digest(), {**fields, "backup": str(header["backup"])}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveUnreadable("the header is damaged") from error


def _items(stream: OpeningStream, header: dict[str, Any], trusted: frozenset[str]) -> Iterator[Item]:
    table: TableSpec | None = None
    while start := stream.read(5):
        kind, (length,) = start[:1], struct.unpack(">I", start[1:])
        payload = stream.read(length) if 0 < length <= _MAX_FRAME else b""
        if not payload:
            raise ArchiveUnreadable("a frame has an impossible length")
        if kind == b"M":
            yield _signed(payload, header, trusted)
            if stream.read(1):
                raise ArchiveUnreadable("something follows the manifest")
            return
        if kind == b"T":
            table = _table(payload)
        elif kind == b"F":
            yield _file(payload)
        elif kind == b"R" and table is not None:
            yield Rows(table, rows_from(table, _inflated(payload)))
        else:
            raise ArchiveUnreadable("a frame of an unknown kind")
    raise ArchiveUnreadable("it ends before its manifest")


def _inflated(payload: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(payload, _MAX_FRAME)
    except zlib.error as error:
        raise ArchiveUnreadable("rows do not inflate") from error
    if not inflater.eof:
        raise ArchiveUnreadable("rows do not inflate")
    return text


def _table(payload: bytes) -> TableSpec:
    try:
        name, columns = json.loads(payload)
        return TableSpec(str(name), tuple((str(column), Kind(kind)) for column, kind in columns))
    except (ValueError, TypeError, RecursionError) as error:
        raise ArchiveUnreadable("a table's columns cannot be read") from error


def _file(payload: bytes) -> StoredFile:
    try:
        (length,) = struct.unpack(">H", payload[:2])
        folder, name = json.loads(payload[2 : 2 + length])
        return StoredFile(Folder(folder), str(name), payload[2 + length :])
    except (struct.error, ValueError, TypeError, RecursionError) as error:
        raise ArchiveUnreadable("a file's name cannot be read") from error


def _signed(payload: bytes, header: dict[str, Any], trusted: frozenset[str]) -> Signed:
    try:
        document = json.loads(payload)
        text, public = document["manifest"], bytes.fromhex(document["public_key"])
        Ed25519PublicKey.from_public_bytes(public).verify(
            bytes.fromhex(document["signature"]), _SIGNED_AS + text.encode()
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidSignature) as error:
        raise ArchiveUnreadable("the manifest's signature is wrong") from error
    manifest = Manifest.parsed(text)
    if (manifest.about.backup, manifest.about.part.value) != (header["backup"], header["part"]):
        raise ArchiveUnreadable("the manifest belongs to another archive")
    fingerprint = hashlib.sha256(public).hexdigest()
    return Signed(manifest, fingerprint, fingerprint in trusted)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _disk(error: OSError) -> StorageFault:
    return StorageFault(f"the backup folder cannot be written: {error.strerror}")
