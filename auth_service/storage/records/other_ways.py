"""Requests for another way, as staff see them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update

from auth_service.capture.other_way import Way
from auth_service.core.clock import legal_date
from auth_service.core.ids import new_id
from auth_service.enrollment.consent import Consent
from auth_service.qualification.evidence import Channel
from auth_service.storage.records.sessions import consent_from, consent_told
from auth_service.storage.sealing import Place
from auth_service.storage.tables import OtherWayRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_WAYS = table_of(OtherWayRow)


@dataclass(frozen=True, slots=True)
class OtherWay:
    """One request. phone: a number that was given for it, beside the one on file

    settled_at, settled_by, note  None, None and empty while it waits
    photo_id, consent  of a photo that was left and kept; the picture itself may be gone
    """

    id: str
    person_id: str
    way: Way
    channel: Channel
    asked_at: datetime
    phone: str | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    note: str = ""
    photo_id: str | None = None
    consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class NewRequest:
    """person_id  None where the number that was given is in no ledger
    subject    what stands for the person: the subject of a session
    """

    person_id: str | None
    subject: str
    way: Way
    channel: Channel
    phone: str = ""


@dataclass(frozen=True, slots=True)
class NewUpload:
    """A photo that was left in a session. digest: SHA-256 of what came; photo_id: None where nothing was kept"""

    session_id: str
    person_id: str | None
    channel: Channel
    digest: str
    consent: Consent
    photo_id: str | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What was left in a session. same: it is what is offered now; photo_id: None where nothing was kept"""

    same: bool
    photo_id: str | None


class OtherWays:
    """Requests within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def ask(self, new: NewRequest, now: datetime) -> bool:
        """False: the very same was asked for today already, by somebody who named the same person and telephone number.

        Whoever knows a number alone can keep nobody's request away. Nothing is kept of a telephone number that belongs
        to nobody.
        """
        request_id, person = new_id(), new.person_id or "nobody"
        once = "\0".join((new.subject, new.way.value, str(legal_date(now)), person, new.phone))
        sealed = self._work.keys.of(new.person_id).seal(_place(request_id, "phone"), new.phone.encode())
        values = {
            "id": request_id,
            "person_id": new.person_id,
            "way": new.way.value,
            "channel": new.channel.value,
            "asked_at": now,
            "phone_sealed": sealed if new.phone and new.person_id is not None else None,
            "once": self._work.indexes.of("other_way", once),
        }
        statement = insert_or_ignore(self._work.connection, OtherWayRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def leave(self, new: NewUpload, now: datetime) -> None:
        """One photo a session: ask `uploaded` first, alone with the session. Of nobody's nothing is kept but that it
        came."""
        request_id = new_id()
        told = json.dumps(consent_told(new.consent)).encode()
        sealed = self._work.keys.of(new.person_id).seal(_place(request_id, "consent"), told)
        values = {
            "id": request_id,
            "person_id": new.person_id,
            "way": Way.COUNTER.value,
            "channel": new.channel.value,
            "asked_at": now,
            "once": self._once(new.session_id),
            "upload": self._upload(new.session_id, new.digest),
            "photo_id": new.photo_id,
            "consent_sealed": sealed if new.photo_id is not None else None,
        }
        self._work.connection.execute(insert(_WAYS), values)

    def uploaded(self, session_id: str, digest: str = "") -> Uploaded | None:
        """What was left in this session before. digest: of what is offered now"""
        wanted = select(_WAYS.c.upload, _WAYS.c.photo_id).where(_WAYS.c.once == self._once(session_id))
        row = self._work.connection.execute(wanted).one_or_none()
        return None if row is None else Uploaded(row.upload == self._upload(session_id, digest), row.photo_id)

    def waiting(self, most: int) -> list[OtherWay]:
        """Not settled, of people in the ledger, the oldest first. raises KeyMissing, SealBroken"""
        wanted = select(_WAYS).where(_WAYS.c.settled_at.is_(None), _WAYS.c.person_id.is_not(None))
        rows = self._work.connection.execute(wanted.order_by(_WAYS.c.asked_at, _WAYS.c.id).limit(most))
        return [self._read(row) for row in rows]

    def waits_of(self, person_id: str) -> bool:
        """Whether somebody asked in this person's name and nobody has answered."""
        mine = select(_WAYS.c.id).where(_WAYS.c.person_id == person_id, _WAYS.c.settled_at.is_(None)).limit(1)
        return self._work.connection.execute(mine).first() is not None

    def get(self, request_id: str) -> OtherWay | None:
        """One request of somebody in the ledger, settled or not. raises KeyMissing, SealBroken"""
        wanted = select(_WAYS).where(_WAYS.c.id == request_id, _WAYS.c.person_id.is_not(None))
        row = self._work.connection.execute(wanted).one_or_none()
        return None if row is None else self._read(row)

    def _read(self, row: Row[Any]) -> OtherWay:
        phone, note, consent = (
            None if sealed is None else self._work.keys.of(row.person_id).open(_place(row.id, field), sealed).decode()
            for field, sealed in (
                ("phone", row.phone_sealed),
                ("note", row.note_sealed),
                ("consent", row.consent_sealed),
            )
        )
        return OtherWay(
            row.id, row.person_id, way_of(row), Channel(row.channel), row.asked_at, phone, row.settled_at,
            row.settled_by, note or "", row.photo_id, None if consent is None else consent_from(json.loads(consent)),
        )  # fmt: skip

    def settle(self, request: OtherWay, staff_id: str, note: str, now: datetime) -> bool:
        """False: it is unknown, or settled already."""
        sealed = self._work.keys.of(request.person_id).seal(_place(request.id, "note"), note.encode())
        mine = (_WAYS.c.id == request.id) & _WAYS.c.settled_at.is_(None)
        done = update(_WAYS).where(mine).values(settled_at=now, settled_by=staff_id, note_sealed=sealed)
        return self._work.connection.execute(done).rowcount == 1

    def _once(self, session_id: str) -> bytes:
        return self._work.indexes.of("other_way", f"photo\0{session_id}")

    def _upload(self, session_id: str, digest: str) -> bytes:
        return self._work.indexes.of("upload", f"{session_id}\0{digest}")


def way_of(row: Row[Any]) -> Way:
    """Of a row with its columns `way` and `upload`."""
    return Way(row.way) if row.upload is None else Way.PHOTO


def is_way(way: Way) -> ColumnElement[bool]:
    """The rows of one way."""
    if way is Way.PHOTO:
        return _WAYS.c.upload.is_not(None)
    return (_WAYS.c.way == way.value) & _WAYS.c.upload.is_(None)


def _place(request_id: str, field: str) -> Place:
    return Place("other_ways", request_id, field)
