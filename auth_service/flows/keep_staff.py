"""Staff accounts and API keys: made, disabled, given a new secret. Each act is in the audit trail."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from auth_service.accounts.credentials import (
    LONGEST_PASSWORD,
    AccountPolicy,
    ApiKey,
    PasswordHasher,
    StaffMember,
    new_token,
    token_hash,
)
from auth_service.accounts.roles import APART, Role, Scope
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import AlreadyExists, FieldInvalid, FieldTooLong, NotFound, ScopesConflict
from auth_service.core.ids import new_id
from auth_service.crosscheck.bindings import binding_for
from auth_service.storage.unit import Store

_USERNAME = re.compile(r"[a-z][a-z0-9_.-]{1,39}")
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No characters that are taken for one another when read from paper."""


def make_password() -> str:
    """Five groups of four: 98 random bits, readable aloud."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(5))


class KeepStaff:
    """Accounts of the people who work at the console."""

    def __init__(self, store: Store, hasher: PasswordHasher, policy: AccountPolicy, clock: Clock) -> None:
        self._store = store
        self._hasher = hasher
        self._policy = policy
        self._clock = clock

    def create(self, username: str, role: Role, password: str | None, actor: str) -> tuple[StaffMember, str]:
        """A new account with its password, shown once. raises FieldInvalid, AlreadyExists"""
        now = self._clock.now()
        name = username.strip().lower()
        if not _USERNAME.fullmatch(name):
            raise FieldInvalid("2 to 40 letters a-z, digits, dot, dash or underscore", field="username")
        chosen = self._checked(password) if password is not None else make_password()
        member = StaffMember(new_id(), name, role, self._hasher.hash(chosen), disabled=False, created_at=now)
        with self._store.unit() as unit:
            if unit.staff.id_of(name) is not None:
                raise AlreadyExists(field="username")
            unit.staff.add(member)
            unit.audit.append(AuditEvent(actor, "staff.created", f"staff:{member.id}", {"role": role.value}), now)
        return member, chosen

    def disable(self, username: str, actor: str) -> None:
        """Ends the account and all its sessions at once. raises NotFound"""
        now = self._clock.now()
        with self._store.unit() as unit:
            staff_id = unit.staff.id_of(username.strip().lower())
            if staff_id is None:
                raise NotFound(field="username")
            unit.staff.disable(staff_id, now)
            unit.staff_sessions.end_all(staff_id)
            unit.audit.append(AuditEvent(actor, "staff.disabled", f"staff:{staff_id}"), now)

    def reset(self, username: str, actor: str) -> str:
        """A new password, shown once; all sessions end. raises NotFound"""
        now = self._clock.now()
        chosen = make_password()
        hashed = self._hasher.hash(chosen)
        with self._store.unit() as unit:
            member = unit.staff.by_username(username.strip().lower())
            if member is None:
                raise NotFound(field="username")
            unit.staff.set_password(member.id, hashed)
            unit.staff_sessions.end_all(member.id)
            unit.sign_in_failures.clear(member.username)
            unit.audit.append(AuditEvent(actor, "staff.password_reset", f"staff:{member.id}"), now)
        return chosen

    def all(self) -> list[StaffMember]:
        """Every account, disabled ones too."""
        with self._store.reading() as unit:
            return unit.staff.all()

    def _checked(self, password: str) -> str:
        if len(password) < self._policy.min_password_length:
            raise FieldInvalid(f"at least {self._policy.min_password_length} characters", field="password")
        if len(password) > LONGEST_PASSWORD:
            raise FieldTooLong(f"at most {LONGEST_PASSWORD} characters", field="password")
        return password


class KeepApiKeys:
    """Keys of agency systems: scoped, hashed, with an end."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(
        self, name: str, scopes: tuple[Scope, ...], days: int | None, actor: str, *, kinds: str = "", source: str = ""
    ) -> tuple[ApiKey, str]:
        """A new key and the whole bearer value, shown once. kinds, source: of one that sends files of registries

        raises   FieldInvalid, ScopesConflict, and as binding_for
        """
        now = self._clock.now()
        if not name.strip() or not scopes:
            raise FieldInvalid("a name and at least one scope", field="name" if scopes else "scopes")
        if set(scopes) >= APART:
            raise ScopesConflict(field="scopes")
        binding = binding_for(scopes, kinds, source)
        secret = new_token()
        expires = None if days is None else now + timedelta(days=days)
        hashed = token_hash(secret)
        key = ApiKey(new_id(), name.strip()[:100], scopes, hashed, now, expires, disabled=False, binding=binding)
        details = {"scopes": ",".join(scopes)}
        if binding is not None:
            details |= {"kinds": ",".join(binding.kinds), "source": binding.source}
        with self._store.unit() as unit:
            unit.api_keys.add(key)
            unit.audit.append(AuditEvent(actor, "api_key.created", f"api_key:{key.id}", details), now)
        return key, f"ak_{key.id}_{secret}"

    def disable(self, key_id: str, actor: str) -> None:
        """raises NotFound"""
        now: datetime = self._clock.now()
        with self._store.unit() as unit:
            if not unit.api_keys.disable(key_id):
                raise NotFound(field="id")
            unit.audit.append(AuditEvent(actor, "api_key.disabled", f"api_key:{key_id}"), now)

    def all(self) -> list[ApiKey]:
        """Every key, disabled ones too."""
        with self._store.reading() as unit:
            return unit.api_keys.all()
