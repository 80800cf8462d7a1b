"""A folder as a witness: one file per checkpoint, whole or not at all, never written twice, and the newest by name.

Best a mount whose files the service's machine cannot rewrite (write-once storage, a share with append-only rights, a
stick that is taken away each week). The folder must exist: an unmounted share must not become a folder on this disk.

    latest.txt
    2026-03/000000000017-1000-91c4d3a0b5e2f617.txt     number, rows, beginning of the note's SHA-256
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from auth_service.core.audit_check import KeptNote
from auth_service.core.checkpoint import Checkpoint, read_note
from auth_service.core.errors import CheckpointInvalid, FileUnreadable, WitnessConflict, WitnessUnreachable

LATEST = "latest.txt"
_MOST_BYTES = 65_536
_SETTLING_SECONDS = 0.5
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


class FolderWitness:
    """Witness over a folder. Several processes may deliver at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def name(self) -> str:
        where = hashlib.sha256(str(self._folder).encode()).hexdigest()[:8]
        return f"folder:{self._folder.name[:100]}:{where}"

    @property
    def answers(self) -> bool:
        return True

    def deliver(self, checkpoint: Checkpoint, note: str) -> None:
        """raises WitnessUnreachable, WitnessConflict: another checkpoint of this number is kept; ours is kept beside it
        as evidence"""
        try:
            if not self._folder.is_dir():
                raise WitnessUnreachable("the witness folder does not exist")
            before = self._latest()
            target = self._folder / place_of(checkpoint, note)
            _write_once(target, note.encode())
            if before is not None and before.number >= checkpoint.number:
                self._require_alone(checkpoint.number, target)
            elif before is not None and before.rows >= checkpoint.rows:
                raise WitnessConflict(f"checkpoint {before.number} is kept and is not shorter")
            else:
                _put_in_place(self._folder / LATEST, note.encode())
        except OSError as error:
            raise WitnessUnreachable(errno.errorcode.get(error.errno or 0, "the folder cannot be written")) from error

    def newest(self) -> str | None:
        """raises WitnessUnreachable"""
        try:
            return _text(self._folder / LATEST)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WitnessUnreachable("the folder cannot be read") from error

    def _latest(self) -> Checkpoint | None:
        note = self.newest()
        if note is None:
            return None
        try:
            return read_note(note)[0]
        except CheckpointInvalid as error:
            raise WitnessConflict("latest.txt is no checkpoint") from error

    def _require_alone(self, number: int, mine: Path) -> None:
        others = [path for path in self._folder.glob(f"*/{number:012d}-*.txt") if path != mine]
        if others:
            raise WitnessConflict(f"another checkpoint {number} is kept")


def place_of(checkpoint: Checkpoint, note: str) -> Path:
    """Where a note lies within a folder."""
    digest = hashlib.sha256(note.encode()).hexdigest()[:16]
    return Path(f"{checkpoint.at:%Y-%m}") / f"{checkpoint.number:012d}-{checkpoint.rows}-{digest}.txt"


def kept_notes(path: Path) -> Iterator[KeptNote]:
    """The checkpoints of a witness folder, or of one file. raises FileUnreadable"""
    try:
        if not path.is_dir():
            yield KeptNote(path.name, _text(path.resolve()))  # named by whoever asks: a link is meant
            return
        latest, newest = path / LATEST, 0
        for file in sorted(path.rglob("*.txt")):
            if not file.name.startswith(".") and file != latest:
                kept = _kept(path, file)
                newest = max(newest, _number(kept.note))
                yield kept
        if os.path.lexists(latest):
            yield _latest(path, latest, newest)
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}", field="against") from error


def _latest(folder: Path, file: Path, newest: int) -> KeptNote:
    """A delivery writes its file first and the latest a moment later; what is seen in between is no replay."""
    note = _text(file)
    if _number(note) < newest:
        time.sleep(_SETTLING_SECONDS)
        note = _text(file)
    return KeptNote(str(file.relative_to(folder)), note, latest=True, folder=str(folder))


def _kept(folder: Path, file: Path) -> KeptNote:
    note = _text(file)
    try:
        in_place = place_of(read_note(note)[0], note).name == file.name
    except CheckpointInvalid:
        in_place = True  # what is wrong with it is said when it is opened
    return KeptNote(str(file.relative_to(folder)), note, in_place, folder=str(folder))


def _number(note: str) -> int:
    """As the note says, unverified; 0 for what is none."""
    try:
        return read_note(note)[0].number
    except CheckpointInvalid:
        return 0


def _text(path: Path) -> str:
    """What is not UTF-8, or no file, becomes a text that is no checkpoint."""
    return _content(path, _MOST_BYTES).decode("utf-8", "replace")


def _content(path: Path, most: int) -> bytes:
    """At most so many bytes of a regular file; nothing of a pipe, a device or a link, which may lie there to hold up
    whoever opens it. raises OSError"""
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        return b""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(handle).st_mode) else b""


def _write_once(target: Path, content: bytes) -> None:
    """raises OSError, WitnessConflict: something else stands there"""
    target.parent.mkdir(exist_ok=True)
    if not os.path.lexists(target):
        unfinished = _unfinished(target, content)
        try:
            _settle(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
    if _content(target, len(content) + 1) != content:
        raise WitnessConflict(f"{target.name} was changed")
    _sync(target.parent)
    _sync(target.parent.parent)


def _settle(unfinished: Path, target: Path) -> None:
    try:
        os.link(unfinished, target)  # unlike a rename, a link never replaces what is there
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        unfinished.rename(target)  # shares without links; the name holds the digest of the content


def _put_in_place(path: Path, content: bytes) -> None:
    _unfinished(path, content).rename(path)
    _sync(path.parent)


def _unfinished(path: Path, content: bytes) -> Path:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
