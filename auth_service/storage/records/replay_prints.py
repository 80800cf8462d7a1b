"""Prints of decided sessions' films: read for one person, and found by frames that any session of anybody showed.

Fulfils liveness.replay_print.KnownPrints. Of frames only keyed hashes are kept to search by, never the digests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, delete, func, insert, select, text

from auth_service.liveness.replay_print import ReplayPrint, SharedFilm, StoredPrint
from auth_service.qualification.decision import Outcome
from auth_service.storage.sealing import DataKey, Place
from auth_service.storage.tables import EvidenceRow, ReplayCellRow, ReplayPrintRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_PRINTS, _CELLS, _EVIDENCE = table_of(ReplayPrintRow), table_of(ReplayCellRow), table_of(EvidenceRow)
_NOTHING = b""
_PURPOSE = "replay_cell"
_OF_PERSON = (
    select(_PRINTS.c.evidence_id, _PRINTS.c.print_sealed)
    .join(_EVIDENCE, _EVIDENCE.c.id == _PRINTS.c.evidence_id)
    .where(_PRINTS.c.person_id == bindparam("person"))
    .order_by(
        case((_EVIDENCE.c.outcome == Outcome.QUALIFIED.value, 0), else_=1),
        _PRINTS.c.taken_at.desc(),
        _PRINTS.c.evidence_id.desc(),
    )
    .limit(bindparam("most"))
)
_SHARING = (
    select(_CELLS.c.evidence_id, func.count().label("frames"))
    .where(_CELLS.c.cell.in_(bindparam("cells", expanding=True)))
    .group_by(_CELLS.c.evidence_id)
    .order_by(func.count().desc(), _CELLS.c.evidence_id)
    .limit(bindparam("most"))
)
_EXPIRE = text("SELECT expire_prints(:before, :most)")
_FORGET = text("SELECT forget_prints(:erased)")


class ReplayPrints:
    """Prints within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, evidence_id: str, person_id: str | None, film: ReplayPrint, now: datetime) -> None:
        """The evidence must be stored before. Of somebody who is not in the ledger the cells alone are kept: a face can
        be drawn from a print, and no erasure would ever find it. raises KeyMissing, KeyDestroyed"""
        key = self._work.keys.of(person_id)
        sealed = key.seal(_place(evidence_id), film.to_bytes())  # for nobody too: it takes as long
        values = {"evidence_id": evidence_id, "person_id": person_id, "taken_at": now}
        self._work.connection.execute(
            insert(_PRINTS), {**values, "print_sealed": _NOTHING if person_id is None else sealed}
        )
        cells = [
            {"evidence_id": evidence_id, "place": place, "cell": cell}
            for place, cell in enumerate(self._hidden(film.cells))
        ]
        if cells:
            self._work.connection.execute(insert(_CELLS), cells)

    def of_person(self, person_id: str, most: int) -> list[StoredPrint]:
        """The person's own, passes first and then the newest.

        raises  KeyMissing, KeyDestroyed, SealBroken, ScoreInvalid (a broken print)
        """
        rows = self._work.connection.execute(_OF_PERSON, {"person": person_id, "most": most}).all()
        if not rows:
            return []
        key = self._work.keys.of(person_id)
        return [StoredPrint(row.evidence_id, _opened(key, row.evidence_id, row.print_sealed)) for row in rows]

    def sharing(self, digests: Iterable[bytes], most: int) -> Sequence[SharedFilm]:
        """Earlier sessions, whoever they were for, one of whose cells is among these frames; the most frames first."""
        cells = self._hidden(digests)
        if not cells:
            return ()
        rows = self._work.connection.execute(_SHARING, {"cells": cells, "most": most})
        return [SharedFilm(row.evidence_id, int(row.frames)) for row in rows]

    def forget(self, person_id: str) -> int:
        """Removes the prints of somebody whose key is destroyed; returns how many."""
        if self._work.connection.dialect.name == "postgresql":
            return int(self._work.connection.execute(_FORGET, {"erased": person_id}).scalar_one())
        mine = select(_PRINTS.c.evidence_id).where(_PRINTS.c.person_id == person_id)
        return self._remove(list(self._work.connection.execute(mine).scalars()))

    def expire(self, before: datetime, limit: int) -> int:
        """Removes up to `limit` prints older than `before`. raises StorageFault: too young, says the database"""
        if self._work.connection.dialect.name == "postgresql":
            return int(self._work.connection.execute(_EXPIRE, {"before": before, "most": limit}).scalar_one())
        old = select(_PRINTS.c.evidence_id).where(_PRINTS.c.taken_at < before).limit(limit)
        return self._remove(list(self._work.connection.execute(old).scalars()))

    def _remove(self, chosen: list[str]) -> int:
        self._work.connection.execute(delete(_CELLS).where(_CELLS.c.evidence_id.in_(chosen)))
        return self._work.connection.execute(delete(_PRINTS).where(_PRINTS.c.evidence_id.in_(chosen))).rowcount

    def _hidden(self, digests: Iterable[bytes]) -> list[bytes]:
        return [self._work.indexes.of(_PURPOSE, digest) for digest in digests]


def _opened(key: DataKey, evidence_id: str, sealed: bytes) -> ReplayPrint | None:
    return ReplayPrint.from_bytes(key.open(_place(evidence_id), sealed))


def _place(evidence_id: str) -> Place:
    return Place("replay_prints", evidence_id, "print")
