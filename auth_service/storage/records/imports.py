"""Runs of imports: what was read, when, and how many rows went where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, update

from auth_service.core.ids import new_id
from auth_service.storage.sealing import Place
from auth_service.storage.tables import ImportRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_IMPORTS = table_of(ImportRow)


class Imports:
    """Import batches within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def begin(self, kind: str, file_digest: str, file_name: str, now: datetime) -> str:
        """A new batch and its id; the same file again is a new batch, judged row by row.

        file_digest  sha256 (hex) of the file
        """
        batch_id = new_id()
        sealed = self._work.keys.of(None).seal(Place("imports", batch_id, "file_name"), file_name.encode())
        values = {"id": batch_id, "kind": kind, "file_digest": file_digest, "file_name_sealed": sealed, "begun_at": now}
        self._work.connection.execute(insert(_IMPORTS), values)
        return batch_id

    def finish(self, batch_id: str, counts: Mapping[str, int], now: datetime) -> None:
        statement = update(_IMPORTS).where(_IMPORTS.c.id == batch_id)
        self._work.connection.execute(statement.values(finished_at=now, counts=to_json(dict(counts))))
