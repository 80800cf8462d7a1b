"""Small files that hold secrets: made once, whole or not at all, readable by their owner only."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auth_service.core.errors import KeyMissing, SettingInvalid

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MAX_BYTES = 1_000_000

Stamp = tuple[int, int, int]
"""What changes whenever a file is replaced or rewritten: inode, time of change, size."""


def create_once(path: Path, content: bytes) -> bool:
    """Writes the file if there is none; False when somebody else's stands there already. Safe among processes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = _unfinished(path, content)
    try:
        os.link(unfinished, path)  # unlike a rename, a link never replaces what is there
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


def replace(path: Path, content: bytes) -> None:
    """Puts new content in the file's place: a crash leaves the old or the new one, durably. Call it `held_alone`."""
    unfinished = _unfinished(path, content)
    try:
        unfinished.rename(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


@contextmanager
def held_alone(folder: Path) -> Iterator[None]:
    """One process at a time changes the files of this folder; the lock ends with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def stamp_of(path: Path) -> Stamp | None:
    """None when the file is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def read_private(path: Path) -> bytes:
    """raises KeyMissing (no such file), SettingInvalid (others may read or change it)"""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise SettingInvalid(f"{path.name} must be readable by its owner only (chmod 600)", field="key_file")
            return file.read(_MAX_BYTES)
    except FileNotFoundError as error:
        raise KeyMissing(f"{path.name} does not exist") from error
    except PermissionError as error:
        raise KeyMissing(f"{path.name} cannot be read") from error


def _unfinished(path: Path, content: bytes) -> Path:
    """A private file beside `path` that is whole and on the disk, but not yet in its place."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def private_folder(path: Path) -> None:
    """Makes a folder, and the ones above it that are missing, for this user alone. Folders that are there stay as they
    are: they may be somebody else's on purpose."""
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
