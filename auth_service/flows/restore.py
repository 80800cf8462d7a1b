"""A backup comes back: checked whole, loaded in one transaction into an empty place, compared, erasures applied again.

It may be killed at any moment and run again with the same archives: until the load's commit the database is as empty
as before, photos that are there already stay, and after it only the last steps are done. Until then a note in HOME
keeps every other command from starting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from auth_service.core.archive import (
    SERVICE_KEYS,
    Archives,
    Cell,
    Folder,
    Manifest,
    Part,
    Rows,
    StoredFile,
    TableSpec,
    checked,
)
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.audit_restores import RESTORED
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    ArchivePartsDiffer,
    ArchiveSignerUnknown,
    ArchiveUnreadable,
    KeyMissing,
    RestoreDiffers,
    RestoreKeysMissing,
    SchemaOutdated,
    SealBroken,
)
from auth_service.core.keys import KeyRing
from auth_service.storage.sealing import require_service_key
from auth_service.storage.unit import Store, Target, Unit

Progress = Callable[[int], None]


class RestorePlace(Protocol):
    """HOME as a restore sees it."""

    def is_begun(self, backup: str) -> bool:
        """Whether this restore was begun here before. raises RestoreTargetNotEmpty: photos, or another restore"""
        ...

    def begin(self, backup: str) -> None:
        """Notes what is being restored, which keeps the service from starting."""
        ...

    def put_key_file(self, file: StoredFile) -> None:
        """raises RestoreTargetNotEmpty: another file of that name is there"""
        ...

    def merge_erasures(self, file: StoredFile) -> None:
        """Adds to the record of erasures outside the database whoever it lacks."""
        ...

    def end(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. erased: people whose erasure this run applied again; steps: migrations taken since the backup"""

    data: Manifest
    keys: Manifest
    erased: int
    steps: tuple[str, ...]


class Restore:
    """See the module.

    store    made when first needed: on a new machine its keys come out of the keys part
    ring     the key ring, likewise; never a new one
    reapply  erases again whoever the record outside the backups names; returns how many
    """

    def __init__(
        self,
        store: Callable[[], Store],
        ring: Callable[[], KeyRing],
        archives: Archives,
        place: RestorePlace,
        reapply: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._store = store
        self._ring = ring
        self._archives = archives
        self._place = place
        self._reapply = reapply
        self._clock = clock

    def run(self, data: Path, keys: Path, signed_by: str | None, progress: Progress = lambda _: None) -> Restored:
        """Loads both parts.

        signed_by  fingerprint of the signer, needed where this machine does not have the signing key yet
        raises     ArchiveUnreadable, ArchiveSignerUnknown, ArchivePartsDiffer, RestoreTargetNotEmpty, RestoreDiffers,
                   RestoreKeysMissing, OwnerRoleMissing (before anything is noted: none of them can be waited out)
        """
        of_keys = self._proved(keys, Part.KEYS, signed_by, progress)
        of_data = self._proved(data, Part.DATA, signed_by, progress)
        if of_keys.about.snapshot_at < of_data.about.snapshot_at:
            raise ArchivePartsDiffer("the keys part is older than the data part")
        goes_on = self._place.is_begun(of_data.about.backup)
        self._put_key_files(keys)
        self._require_key_store(keys)
        if not goes_on:
            with self._store().restoring() as target:
                target.prepare(of_data.about.revision)  # refuses before anything bars a living service's way
                self._place.begin(of_data.about.backup)  # before the commit: no schema is left without it
        if not (goes_on and self._is_loaded(of_data)):
            self._load(data, keys, (of_data, of_keys), progress)
        steps = self._store().migrate()  # also gives the database's roles their rights
        erased = self._reapply()
        self._note(of_data, of_keys, erased)
        self._place.end()
        return Restored(of_data, of_keys, erased, tuple(steps))

    def _proved(self, path: Path, part: Part, signed_by: str | None, progress: Progress) -> Manifest:
        with self._archives.open(path) as items:
            found = checked(items, progress)
        if found.manifest.about.part is not part:
            raise ArchivePartsDiffer(f"{path.name} is not a {part.value} part")
        if not found.known and found.signed_by != signed_by:
            raise ArchiveSignerUnknown(f"signed by {found.signed_by}")
        return found.manifest

    def _put_key_files(self, keys: Path) -> None:
        with self._archives.open(keys) as items:
            for item in items:
                if isinstance(item, StoredFile) and item.folder is Folder.KEYS:
                    self._place.put_key_file(item)
                elif isinstance(item, StoredFile) and item.folder is Folder.ERASURES:
                    self._place.merge_erasures(item)

    def _require_key_store(self, keys: Path) -> None:
        """Only the key store that a backup was made with finds and opens its records, whoever can open the file."""
        names = ("wrapping_key", "wrapped", "index_check")
        with self._archives.open(keys) as items:
            found = [item for item in items if isinstance(item, Rows) and item.table.name == SERVICE_KEYS]
        try:
            for rows in found:
                for key, wrapped, check in zip(*(rows.values(name) for name in names), strict=True):
                    require_service_key(self._ring(), str(key), _bytes(wrapped), _bytes(check))
        except (KeyMissing, SealBroken) as error:
            raise RestoreKeysMissing(error.detail) from error

    def _is_loaded(self, manifest: Manifest) -> bool:
        """Whether an earlier run came as far as its commit: the backup's chain is there, whatever came behind it.

        The last steps write too, such as an event for whoever is erased again.
        """
        end = (manifest.audit_rows, manifest.audit_head)
        try:
            with self._store().reading() as unit:
                last = unit.audit.row(manifest.audit_rows)
                return unit.audit.head() == end or (last is not None and (last.number, last.hash) == end)
        except SchemaOutdated:
            return False

    def _load(self, data: Path, keys: Path, manifests: tuple[Manifest, Manifest], progress: Progress) -> None:
        of_data, of_keys = manifests
        with self._store().restoring() as target:
            target.prepare(of_data.about.revision)
            specs = [*self._fill(target, keys, progress), *self._fill(target, data, progress)]
            loaded = target.contents(specs).manifest(of_data.about)
            if loaded.tables != {**of_data.tables, **of_keys.tables} or loaded.merkle_root != of_data.merkle_root:
                raise RestoreDiffers(_first_difference(loaded, of_data, of_keys))
            target.finish()

    def _note(self, of_data: Manifest, of_keys: Manifest, erased: int) -> None:
        details: Details = {
            "backup": of_data.about.backup,
            "keys_of": of_keys.about.backup,
            "snapshot_at": of_data.about.snapshot_at.isoformat(),
            "rows": of_data.rows + of_keys.rows,
            "audit_rows": of_data.audit_rows,
            "merkle_root": of_data.merkle_root,
            "erased_again": erased,
        }
        with self._store().unit() as unit:
            if not _noted(unit, of_data):
                unit.audit.append(AuditEvent("cli", RESTORED, "", details), self._clock.now())

    def _fill(self, target: Target, path: Path, progress: Progress) -> list[TableSpec]:
        specs: dict[str, TableSpec] = {}
        with self._archives.open(path) as items:
            for item in items:
                if isinstance(item, Rows):
                    specs[item.table.name] = item.table
                    target.add(item)
                    progress(len(item.rows))
                elif isinstance(item, StoredFile) and item.folder is Folder.PHOTOS:
                    target.add_photo(item)
                    progress(1)
        return list(specs.values())


def _bytes(cell: Cell) -> bytes:
    if not isinstance(cell, bytes):
        raise ArchiveUnreadable("a wrapped key is no bytes")
    return cell


def _noted(unit: Unit, manifest: Manifest) -> bool:
    newest = unit.backups.newest(RESTORED)
    return newest is not None and newest.details.get("backup") == manifest.about.backup


def _first_difference(loaded: Manifest, of_data: Manifest, of_keys: Manifest) -> str:
    wanted = {**of_data.tables, **of_keys.tables}
    for name in sorted({*wanted, *loaded.tables}):
        if loaded.tables.get(name) != wanted.get(name):
            return f"table {name}"
    return "Merkle root of the audit trail"
