"""An agency system shows its key; a staff member vouches by name."""

from __future__ import annotations

from auth_service.accounts.credentials import ApiKey, StaffMember, same_token, token_hash
from auth_service.accounts.roles import Permission, Scope, may
from auth_service.core.clock import Clock
from auth_service.core.errors import AccessRefused, CredentialsInvalid, NotFound, ScopeMissing
from auth_service.storage.unit import Store

_PARTS = 3


class AuthoriseKey:
    """Checks `Bearer ak_<id>_<secret>`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, header_value: str, scope: Scope) -> ApiKey:
        """The key behind an Authorization header. raises CredentialsInvalid, ScopeMissing"""
        scheme, _, token = header_value.partition(" ")
        parts = token.strip().split("_", _PARTS - 1)
        if scheme.lower() != "bearer" or len(parts) != _PARTS or parts[0] != "ak":
            raise CredentialsInvalid
        with self._store.reading() as unit:
            key = unit.api_keys.get(parts[1])
        # the comparison runs for an unknown id too, so that ids cannot be tried out by time
        right = same_token(token_hash(parts[2]), key.secret_hash if key else token_hash(""))
        if key is None or not right or not key.alive(self._clock.now()):
            raise CredentialsInvalid
        if scope not in key.scopes:
            raise ScopeMissing
        return key


class Attester:
    """Finds the member of staff who says that the person was present."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def run(self, username: str) -> StaffMember:
        """raises NotFound (no such account), AccessRefused (disabled, or the role may not attest)"""
        with self._store.reading() as unit:
            member = unit.staff.by_username(username.strip().lower())
        if member is None:
            raise NotFound(f"no staff account {username!r}", field="attested_by")
        if member.disabled or not may(member.role, Permission.ATTEST_PRESENCE):
            raise AccessRefused(f"{member.role.value} may not attest presence", field="attested_by")
        return member
