"""The first answer to an Idempotency-Key, given again to whoever repeats the request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from auth_service.core.errors import IdempotencyInFlight, IdempotencyKeyReused
from auth_service.storage.sealing import Place
from auth_service.storage.tables import SavedAnswerRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_ANSWERS = table_of(SavedAnswerRow)
_FINISH = (
    update(_ANSWERS)
    .where(_ANSWERS.c.id == bindparam("claimed"), _ANSWERS.c.finished_at.is_(None))
    .values(
        finished_at=bindparam("now"),
        status=bindparam("answered"),
        content_type=bindparam("kind"),
        body_sealed=bindparam("sealed"),
    )
)


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer as it went out."""

    status: int
    body: bytes
    content_type: str


class Idempotency:
    """Claims and saved answers within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def begin(self, caller: str, key: str, fingerprint: str, now: datetime, lease_seconds: int) -> SavedAnswer | None:
        """Claims a key (None), or gives the answer that was saved for it. Exactly one of many callers at once claims.

        fingerprint    of the request's content
        lease_seconds  after this long an unfinished claim counts as dead and may be taken over
        raises         IdempotencyKeyReused (other content), IdempotencyInFlight (somebody is at work on it)
        """
        row_id, wanted = self._id(caller, key), self._work.indexes.of("fingerprint", fingerprint)
        claim = {"claimed_at": now, "lease_until": now + timedelta(seconds=lease_seconds)}
        values = {"id": row_id, "fingerprint": wanted, **claim}
        statement = insert_or_ignore(self._work.connection, SavedAnswerRow)
        if self._work.connection.execute(statement, values).rowcount == 1:
            return None
        found = self._work.connection.execute(
            select(_ANSWERS).where(_ANSWERS.c.id == row_id).with_for_update()
        ).one_or_none()
        if found is None:  # released between the two statements
            raise IdempotencyInFlight
        if found.fingerprint != wanted:
            raise IdempotencyKeyReused
        if found.finished_at is not None:
            return self._answer(found)
        if found.lease_until > now:
            raise IdempotencyInFlight
        self._work.connection.execute(update(_ANSWERS).where(_ANSWERS.c.id == row_id).values(**claim))
        return None

    def finish(self, caller: str, key: str, answer: SavedAnswer, now: datetime) -> None:
        """Saves the answer, inside the unit that records what it tells of.

        raises   IdempotencyInFlight: the claim is gone (a database that was stopped at once may lose it) or somebody
                 who took it over was faster; the unit must not stand, or the act would be recorded twice
        """
        row_id = self._id(caller, key)
        sealed = self._work.keys.of(None).seal(Place("saved_answers", row_id, "body"), answer.body)
        answered = {"answered": answer.status, "kind": answer.content_type, "sealed": sealed}
        if self._work.connection.execute(_FINISH, {"claimed": row_id, "now": now, **answered}).rowcount != 1:
            raise IdempotencyInFlight

    def release(self, caller: str, key: str) -> None:
        """Gives up an unfinished claim, after an error that must not be remembered."""
        mine = (_ANSWERS.c.id == self._id(caller, key)) & _ANSWERS.c.finished_at.is_(None)
        self._work.connection.execute(delete(_ANSWERS).where(mine))

    def purge(self, older_than: datetime) -> int:
        """Forgets answers finished, and claims made, before an instant; returns how many."""
        age = func.coalesce(_ANSWERS.c.finished_at, _ANSWERS.c.claimed_at)
        return self._work.connection.execute(delete(_ANSWERS).where(age < older_than)).rowcount

    def _id(self, caller: str, key: str) -> str:
        return self._work.indexes.of("idempotency", f"{caller}\0{key}").hex()

    def _answer(self, row: Row[Any]) -> SavedAnswer:
        body = self._work.keys.of(None).open(Place("saved_answers", row.id, "body"), row.body_sealed)
        return SavedAnswer(row.status, body, row.content_type)
