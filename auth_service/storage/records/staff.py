"""Staff, their sign-in sessions and failed sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from auth_service.accounts.credentials import StaffMember, StaffSession
from auth_service.accounts.roles import Role
from auth_service.core.errors import AlreadyExists
from auth_service.storage.records.guards import covered_values, guard_of, is_genuine, require_genuine
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
            guard = guard_of(self._work.indexes, StaffRow, values)
            self._work.connection.execute(insert(_STAFF), {**values, "guard": guard})
        except IntegrityError as error:
            raise AlreadyExists(field="username") from error

    def get(self, staff_id: str) -> StaffMember | None:
        """raises AccountTampered: the row was not written by this service as it stands"""
        return self._one(select(_STAFF).where(_STAFF.c.id == staff_id))

    def by_username(self, username: str) -> StaffMember | None:
        """raises AccountTampered"""
        return self._one(select(_STAFF).where(_STAFF.c.username == username))

    def id_of(self, username: str) -> str | None:
        """Whose name it is, whatever else the row says."""
        wanted = select(_STAFF.c.id).where(_STAFF.c.username == username)
        return self._work.connection.execute(wanted).scalar_one_or_none()

    def all(self) -> list[StaffMember]:
        """Everybody, by user name. Who was tampered with comes out so marked, disabled and without a password."""
        rows = self._work.connection.execute(select(_STAFF).order_by(_STAFF.c.username))
        return [_member(row) if is_genuine(self._work.indexes, StaffRow, row) else _tampered(row) for row in rows]

    def count(self) -> int:
        return self._work.connection.execute(select(func.count()).select_from(_STAFF)).scalar_one()

    def disable(self, staff_id: str, now: datetime) -> bool:
        """Bars a person from signing in and ends their sessions; False when there is no such person. A row that was
        tampered with is disabled too, and so put right."""
        row = self._work.connection.execute(select(_STAFF).where(_STAFF.c.id == staff_id)).one_or_none()
        if row is None:
            return False
        self._work.connection.execute(delete(_SESSIONS).where(_SESSIONS.c.staff_id == staff_id))
        self._put(row, {"disabled_at": now})
        return True

    def set_password(self, staff_id: str, password_hash: str) -> bool:
        """False when there is no such person. raises AccountTampered: the rest of the row must not be made good"""
        row = self._work.connection.execute(select(_STAFF).where(_STAFF.c.id == staff_id)).one_or_none()
        if row is None:
            return False
        require_genuine(self._work.indexes, StaffRow, row)
        self._put(row, {"password_hash": password_hash})
        return True

    def _one(self, wanted: Select[Any]) -> StaffMember | None:
        row = self._work.connection.execute(wanted).one_or_none()
        if row is None:
            return None
        require_genuine(self._work.indexes, StaffRow, row)
        return _member(row)

    def _put(self, row: Row[Any], changed: dict[str, Any]) -> None:
        guard = guard_of(self._work.indexes, StaffRow, {**covered_values(StaffRow, row), **changed})
        self._work.connection.execute(update(_STAFF).where(_STAFF.c.id == row.id).values(**changed, guard=guard))


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
        guard = guard_of(self._work.indexes, StaffSessionRow, values)
        self._work.connection.execute(insert(_SESSIONS), {**values, "guard": guard})

    def by_hash(self, token_hash: str) -> StaffSession | None:
        """raises AccountTampered: no sign-in made this session as it stands"""
        wanted = select(_SESSIONS).where(_SESSIONS.c.token_hash == token_hash)
        row = self._work.connection.execute(wanted).one_or_none()
        if row is None:
            return None
        require_genuine(self._work.indexes, StaffSessionRow, row)
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
    """Failed sign-ins since the last good one, by name and by where they came from, within one unit."""

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

    def mark(self, member: StaffMember, device: str) -> str:
        """What a browser holds that this account has signed in from (hex). A new password makes a new mark."""
        return self._work.indexes.of("sign-in device", f"{member.id}\0{member.password_hash}\0{device}").hex()

    def _index(self, username_key: str) -> bytes:
        return self._work.indexes.of("username", username_key)


def _member(row: Row[Any]) -> StaffMember:
    return StaffMember(
        row.id, row.username, Role(row.role), row.password_hash, row.disabled_at is not None, row.created_at
    )


def _tampered(row: Row[Any]) -> StaffMember:
    role = Role(row.role) if row.role in set(Role) else Role.VILLAGE_WORKER  # the one that may do nothing here
    return StaffMember(row.id, row.username, role, "", disabled=True, created_at=row.created_at, tampered=True)
