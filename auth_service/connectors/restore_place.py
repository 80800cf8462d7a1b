"""HOME while a backup is restored into it: what must be empty, and the note that holds everybody else back."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from auth_service.connectors.erasure_file import ErasureFile
from auth_service.connectors.secret_files import create_once
from auth_service.core.archive import Folder, StoredFile
from auth_service.core.erasure import Tombstones
from auth_service.core.errors import ArchiveUnreadable, RestoreTargetNotEmpty

_NOTE = "restoring.json"
_KEY_FILE = re.compile(r"[a-z][a-z0-9_]{0,40}\.json")
_LARGEST_KEY_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class RestoreHome:
    """fulfils flows/restore.py RestorePlace"""

    home: Path
    erasures: Tombstones

    def is_begun(self, backup: str) -> bool:
        note = self.home / _NOTE
        if note.exists():
            if json.loads(note.read_bytes()).get("backup") != backup:
                raise RestoreTargetNotEmpty("the restore of another backup was begun here")
            return True
        if any((self.home / "photos").glob("??/*")):
            raise RestoreTargetNotEmpty("the photo folder holds files")
        return False

    def begin(self, backup: str) -> None:
        create_once(self.home / _NOTE, json.dumps({"backup": backup}).encode())

    def put_key_file(self, file: StoredFile) -> None:
        """raises ArchiveUnreadable: an impossible name"""
        if not _KEY_FILE.fullmatch(file.name):
            raise ArchiveUnreadable("an impossible name of a key file")
        path = self.home / "keys" / file.name
        if not create_once(path, file.content) and path.read_bytes() != file.content:
            raise RestoreTargetNotEmpty(f"another {file.name} is there")

    def merge_erasures(self, file: StoredFile) -> None:
        """raises ArchiveUnreadable, StorageFault"""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "erasures.jsonl"
            copy.write_bytes(file.content)
            for tombstone in ErasureFile(copy).all():
                self.erasures.append(tombstone)

    def end(self) -> None:
        (self.home / _NOTE).unlink(missing_ok=True)


def is_restoring(home: Path) -> bool:
    """Whether a restore was begun here and has not ended."""
    return (home / _NOTE).exists()


def key_files(folder: Path | None, erasures: Path) -> list[StoredFile]:
    """The record of erasures and the files of a key store, for the keys part of a backup.

    folder  of the key store; None when it lies elsewhere, or when only it opens the backup anyway
    """
    found = [StoredFile(Folder.ERASURES, erasures.name, erasures.read_bytes())] if erasures.exists() else []
    if folder is None:
        return found
    return found + [
        StoredFile(Folder.KEYS, path.name, path.read_bytes())
        for path in sorted(folder.glob("*.json"))
        if path.stat().st_size <= _LARGEST_KEY_FILE and _KEY_FILE.fullmatch(path.name)
    ]
