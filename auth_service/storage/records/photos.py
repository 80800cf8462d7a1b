"""Pictures that people have to look at: a row here, the sealed bytes in a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update

from auth_service.core.errors import ServiceError, StorageFault
from auth_service.core.ids import new_id
from auth_service.storage.driver_errors import of_file
from auth_service.storage.sealing import Place
from auth_service.storage.tables import PersonKeyRow, PhotoRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_ASKED_AT_ONCE = 500


class Photos:
    """Stored pictures within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._written: list[str] = []
        self._doomed: list[str] = []

    def put(self, person_id: str | None, purpose: str, jpeg: bytes, now: datetime, photo_id: str | None = None) -> str:
        """Keeps one JPEG, sealed with the person's key (or the service's). returns its id

        purpose   `reference` or `review`
        photo_id  where the picture must bear an id that is given out already (an enrolled photo's)
        raises    StorageFull, StorageReadOnly, StorageFault: the disk refused it
        """
        photo_id = photo_id or new_id()
        sealed = self._work.keys.of(person_id).seal(Place("photos", photo_id, "jpeg"), jpeg)
        try:
            name = self._work.photo_files.write(sealed)
        except OSError as error:
            raise of_file(error) from error
        self._written.append(name)
        values = {"id": photo_id, "person_id": person_id, "purpose": purpose, "file_name": name, "stored_at": now}
        self._work.connection.execute(insert(table_of(PhotoRow)), values)
        return photo_id

    def pretend(self, length: int) -> None:
        """Takes as long as keeping a JPEG of so many bytes and keeps nothing: noise in a file that goes after the
        commit. Otherwise the time of an answer would tell who is enrolled. raises as `put`"""
        sealed = self._work.keys.of(None).seal(Place("photos", new_id(), "jpeg"), os.urandom(length))
        try:
            name = self._work.photo_files.write(sealed)
        except OSError as error:
            raise of_file(error) from error
        self._written.append(name)
        self._doomed.append(name)

    def get(self, photo_id: str) -> bytes | None:
        """The JPEG; None when it is unknown, erased, or its person's key was destroyed.

        raises   SealBroken (changed or swapped), StorageFault (the file is gone though the row stands)
        """
        found = self._work.connection.execute(
            select(PhotoRow.person_id, PhotoRow.file_name)
            .outerjoin(PersonKeyRow, PersonKeyRow.person_id == PhotoRow.person_id)
            .where(PhotoRow.id == photo_id, PhotoRow.erased_at.is_(None), PersonKeyRow.destroyed_at.is_(None))
        ).one_or_none()
        if found is None:
            return None
        sealed = self._work.photo_files.read(found.file_name)
        if sealed is None:
            raise StorageFault("a photo file is missing")
        return self._work.keys.of(found.person_id).open(Place("photos", photo_id, "jpeg"), sealed)

    def is_kept(self, file_name: str) -> bool:
        """Whether a row names this file and has not been erased."""
        named = select(PhotoRow.id).where(PhotoRow.file_name == file_name, PhotoRow.erased_at.is_(None))
        return self._work.connection.execute(named).one_or_none() is not None

    def erase_of(self, person_id: str, now: datetime) -> int:
        """Erases every picture of one person; the files go after the commit. returns how many"""
        return self._erase(table_of(PhotoRow).c.person_id == person_id, now)

    def erase(self, photo_id: str, now: datetime) -> bool:
        """Erases one picture; its file goes after the commit. False: it was gone"""
        return self._erase(table_of(PhotoRow).c.id == photo_id, now) == 1

    def _erase(self, which: ColumnElement[bool], now: datetime) -> int:
        photos = table_of(PhotoRow)
        mine = which & photos.c.erased_at.is_(None)
        self._doomed += self._work.connection.execute(select(photos.c.file_name).where(mine)).scalars()
        return self._work.connection.execute(update(photos).where(mine).values(erased_at=now)).rowcount

    def readable(self, photo_ids: Sequence[str]) -> set[str]:
        """Which of these are neither unknown nor erased, by their rows."""
        wanted = (
            select(PhotoRow.id)
            .outerjoin(PersonKeyRow, PersonKeyRow.person_id == PhotoRow.person_id)
            .where(PhotoRow.id.in_(photo_ids), PhotoRow.erased_at.is_(None), PersonKeyRow.destroyed_at.is_(None))
        )
        return set(self._work.connection.execute(wanted).scalars())

    def left_over(self) -> list[str]:
        """Files of erased pictures that are still there: a crash came between commit and removal, or a restore."""
        erased = select(PhotoRow.file_name).where(PhotoRow.erased_at.is_not(None))
        return [name for name in self._work.connection.execute(erased).scalars() if self._work.photo_files.has(name)]

    def remove_left_over(self) -> int:
        """returns how many files went. raises StorageReadOnly, StorageFault"""
        names = self.left_over()
        for name in names:
            self._work.photo_files.remove(name)
        return len(names)

    def remove_doomed(self) -> None:
        """After the commit: the files of erased pictures. One that cannot be removed is left over for the next time."""
        for name in self._doomed:
            with suppress(ServiceError):
                self._work.photo_files.remove(name)
        self._doomed.clear()

    def on_record(self, file_names: Sequence[str]) -> dict[str, bool]:
        """Of these files those that a row names, and whether it is kept (False: erased)."""
        known: dict[str, bool] = {}
        for start in range(0, len(file_names), _ASKED_AT_ONCE):
            asked = file_names[start : start + _ASKED_AT_ONCE]
            wanted = select(PhotoRow.file_name, PhotoRow.erased_at).where(PhotoRow.file_name.in_(asked))
            known |= {row.file_name: row.erased_at is None for row in self._work.connection.execute(wanted)}
        return known

    def any_on_record(self) -> bool:
        """Whether there is a row of any picture, an erased one too."""
        return self._work.connection.execute(select(PhotoRow.id).limit(1)).one_or_none() is not None

    def sync_written(self) -> None:
        """Before the commit: what the rows will name must be on the disk. raises StorageFull, StorageFault"""
        try:
            self._work.photo_files.sync(self._written)
        except OSError as error:
            raise of_file(error) from error

    def forget_written(self) -> None:
        """After a rollback: the files of this unit belong to nobody."""
        for name in self._written:
            self._work.photo_files.remove(name)
        self._written.clear()
