"""Which version of the wrapping key each data key is wrapped by, and the move from one version to the next.

A row's version and its wrapped bytes change in one statement, so a row is readable under exactly one version at any
moment. The change is a compare-and-swap on the old bytes: an erasure or another rotation that came first wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from auth_service.core.errors import KeyInUse
from auth_service.core.keys import WrappedKey
from auth_service.storage.tables import PersonKeyRow, ServiceKeyRow, WrappingKeyRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_PEOPLE = table_of(PersonKeyRow)
_SERVICE = table_of(ServiceKeyRow)
_VERSIONS = table_of(WrappingKeyRow)
_WRAPPED = _PEOPLE.c.wrapped.is_not(None)
_LEFT = select(_PEOPLE.c.person_id, _PEOPLE.c.wrapping_key, _PEOPLE.c.wrapped).where(
    _WRAPPED, _PEOPLE.c.wrapping_key != bindparam("active")
)
_PAGE = _LEFT.where(_PEOPLE.c.person_id > bindparam("after")).order_by(_PEOPLE.c.person_id).limit(bindparam("most"))
_COUNT_LEFT = select(func.count()).select_from(_LEFT.subquery())
_SWAP_PERSON = (
    update(_PEOPLE)
    .where(_PEOPLE.c.person_id == bindparam("of_owner"), _PEOPLE.c.wrapped == bindparam("was"))
    .values(wrapping_key=bindparam("version"), wrapped=bindparam("becomes"))
)
_SWAP_SERVICE = (
    update(_SERVICE)
    .where(_SERVICE.c.id == bindparam("of_owner"), _SERVICE.c.wrapped == bindparam("was"))
    .values(wrapping_key=bindparam("version"), wrapped=bindparam("becomes"))
)


@dataclass(frozen=True, slots=True)
class OwnedKey:
    """A wrapped data key and whose it is (a person id, or the service's own name)."""

    owner: str
    wrapped: WrappedKey


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version as the database knows it. `first_used_at` None: it has wrapped nothing yet"""

    id: str
    first_used_at: datetime | None
    retired_at: datetime | None
    wraps: int


class WrappingKeys:
    """Wrapped data keys within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def begin(self, version: str, now: datetime) -> bool:
        """Enters a version, before anything is wrapped by it; False when it stands already."""
        values = {"id": version, "first_used_at": now}
        statement = insert_or_ignore(self._work.connection, WrappingKeyRow)
        return self._work.connection.execute(statement, values).rowcount == 1

    def of_people(self, active: str, after: str, most: int) -> list[OwnedKey]:
        """People's keys that another version than `active` wraps, in the order of their ids."""
        asked = {"active": active, "after": after, "most": most}
        return [_owned(*row) for row in self._work.connection.execute(_PAGE, asked)]

    def of_service(self, active: str) -> list[OwnedKey]:
        """The service's own keys that another version wraps."""
        wanted = select(_SERVICE.c.id, _SERVICE.c.wrapping_key, _SERVICE.c.wrapped)
        rows = self._work.connection.execute(wanted.where(_SERVICE.c.wrapping_key != active))
        return [_owned(*row) for row in rows]

    def left(self, active: str) -> int:
        """How many people's keys another version wraps."""
        return self._work.connection.execute(_COUNT_LEFT, {"active": active}).scalar_one()

    def swap_people(self, changes: Sequence[tuple[OwnedKey, WrappedKey]]) -> int:
        """Puts new wrappings in the place of the old; returns how many stood still as they had been read.

        Rows that another transaction holds are passed over instead of waited for, so that this can be part of no
        deadlock; the next pass finds them.
        """
        free = self._not_held([old.owner for old, _ in changes])
        chosen = [_swap(old, new) for old, new in changes if free.get(old.owner) == old.wrapped.ciphertext]
        self._swap(_SWAP_PERSON, chosen)
        return len(chosen)

    def swap_service(self, changes: Sequence[tuple[OwnedKey, WrappedKey]]) -> None:
        self._swap(_SWAP_SERVICE, [_swap(old, new) for old, new in changes])

    def states(self) -> list[VersionState]:
        """Every version that was ever used, in that order, with how many keys it wraps now."""
        counted = self._counts()
        rows = self._work.connection.execute(select(_VERSIONS).order_by(_VERSIONS.c.first_used_at, _VERSIONS.c.id))
        known = [VersionState(row.id, row.first_used_at, row.retired_at, counted.pop(row.id, 0)) for row in rows]
        return [*(VersionState(version, None, None, count) for version, count in counted.items()), *known]

    def retire(self, version: str, now: datetime) -> bool:
        """From now on nothing can be wrapped by this version. False when it was retired before.

        raises   KeyInUse: something is wrapped by it
        """
        self.begin(version, now)  # one that an earlier release used has no row yet
        held = select(_VERSIONS.c.retired_at).where(_VERSIONS.c.id == version).with_for_update()
        found = self._work.connection.execute(held).one()  # waits for whoever is wrapping with it
        if count := self._counts().get(version, 0):
            raise KeyInUse(f"{count} keys are wrapped by {version}; run `auth-service keys rotate`")
        if found.retired_at is not None:
            return False
        self._work.connection.execute(update(_VERSIONS).where(_VERSIONS.c.id == version).values(retired_at=now))
        return True

    def _not_held(self, owners: list[str]) -> dict[str, bytes]:
        wanted = select(_PEOPLE.c.person_id, _PEOPLE.c.wrapped).where(_PEOPLE.c.person_id.in_(owners), _WRAPPED)
        rows = self._work.connection.execute(wanted.with_for_update(skip_locked=True))
        return {row.person_id: row.wrapped for row in rows}

    def _swap(self, statement: Any, chosen: list[dict[str, Any]]) -> None:
        for version in {one["version"] for one in chosen}:
            self._work.keys.hold_version(version)
        if chosen:
            self._work.connection.execute(statement, chosen)

    def _counts(self) -> dict[str, int]:
        people = select(_PEOPLE.c.wrapping_key, func.count()).where(_WRAPPED).group_by(_PEOPLE.c.wrapping_key)
        service = select(_SERVICE.c.wrapping_key, func.count()).group_by(_SERVICE.c.wrapping_key)
        counted: dict[str, int] = {}
        for statement in (people, service):
            for version, count in self._work.connection.execute(statement):
                counted[version] = counted.get(version, 0) + count
        return counted


def _owned(owner: str, version: str, wrapped: bytes) -> OwnedKey:
    return OwnedKey(owner, WrappedKey(version, wrapped))


def _swap(old: OwnedKey, new: WrappedKey) -> dict[str, Any]:
    return {
        "of_owner": old.owner, "was": old.wrapped.ciphertext, "version": new.key_id, "becomes": new.ciphertext,
    }  # fmt: skip
