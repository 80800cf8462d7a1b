"""Staff, their sign-in sessions and failed sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from auth_service.accounts.credentials import StaffMember, StaffSession
from auth_service.accounts.roles import Role
from auth_service.core.errors import AlreadyExists
from auth_service.storage.tables import SignInFailureRow, StaffRow, StaffSessionRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_STAFF = table_of(StaffRow)
_SESSIONS = table_of(StaffSessionRow)
_FAILURES = table_of(SignInFailureRow)


class Staff:
    """People who may sign in, within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, member: StaffMember) -> None:
        """raises AlreadyExists: the user name is taken"""
        values = {
            "id": member.id,
            "username": member.username,
            "role": member.role.value,
            "password_hash": member.password_hash,
            "created_at": member.created_at,
            "disabled_at": member.created_at if member.disabled else None,
        }
        try:
            self._work.connection.execute(insert(_STAFF), values)
        except IntegrityError as error:
            raise AlreadyExists(field="username") from error

    def get(self, staff_id: str) -> StaffMember | None:
        return self._one(select(_STAFF).where(_STAFF.c.id == staff_id))

    def by_username(self, username: str) -> StaffMember | None:
        return self._one(select(_STAFF).where(_STAFF.c.username == username))

    def all(self) -> list[StaffMember]:
        """Everybody, by user name."""
        return [_member(row) for row in self._work.connection.execute(select(_STAFF).order_by(_STAFF.c.username))]

    def count(self) -> int:
        return self._work.connection.execute(select(func.count()).select_from(_STAFF)).scalar_one()

    def disable(self, staff_id: str, now: datetime) -> bool:
        """Bars a person from signing in and ends their sessions; False when there is no such person."""
        statement = update(_STAFF).where(_STAFF.c.id == staff_id).values(disabled_at=now)
        self._work.connection.execute(delete(_SESSIONS).where(_SESSIONS.c.staff_id == staff_id))
        return self._work.connection.execute(statement).rowcount == 1

    def set_password(self, staff_id: str, password_hash: str) -> bool:
        """False when there is no such person."""
        statement = update(_STAFF).where(_STAFF.c.id == staff_id).values(password_hash=password_hash)
        return self._work.connection.execute(statement).rowcount == 1

    def _one(self, wanted: Select[Any]) -> StaffMember | None:
        row = self._work.connection.execute(wanted).one_or_none()
        return None if row is None else _member(row)


class StaffSessions:
    """Sign-ins in force, within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, session: StaffSession) -> None:
        values = {
            "token_hash": session.token_hash,
            "staff_id": session.staff_id,
            "csrf_token": session.csrf_token,
            "created_at": session.created_at,
            "last_seen_at": session.last_seen_at,
        }
        self._work.connection.execute(insert(_SESSIONS), values)

    def by_hash(self, token_hash: str) -> StaffSession | None:
        wanted = select(_SESSIONS).where(_SESSIONS.c.token_hash == token_hash)
        row = self._work.connection.execute(wanted).one_or_none()
        if row is None:
            return None
        return StaffSession(row.token_hash, row.staff_id, row.csrf_token, row.created_at, row.last_seen_at)

    def touch(self, token_hash: str, now: datetime) -> None:
        """The session was used; a request that overtook another never sets the time back."""
        statement = update(_SESSIONS).where(_SESSIONS.c.token_hash == token_hash, _SESSIONS.c.last_seen_at < now)
        self._work.connection.execute(statement.values(last_seen_at=now))

    def end(self, token_hash: str) -> None:
        self._work.connection.execute(delete(_SESSIONS).where(_SESSIONS.c.token_hash == token_hash))

    def end_all(self, staff_id: str) -> int:
        """Ends every session of one person; returns how many."""
        return self._work.connection.execute(delete(_SESSIONS).where(_SESSIONS.c.staff_id == staff_id)).rowcount


class SignInFailures:
    """Failed sign-ins since the last good one, by name, within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, username_key: str, at: datetime) -> None:
        values = {"username_index": self._index(username_key), "at": at}
        self._work.connection.execute(insert(_FAILURES), values)

    def count_since_success(self, username_key: str) -> tuple[int, datetime | None]:
        """How many, and when the last one was."""
        wanted = select(func.count(), func.max(SignInFailureRow.at, type_=SignInFailureRow.at.type)).where(
            SignInFailureRow.username_index == self._index(username_key)
        )
        count, last = self._work.connection.execute(wanted).one()
        return count, last

    def clear(self, username_key: str) -> None:
        """After a good sign-in."""
        mine = _FAILURES.c.username_index == self._index(username_key)
        self._work.connection.execute(delete(_FAILURES).where(mine))

    def _index(self, username_key: str) -> bytes:
        return self._work.indexes.of("username", username_key)


def _member(row: Row[Any]) -> StaffMember:
    return StaffMember(
        row.id, row.username, Role(row.role), row.password_hash, row.disabled_at is not None, row.created_at
    )
