"""Notices within one unit: written once, claimed, settled, and read again by the person whom they are for.

Contact and text are sealed with the person's key. A row that this service did not write counts for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update

from auth_service.core.errors import KeyMissing, SealBroken
from auth_service.core.ids import new_id
from auth_service.notices.notice import Language, NoticeKind, NoticeState, Outgoing, Reach
from auth_service.notices.telling import Told
from auth_service.storage.records.guards import covered_values, guard_of, is_genuine
from auth_service.storage.sealing import Place
from auth_service.storage.tables import NoticeRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_NOTICES = table_of(NoticeRow)
_WAITING = _NOTICES.c.state == NoticeState.WAITING.value


@dataclass(frozen=True, slots=True)
class NewNotice:
    """What is to be said over one way. settled: None while it waits; SENT where staff did it by hand"""

    person_id: str
    kind: NoticeKind
    about: str
    reach: Reach
    language: Language
    contact: str
    title: str
    text: str
    written_by: str
    due_at: datetime
    settled: NoticeState | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """One row of a person's log. contact, title, text: empty where they cannot be read any more"""

    id: str
    person_id: str
    kind: NoticeKind
    about: str
    reach: Reach
    language: Language
    contact: str
    title: str
    text: str
    written_by: str
    written_at: datetime
    state: NoticeState
    due_at: datetime
    tries: int
    code: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process may try now. message None: it cannot be read any more; tries: with this one"""

    id: str
    person_id: str
    reach: Reach
    claim: str
    tries: int
    message: Outgoing | None


class Notices:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, new: NewNotice, now: datetime) -> bool:
        """False: this person has this notice about this matter over this way already. raises KeyDestroyed"""
        notice_id, key = new_id(), self._work.keys.of(new.person_id)
        said = json.dumps([new.title, new.text], ensure_ascii=False).encode()
        values = {
            "id": notice_id,
            "person_id": new.person_id,
            "kind": new.kind.value,
            "about": new.about,
            "reach": new.reach.value,
            "language": new.language.value,
            "contact_sealed": key.seal(_place(notice_id, "contact"), new.contact.encode()),
            "text_sealed": key.seal(_place(notice_id, "text"), said),
            "written_by": new.written_by,
            "written_at": now,
            "state": (new.settled or NoticeState.WAITING).value,
            "due_at": new.due_at,
            "tries": 0,
            "claim": None,
            "code": new.code,
            "settled_at": now if new.settled else None,
        }
        values["guard"] = guard_of(self._work.indexes, NoticeRow, values)
        statement = insert_or_ignore(self._work.connection, NoticeRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def known(self, people: Collection[str], kinds: Collection[NoticeKind]) -> set[tuple[str, str, str]]:
        """(person, kind, about) of what these people have been written, over whatever way."""
        wanted = select(_NOTICES.c.person_id, _NOTICES.c.kind, _NOTICES.c.about).where(
            _NOTICES.c.person_id.in_(list(people)), _NOTICES.c.kind.in_([kind.value for kind in kinds])
        )
        return {(row.person_id, row.kind, row.about) for row in self._work.connection.execute(wanted)}

    def told(self, about: str) -> list[Told]:
        """What was handed over about a matter, as far as this service wrote it."""
        wanted = select(_NOTICES).where(_NOTICES.c.about == about, _NOTICES.c.state == NoticeState.SENT.value)
        return [Told(Reach(row.reach), row.settled_at) for row in self._genuine(wanted)]

    def drop_waiting(self, about: str, code: str, now: datetime) -> bool:
        """What waits about a matter is of no use any more. True: something about it was handed over before, or is being
        handed over at this moment, so that the person may hear of it."""
        rows = self._work.connection.execute(_held(_NOTICES.c.about == about, _WAITING)).all()
        for row in rows:
            self._settle(row, NoticeState.DROPPED, code, now)
        under_way = _NOTICES.c.state.in_((NoticeState.SENT.value, NoticeState.WAITING.value))
        heard = select(_NOTICES.c.id).where(_NOTICES.c.about == about, under_way)
        tried = any(row.claim is not None or row.tries for row in rows)
        return tried or self._work.connection.execute(heard.limit(1)).first() is not None

    def of_person(self, person_id: str) -> list[StoredNotice]:
        """All that this person was told, newest first: the log that they can see."""
        wanted = select(_NOTICES).where(_NOTICES.c.person_id == person_id)
        rows = self._work.connection.execute(wanted.order_by(_NOTICES.c.written_at.desc(), _NOTICES.c.id.desc()))
        return [self._shown(row) for row in rows]

    def get(self, notice_id: str) -> StoredNotice | None:
        row = self._work.connection.execute(select(_NOTICES).where(_NOTICES.c.id == notice_id)).one_or_none()
        return None if row is None else self._shown(row)

    def listed(self, state: NoticeState, most: int) -> list[StoredNotice]:
        """Those in one state, the longest settled or due first."""
        order = (func.coalesce(_NOTICES.c.settled_at, _NOTICES.c.due_at), _NOTICES.c.id)
        rows = self._work.connection.execute(
            select(_NOTICES).where(_NOTICES.c.state == state.value).order_by(*order).limit(most)
        )
        return [self._shown(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many notices stand in which state."""
        wanted = select(_NOTICES.c.state, func.count()).group_by(_NOTICES.c.state).order_by(_NOTICES.c.state)
        return {row.state: row[1] for row in self._work.connection.execute(wanted)}

    # --- sending ---------------------------------------------------------------------------------------

    def claim(self, reaches: Iterable[Reach], most: int, now: datetime, until: datetime) -> list[Claimed]:
        """The next that are due over these ways, for this caller alone until an instant; then another may take them.

        Each claim is a try: a message that ends its process every time is given up like any other.
        """
        wanted = _held(_WAITING, _NOTICES.c.due_at <= now, _NOTICES.c.reach.in_([reach.value for reach in reaches]))
        rows = self._work.connection.execute(wanted.order_by(_NOTICES.c.due_at, _NOTICES.c.id).limit(most)).all()
        claim = new_id()
        if rows:
            mine = _NOTICES.c.id.in_([row.id for row in rows])
            taken = update(_NOTICES).where(mine).values(claim=claim, due_at=until, tries=_NOTICES.c.tries + 1)
            self._work.connection.execute(taken)
        return [
            Claimed(row.id, row.person_id, Reach(row.reach), claim, row.tries + 1, self._outgoing(row)) for row in rows
        ]

    def settle(self, claimed: Claimed, state: NoticeState, code: str | None, now: datetime) -> bool:
        """False: another took it over, or it was dropped or erased meanwhile."""
        row = self._mine(claimed)
        if row is not None:
            self._settle(row, state, code, now)
        return row is not None

    def again(self, claimed: Claimed, code: str, due_at: datetime, *, counted: bool = True) -> bool:
        """It waits until then. counted False: this was no try of the message. returns as `settle`"""
        row = self._mine(claimed)
        if row is None:
            return False
        values = {"claim": None, "code": code, "due_at": due_at, "tries": row.tries if counted else row.tries - 1}
        self._work.connection.execute(update(_NOTICES).where(_NOTICES.c.id == row.id).values(**values))
        return True

    def revive(self, notice_id: str, now: datetime) -> bool:
        """One that was given up is tried again from the start. False: there is none such"""
        dead = _held(_NOTICES.c.id == notice_id, _NOTICES.c.state == NoticeState.DEAD.value)
        row = self._work.connection.execute(dead).one_or_none()
        if row is None:
            return False
        values = {"state": NoticeState.WAITING.value, "settled_at": None, "tries": 0, "due_at": now, "claim": None}
        self._change(row, values)
        return True

    def _mine(self, claimed: Claimed) -> Row[Any] | None:
        mine = _held(_NOTICES.c.id == claimed.id, _NOTICES.c.claim == claimed.claim, _WAITING)
        return self._work.connection.execute(mine).one_or_none()

    def _settle(self, row: Row[Any], state: NoticeState, code: str | None, now: datetime) -> None:
        self._change(row, {"state": state.value, "settled_at": now, "code": code, "claim": None})

    def _change(self, row: Row[Any], values: dict[str, Any]) -> None:
        """A genuine row stays one; another never becomes one."""
        if is_genuine(self._work.indexes, NoticeRow, row):
            values["guard"] = guard_of(self._work.indexes, NoticeRow, {**covered_values(NoticeRow, row), **values})
        self._work.connection.execute(update(_NOTICES).where(_NOTICES.c.id == row.id).values(**values))

    def _genuine(self, wanted: Any) -> Sequence[Row[Any]]:
        rows = self._work.connection.execute(wanted).all()
        return [row for row in rows if is_genuine(self._work.indexes, NoticeRow, row)]

    def _outgoing(self, row: Row[Any]) -> Outgoing | None:
        """None: the person was erased, or somebody changed what is sealed."""
        said = self._opened(row)
        if said is None:
            return None
        contact, title, text = said
        reach, kind, language = Reach(row.reach), NoticeKind(row.kind), Language(row.language)
        return Outgoing(row.id, reach, kind, contact, language, title, text, row.written_at)

    def _opened(self, row: Row[Any]) -> tuple[str, str, str] | None:
        try:
            key = self._work.keys.of(row.person_id)
            title, text = json.loads(key.open(_place(row.id, "text"), row.text_sealed))
            return key.open(_place(row.id, "contact"), row.contact_sealed).decode(), title, text
        except (KeyMissing, SealBroken):
            return None

    def _shown(self, row: Row[Any]) -> StoredNotice:
        contact, title, text = self._opened(row) or ("", "", "")
        return StoredNotice(
            row.id, row.person_id, NoticeKind(row.kind), row.about, Reach(row.reach), Language(row.language), contact,
            title, text, row.written_by, row.written_at, NoticeState(row.state), row.due_at, row.tries, row.code,
            row.settled_at,
        )  # fmt: skip


def forget(work: Work, person_id: str) -> int:
    """An erased person's notices go whole: they name a telephone and what was said."""
    return work.connection.execute(delete(_NOTICES).where(_NOTICES.c.person_id == person_id)).rowcount


def _held(*which: ColumnElement[bool]) -> Any:
    """Rows that nobody else changes until the unit ends; what somebody else holds is not waited for."""
    return select(_NOTICES).where(*which).with_for_update(skip_locked=True)


def _place(notice_id: str, field: str) -> Place:
    return Place("notices_outbox", notice_id, field)
