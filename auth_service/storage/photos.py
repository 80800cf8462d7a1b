"""Encrypted picture files: each appears whole or not at all, under a name that tells nothing."""

from __future__ import annotations

import math
import os
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

_UNFINISHED = ".part"
_NAME = re.compile(r"[0-9a-f]{32}")


class PhotoFiles:
    """Files under `<folder>/<2 hex>/<32 hex>`, already sealed when they come here. Safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready: set[str] = set()
        self._lock = threading.Lock()

    def write(self, sealed: bytes) -> str:
        """Stores one file and returns its random name; `sync` makes it durable. raises OSError: full or read-only"""
        name = secrets.token_hex(16)
        place = self._shelf(name) / name
        unfinished = place.with_suffix(_UNFINISHED)
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(sealed)
            unfinished.rename(place)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        return name

    def put_back(self, name: str, sealed: bytes) -> None:
        """A file of a backup under its own name; one that is there with these bytes stays. `sync_all` makes it durable.

        raises   ValueError: no name of a file of ours; OSError
        """
        if not _NAME.fullmatch(name):
            raise ValueError("not a photo file's name")
        if self.read(name) == sealed:
            return
        place = self._shelf(name) / name
        unfinished = place.with_suffix(_UNFINISHED)
        unfinished.unlink(missing_ok=True)  # of a restore that was killed
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sealed)
        unfinished.rename(place)

    def sync_all(self) -> None:
        """Returns when everything written on this machine is on the disk. source: sync(2), which waits on Linux"""
        os.sync()

    def sync(self, names: Sequence[str]) -> None:
        """Returns when these files and their names are on the disk. raises OSError"""
        for name in names:
            _sync(self._folder / name[:2] / name)
        for shelf in {name[:2] for name in names}:  # a rename is durable only when its folder is; source: fsync(2)
            _sync(self._folder / shelf)

    def read(self, name: str) -> bytes | None:
        """The sealed bytes, or None when the file is gone."""
        try:
            return (self._folder / name[:2] / name).read_bytes()
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        return (self._folder / name[:2] / name).exists()

    def remove(self, name: str) -> None:
        (self._folder / name[:2] / name).unlink(missing_ok=True)

    def older_than(self, instant: datetime | None) -> Iterator[tuple[str, Path]]:
        """Name and path of every file, finished or not, that was written before `instant` (None: of all)."""
        limit = math.inf if instant is None else instant.timestamp()
        for path in self._folder.glob("??/*"):
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:  # another sweep was faster
                continue
            if written < limit:
                yield path.name, path

    def _shelf(self, name: str) -> Path:
        shelf = self._folder / name[:2]
        if name[:2] not in self._ready:
            with self._lock:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                shelf.mkdir(mode=0o700, exist_ok=True)
                _sync(self._folder)
                self._ready.add(name[:2])
        return shelf


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
