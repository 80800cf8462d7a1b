"""Sealed values: AES-256-GCM under one data key per person, each key wrapped by the key ring.

Destroying a person's wrapped key makes everything sealed with it unreadable, in every table, photo file and backup
(docs/decisions/0003-encryption.md). A sealed value opens only in the table, row and field that it was made for.
"""

from __future__ import annotations

import hmac
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, insert, select, update

from auth_service.core.errors import KeyDestroyed, KeyMissing, KeyStoreUnavailable, SealBroken
from auth_service.core.keys import KeyRing, WrappedKey, data_key_context
from auth_service.storage.tables.keys import WrappingKeyRow
from auth_service.storage.tables.people import PersonKeyRow, ServiceKeyRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of

_FORMAT = b"\x01"
"""First byte of every sealed value: format 1, then the nonce, then ciphertext and tag."""
_NONCE_BYTES = 12
"""source: NIST SP 800-38D, 96-bit random nonces; at most 2^32 values under one key"""
SERVICE = "service.1"
"""Id of the data key for values that belong to no person."""
CACHE_SECONDS = 300.0
"""An unwrapped key is forgotten after this long. source: trust.md F40, cached keys <= 5 min"""
CACHED_KEYS = 4096
_STORED_SERVICE = select(ServiceKeyRow.wrapping_key, ServiceKeyRow.wrapped, ServiceKeyRow.index_check).where(
    ServiceKeyRow.id == SERVICE
)
_STORED_PERSON = select(PersonKeyRow.wrapping_key, PersonKeyRow.wrapped).where(
    PersonKeyRow.person_id == bindparam("person")
)
_HELD_PERSON = _STORED_PERSON.with_for_update(read=True)
"""Nobody can erase this person before the transaction that reads their key for writing has ended."""
_HELD_VERSION = (
    select(WrappingKeyRow.retired_at).where(WrappingKeyRow.id == bindparam("version")).with_for_update(read=True)
)
"""Nobody can retire this wrapping key before the transaction that wraps with it has ended."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lies; it opens nowhere else."""

    table: str
    row: str
    field: str


class DataKey:
    """One data key, able to seal and open. `id` is bound into every value that it seals."""

    __slots__ = ("_cipher", "_id")

    def __init__(self, key_id: str, key: bytes) -> None:
        self._id = key_id
        self._cipher = AESGCM(key)

    def seal(self, place: Place, data: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, data, self._bound_to(place))

    def open(self, place: Place, sealed: bytes) -> bytes:
        """raises SealBroken: changed, moved from another place, or sealed with another key"""
        if sealed[:1] != _FORMAT or len(sealed) < 1 + _NONCE_BYTES + 16:
            raise SealBroken(f"{place.table}.{place.field}")
        try:
            return self._cipher.decrypt(sealed[1:13], sealed[13:], self._bound_to(place))
        except InvalidTag as error:
            raise SealBroken(f"{place.table}.{place.field}") from error

    def _bound_to(self, place: Place) -> bytes:
        return f"{place.table}\0{place.row}\0{place.field}\0{self._id}".encode()


class KeyCache:
    """Unwrapped data keys of a process: bounded in number and in time, shared by all threads."""

    def __init__(self, most: int = CACHED_KEYS, seconds: float = CACHE_SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._lock = threading.Lock()
        self._keys: OrderedDict[str, tuple[float, DataKey]] = OrderedDict()

    def get(self, owner: str) -> DataKey | None:
        with self._lock:
            found = self._keys.get(owner)
            if found is None:
                return None
            if found[0] < time.monotonic():
                del self._keys[owner]
                return None
            self._keys.move_to_end(owner)
            return found[1]

    def put(self, owner: str, key: DataKey) -> None:
        with self._lock:
            self._keys[owner] = (time.monotonic() + self._seconds, key)
            self._keys.move_to_end(owner)
            while len(self._keys) > self._most:
                self._keys.popitem(last=False)

    def __len__(self) -> int:
        return len(self._keys)

    def drop(self, owner: str) -> None:
        with self._lock:
            self._keys.pop(owner, None)


@dataclass(slots=True)
class Keys:
    """The data keys as one unit sees them. Keys made here reach the shared cache only after the commit.

    A writing unit takes no person's key from the cache before it has seen that the key was not destroyed meanwhile,
    and holds the person until it ends: what it writes is erased with the rest, or it writes nothing.
    """

    connection: Connection
    ring: KeyRing
    cache: KeyCache
    writes: bool
    _fresh: dict[str, DataKey] = field(default_factory=dict)
    _destroyed: set[str] = field(default_factory=set)
    _held: dict[str, DataKey] = field(default_factory=dict)
    _usable_versions: set[str] = field(default_factory=set)

    def of(self, person_id: str | None) -> DataKey:
        """The key of a person, or the service's own. raises KeyMissing (never made), KeyDestroyed, SealBroken"""
        if person_id is None:
            return self._fresh.get(SERVICE) or self.cache.get(SERVICE) or self._service()
        key = self._fresh.get(person_id) or self._held.get(person_id)
        if key is None and not self.writes:
            key = self.cache.get(person_id)
        return key or self._stored_person(person_id)

    def unwrapped(self, owner: str, wrapping_key: str, wrapped: bytes) -> DataKey:
        """The key of a row that a query has joined, from the cache or the key ring."""
        key = self._fresh.get(owner) or self.cache.get(owner)
        if key is None:
            key = DataKey(owner, self.ring.unwrap(WrappedKey(wrapping_key, wrapped), data_key_context(owner)))
            self.cache.put(owner, key)
        return key

    def make_for(self, person_id: str, now: datetime) -> DataKey:
        """A new person's key, before anything is sealed for them."""
        key, wrapped = self._new(person_id)
        values = {"person_id": person_id, "wrapping_key": wrapped.key_id, "wrapped": wrapped.ciphertext}
        self.connection.execute(insert(table_of(PersonKeyRow)), {**values, "created_at": now})
        return key

    def destroy(self, person_id: str, now: datetime) -> bool:
        """Erases a person's key for good; False when there was none. Other processes forget it within five minutes."""
        keys = table_of(PersonKeyRow)
        statement = (
            update(keys)
            .where(keys.c.person_id == person_id, keys.c.wrapped.is_not(None))
            .values(wrapped=None, destroyed_at=now)
        )
        self._fresh.pop(person_id, None)
        self._held.pop(person_id, None)
        self._destroyed.add(person_id)
        return self.connection.execute(statement).rowcount == 1

    def settle(self) -> None:
        """After the commit: new keys may be shared, destroyed ones are forgotten."""
        for owner, key in self._fresh.items():
            self.cache.put(owner, key)
        for owner in self._destroyed:
            self.cache.drop(owner)

    def check(self) -> None:
        """Whether this key ring is the database's. raises KeyMissing, SealBroken: a lost or exchanged key file"""
        self._service()

    def _stored_person(self, person_id: str) -> DataKey:
        statement = _HELD_PERSON if self.writes else _STORED_PERSON
        found = self.connection.execute(statement, {"person": person_id}).one_or_none()
        if found is None:
            raise KeyMissing("the person's key was never made")
        if found.wrapped is None:
            self.cache.drop(person_id)
            raise KeyDestroyed
        key = self.unwrapped(person_id, found.wrapping_key, found.wrapped)
        if self.writes:
            self._held[person_id] = key
        return key

    def _service(self) -> DataKey:
        found = self.connection.execute(_STORED_SERVICE).one_or_none()
        if found is None:
            if not self.writes:
                raise KeyMissing("the service's data key was never made")
            key, wrapped = self._new(SERVICE)
            values: dict[str, Any] = {"id": SERVICE, "wrapping_key": wrapped.key_id, "wrapped": wrapped.ciphertext}
            values |= {"index_check": _index_check(self.ring), "created_at": datetime.now(UTC)}
            if self.connection.execute(insert_or_ignore(self.connection, ServiceKeyRow), values).rowcount == 1:
                return key
            del self._fresh[SERVICE]  # another process was first
            found = self.connection.execute(_STORED_SERVICE).one()
        require_index_key(self.ring, found.index_check)
        return self.unwrapped(SERVICE, found.wrapping_key, found.wrapped)

    def _new(self, owner: str) -> tuple[DataKey, WrappedKey]:
        secret = os.urandom(32)
        wrapped = self.ring.wrap(secret, data_key_context(owner))
        self.hold_version(wrapped.key_id)
        self._fresh[owner] = DataKey(owner, secret)
        return self._fresh[owner], wrapped

    def hold_version(self, version: str) -> None:
        """Before anything is kept that this wrapping key has wrapped.

        raises   KeyStoreUnavailable: it was retired, and this process has not noticed yet
        """
        if version in self._usable_versions:
            return
        found = self.connection.execute(_HELD_VERSION, {"version": version}).one_or_none()
        if found is None:
            values = {"id": version, "first_used_at": datetime.now(UTC)}
            self.connection.execute(insert_or_ignore(self.connection, WrappingKeyRow), values)
            found = self.connection.execute(_HELD_VERSION, {"version": version}).one()
        if found.retired_at is not None:
            raise KeyStoreUnavailable("a retired wrapping key cannot wrap")
        self._usable_versions.add(version)


def require_index_key(ring: KeyRing, check: bytes) -> None:
    """Whether a key ring makes the indexes of the database that this mark comes from. raises KeyMissing"""
    if not hmac.compare_digest(check, _index_check(ring)):
        raise KeyMissing("the key ring has other index keys than this database was filled with")


def require_service_key(ring: KeyRing, wrapping_key: str, wrapped: bytes, check: bytes) -> None:
    """The same of a row of `service_keys` outside a database, and that its key opens. raises KeyMissing, SealBroken"""
    require_index_key(ring, check)
    ring.unwrap(WrappedKey(wrapping_key, wrapped), data_key_context(SERVICE))


def _index_check(ring: KeyRing) -> bytes:
    return hmac.digest(ring.index_key("check"), SERVICE.encode(), "sha256")


class BlindIndexes:
    """Keyed HMAC-SHA-256 of values that must be found without being readable. One key per purpose.

    seconds  how long a key is kept before the ring is asked again
    """

    def __init__(self, ring: KeyRing, seconds: float = CACHE_SECONDS) -> None:
        self._ring = ring
        self._seconds = seconds
        self._keys: dict[str, tuple[float, bytes]] = {}

    def of(self, purpose: str, value: str | bytes) -> bytes:
        """raises KeyStoreUnavailable, KeyMissing"""
        held = self._keys.get(purpose)
        if held is None or held[0] < time.monotonic():
            held = self._keys[purpose] = (time.monotonic() + self._seconds, self._ring.index_key(purpose))
        return hmac.digest(held[1], value.encode() if isinstance(value, str) else value, "sha256")
