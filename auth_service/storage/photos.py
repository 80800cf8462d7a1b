"""Encrypted picture files: each appears whole or not at all, under a name that tells nothing.

What no record names is set aside for some days before it is removed (flows/orphans.py). A file that lies there is read
and removed as if it were in its place: should a record name it after all, nothing has been lost.
"""

from __future__ import annotations

import math
import os
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from auth_service.storage.driver_errors import file_errors

_UNFINISHED = ".part"
_ASIDE = "set-aside"
_NAME = re.compile(r"[0-9a-f]{32}")


class PhotoFiles:
    """Files under `<folder>/<2 hex>/<32 hex>`, already sealed when they come here, and under
    `<folder>/set-aside/<day>/<32 hex>`. Safe for threads and processes."""

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
        for path in self._places(name):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                continue
        return None

    def has(self, name: str) -> bool:
        return any(path.exists() for path in self._places(name))

    def remove(self, name: str) -> None:
        """Wherever it lies; one that is gone already is no fault. raises StorageReadOnly, StorageFault"""
        with file_errors():
            for path in self._places(name):
                path.unlink(missing_ok=True)

    def shelves(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob("??"))

    def on_shelf(self, shelf: str, before: datetime | None) -> list[str]:
        """Names of the files, finished or not, that were written before (None: of all)."""
        limit = math.inf if before is None else before.timestamp()
        found = []
        for path in (self._folder / shelf).iterdir():
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:  # another sweep was faster
                continue
            if written < limit:
                found.append(path.name)
        return found

    def set_aside(self, name: str, day: date) -> None:
        """Out of its place; `day` says since when. raises StorageReadOnly, StorageFault"""
        with file_errors():
            aside = self._folder / _ASIDE / day.isoformat()
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # another sweep was faster
                (self._folder / name[:2] / name).replace(aside / name)

    def set_aside_before(self, day: date) -> list[str]:
        """Names of the files that were set aside before that day."""
        return [path.name for aside in self._days() if aside.name < day.isoformat() for path in aside.iterdir()]

    def _places(self, name: str) -> Iterator[Path]:
        yield self._folder / name[:2] / name
        for day in self._days():
            yield day / name

    def _days(self) -> list[Path]:
        """Folders of what is set aside; there are seldom any."""
        return sorted((self._folder / _ASIDE).glob("????-??-??"))

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
