"""A backup: both parts from one snapshot, read back before they get their names, remembered in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from auth_service.core.archive import (
    About,
    Archives,
    Contents,
    Draft,
    Folder,
    Manifest,
    Part,
    Rows,
    Signed,
    StoredFile,
    checked,
)
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock
from auth_service.core.ids import new_id
from auth_service.storage.unit import Snapshot, Store

Progress = Callable[[int], None]
"""Told how many rows and files more were dealt with."""
MADE = "backup.made"
"""Audit action; `doctor` looks for the newest."""
KeyFiles = Callable[[], Iterable[StoredFile]]


@dataclass(frozen=True, slots=True)
class Backup:
    """What was made, and whose signature it bears. pruned: keys parts that were removed for their age"""

    data: Path
    keys: Path
    manifest: Manifest
    signed_by: str
    pruned: int


class BackUp:
    """See the module.

    key_files  of the key store, for the keys part; none where the key store has its own backups
    release    of this software
    keep_keys  how long keys parts are kept: as long as an erased person's key may live on in one
    """

    def __init__(
        self, store: Store, archives: Archives, key_files: KeyFiles, clock: Clock, release: str, keep_keys: timedelta
    ) -> None:
        self._store = store
        self._archives = archives
        self._key_files = key_files
        self._clock = clock
        self._release = release
        self._keep_keys = keep_keys

    def run(self, folder: Path, progress: Progress = lambda _: None) -> Backup:
        """Makes both parts in a folder, and removes the keys parts there that are too old.

        raises   StorageFault (disk, database), ArchiveUnreadable (read back wrong), BackupNeedsNewerRelease: this
                 release does not know all that is there
        """
        self._store.check_schema()
        backup, now = new_id(), self._clock.now()
        drafts: list[Draft] = []
        try:
            with self._store.snapshot() as snapshot:
                snapshot.require_own_schema()  # here, for a migration may come between the check above and the snapshot
                for part in (Part.KEYS, Part.DATA):
                    drafts.append(self._archives.begin(folder, part, backup, now))
                    about = About(backup, part, now, snapshot.revision, self._release)
                    self._write(snapshot, drafts[-1], about, progress)
            # read back before they bear a name; keys first, for nobody could use a data part without them
            _, proof = (self._proved(draft, progress) for draft in drafts)
            keys, data = (draft.publish() for draft in drafts)
        except BaseException:
            for draft in drafts:
                draft.discard()
            raise
        pruned = self._archives.prune(folder, Part.KEYS, now - self._keep_keys)
        self._note(proof.manifest, pruned)
        return Backup(data, keys, proof.manifest, proof.signed_by, pruned)

    def _write(self, snapshot: Snapshot, draft: Draft, about: About, progress: Progress) -> None:
        contents, missing = Contents(), 0
        for item in self._items(snapshot, about.part):
            if isinstance(item, str):
                missing += self._still_named(item)
                continue
            contents.see(item)
            draft.add(item)
            progress(len(item.rows) if isinstance(item, Rows) else 1)
        draft.finish(contents.manifest(about, missing))

    def _items(self, snapshot: Snapshot, part: Part) -> Iterator[Rows | StoredFile | str]:
        """Rows and files; the bare name of a photo whose file is gone."""
        yield from snapshot.rows(part)
        if part is Part.KEYS:
            yield from self._key_files()
            return
        for name in snapshot.photo_names():
            sealed = snapshot.photo(name)
            yield name if sealed is None else StoredFile(Folder.PHOTOS, name, sealed)

    def _still_named(self, name: str) -> int:
        """1 when the file should be there; 0 when it was erased after the snapshot was taken."""
        with self._store.reading() as unit:
            return int(unit.photos.is_kept(name))

    def _proved(self, draft: Draft, progress: Progress) -> Signed:
        with self._archives.open(draft.unfinished) as items:
            return checked(items, progress)

    def _note(self, manifest: Manifest, pruned: int) -> None:
        details: Details = {
            "backup": manifest.about.backup,
            "rows": manifest.rows,
            "photos": manifest.files_in(Folder.PHOTOS),
            "missing": manifest.missing,
            "keys_pruned": pruned,
            "audit_rows": manifest.audit_rows,
            "merkle_root": manifest.merkle_root,
        }
        with self._store.unit() as unit:
            unit.audit.append(AuditEvent("cli", MADE, "", details), self._clock.now())
