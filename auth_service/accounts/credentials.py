"""Staff, their sign-in sessions, API keys, and how long each holds."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from auth_service.accounts.roles import Role, Scope


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """Sign-in rules. source of every default: trust.md 2.3 and 2.5

    idle_minutes      a session ends after this long without a request
    absolute_minutes  and in any case after this long
    confirm_minutes   a decision asks for the password again when it was given longer ago
    failures_free     failed sign-ins of one name from one address, or from one browser that the account knows, before a
        delay begins
    failures_free_elsewhere  failed sign-ins of one name from all addresses together before a delay begins for browsers
        that the account does not know
    delay_seconds     first delay, doubled by each further failure, at most 15 minutes
    min_password_length  characters of a chosen password; passwords made by the service are longer
    """

    idle_minutes: int = 15
    absolute_minutes: int = 480
    confirm_minutes: int = 5
    failures_free: int = 10
    failures_free_elsewhere: int = 100
    delay_seconds: int = 5
    min_password_length: int = 12

    def retry_after(self, recent_failures: int, *, elsewhere: bool = False) -> timedelta:
        """How long the next try has to wait after the last failure; a right password later still works.

        elsewhere: counted over all addresses
        """
        excess = recent_failures - (self.failures_free_elsewhere if elsewhere else self.failures_free)
        if excess < 0:
            return timedelta(0)
        return min(timedelta(seconds=self.delay_seconds * 2 ** min(excess, 16)), timedelta(minutes=15))


LONGEST_PASSWORD = 200
"""Characters. What is longer is wrong at once: hashing a megabyte would be work that a stranger can ask for."""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person who may sign in. `password_hash` is an Argon2id string.

    tampered  the record was changed behind the service: shown in lists, disabled, of no use
    """

    id: str
    username: str
    role: Role
    password_hash: str
    disabled: bool
    created_at: datetime
    tampered: bool = False


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One sign-in. The token itself is never stored, only its SHA-256."""

    token_hash: str
    staff_id: str
    csrf_token: str
    created_at: datetime
    last_seen_at: datetime

    def alive(self, now: datetime, policy: AccountPolicy) -> bool:
        """Neither idle nor older than allowed."""
        idle = now - self.last_seen_at < timedelta(minutes=policy.idle_minutes)
        return idle and now - self.created_at < timedelta(minutes=policy.absolute_minutes)

    def confirmed(self, now: datetime, policy: AccountPolicy) -> bool:
        """Whether the password was given so lately that a decision needs no second asking."""
        return now - self.created_at < timedelta(minutes=policy.confirm_minutes)


@dataclass(frozen=True, slots=True)
class RegistryBinding:
    """What a key of the scope `registry` may send, and in whose name. It holds for the whole life of the key.

    kinds   words of crosscheck/sources.py RegistryKind, sorted
    source  one name, as crosscheck/sources.py `source_named` gives it
    """

    kinds: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of an agency system. `secret_hash` is the SHA-256 of 256 random bits, which needs no slow hash.

    tampered  as of StaffMember
    binding   of a key that sends files of registries; None: it sends none, whatever its scopes say
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    secret_hash: str
    created_at: datetime
    expires_at: datetime | None
    disabled: bool
    tampered: bool = False
    binding: RegistryBinding | None = None

    def alive(self, now: datetime) -> bool:
        return not self.disabled and (self.expires_at is None or now < self.expires_at)


class PasswordHasher(Protocol):
    """Argon2id behind a port; `connectors/passwords.py` fulfils it."""

    def hash(self, password: str) -> str: ...

    def verify(self, password_hash: str, password: str) -> bool: ...


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 (hex) of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def same_token(a: str, b: str) -> bool:
    """Comparison in constant time."""
    return hmac.compare_digest(a.encode(), b.encode())
