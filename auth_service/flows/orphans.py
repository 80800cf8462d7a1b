"""Photo files that no record names: what a killed run left, or the pictures of a database that this is not.

They are set aside first and removed some days later, and many at once are not touched: a wrong or an empty database
must not cost an agency its pictures. Folders are walked outside every transaction, a shelf at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import PhotoFilesUnexplained
from auth_service.storage.unit import Store

FEW = 100
"""Files without a record that need no explanation: a killed run leaves at most some eight (flows/enroll_many.py)."""
SHARE = 0.01
"""Of all finished files: beyond `FEW`, so many at most. source: our own estimate; a database that lacks one picture in
a hundred has lost records, or is another one."""

Removal = Callable[[], None]
"""Removes one thing. raises StorageReadOnly, StorageFault"""


@dataclass(slots=True)
class Found:
    """What lies in the photo folder.

    finished  files with a whole picture
    torn      names of files that were never finished
    erased    names of files whose row says that they are erased
    unnamed   names of files that no row names
    """

    finished: int = 0
    torn: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.torn) + len(self.erased) + len(self.unnamed)


class OrphanFiles:
    """fulfils flows/retain.py OldFiles

    however_many  set all of them aside: somebody has looked
    """

    def __init__(self, store: Store, clock: Clock, *, however_many: bool = False) -> None:
        self._store = store
        self._clock = clock
        self._however_many = however_many

    def count(self, before: datetime) -> int:
        return self.look(before).total

    def due(self, before: datetime) -> Sequence[Removal]:
        """raises PhotoFilesUnexplained: too many to be what killed runs leave"""
        found = self.look(before)
        if not self._however_many:
            self.check(found)
        files, today = self._store.photo_files, legal_date(self._clock.now())
        gone = [partial(files.remove, name) for name in (*found.torn, *found.erased)]
        return [*gone, *(partial(files.set_aside, name, today) for name in found.unnamed)]

    def check(self, found: Found) -> None:
        """raises PhotoFilesUnexplained, saying which of the two it is"""
        if not found.unnamed:
            return
        with self._store.reading() as unit:
            any_named = unit.photos.any_on_record()
        if not any_named:
            raise PhotoFilesUnexplained(f"the database names no photo at all; {len(found.unnamed)} files lie there")
        most = max(FEW, int(found.finished * SHARE))
        if len(found.unnamed) > most:
            raise PhotoFilesUnexplained(f"{len(found.unnamed)} of {found.finished} files; at most {most} are expected")

    def look(self, before: datetime | None) -> Found:
        """Everything written before; None: all, those that are just being written too. raises Unavailable"""
        files, found = self._store.photo_files, Found()
        for shelf in files.shelves():
            names = files.on_shelf(shelf, before)
            finished = [name for name in names if "." not in name]
            with self._store.reading() as unit:
                kept = unit.photos.on_record(finished)
            found.finished += len(finished)
            found.torn += [name for name in names if "." in name]
            found.erased += [name for name in finished if kept.get(name) is False]
            found.unnamed += [name for name in finished if name not in kept]
        return found


class FilesSetAside:
    """fulfils flows/retain.py OldFiles. What a living row names stays: it is found where it lies"""

    def __init__(self, store: Store) -> None:
        self._store = store

    def count(self, before: datetime) -> int:
        return len(self._due(before))

    def due(self, before: datetime) -> Sequence[Removal]:
        return [partial(self._store.photo_files.remove, name) for name in self._due(before)]

    def _due(self, before: datetime) -> list[str]:
        day: date = legal_date(before)
        names = self._store.photo_files.set_aside_before(day)
        with self._store.reading() as unit:
            kept = unit.photos.on_record(names)
        return [name for name in names if not kept.get(name)]
