"""Staff sign-in: a password for a session, without telling a stranger which names exist."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from auth_service.accounts.credentials import (
    LONGEST_PASSWORD,
    AccountPolicy,
    PasswordHasher,
    StaffMember,
    StaffSession,
    new_token,
    token_hash,
)
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import CapacityExceeded, CredentialsInvalid, SignInRequired, SignInThrottled
from auth_service.storage.unit import Store

_LONGEST = 200
_HASHED_AT_ONCE = 2
"""Argon2 runs at a time, 64 MiB each (connectors/passwords.py)."""
_WAIT_SECONDS = 5.0


class SignIn:
    """Sessions live in the database, so a sign-out or a disabled account takes effect at once, on every worker."""

    def __init__(self, store: Store, hasher: PasswordHasher, policy: AccountPolicy, clock: Clock) -> None:
        self._store = store
        self._hasher = hasher
        self._policy = policy
        self._clock = clock
        self._nobody = hasher.hash(new_token())
        self._slots = threading.BoundedSemaphore(_HASHED_AT_ONCE)

    def begin(self, username: str, password: str) -> tuple[str, StaffSession]:
        """A new session and its token, which is never stored. raises CredentialsInvalid, SignInThrottled"""
        now = self._clock.now()
        name = username.strip().lower()[:_LONGEST]
        with self._slot():
            member = self._counted(name, now)
            # an unknown name costs the same hashing time as a wrong password
            right = self._hasher.verify(
                member.password_hash if member else self._nobody, password[: LONGEST_PASSWORD + 1]
            )
        if member is None or member.disabled or not right:
            self._note_failure(member, now)
            raise CredentialsInvalid
        token = new_token()
        session = StaffSession(token_hash(token), member.id, new_token(), now, now)
        with self._store.unit() as unit:
            unit.sign_in_failures.clear(name)
            unit.staff_sessions.add(session)
            unit.audit.append(AuditEvent(f"staff:{member.id}", "staff.signed_in"), now)
        return token, session

    def session(self, token: str) -> tuple[StaffMember, StaffSession]:
        """The living session of a token. raises SignInRequired"""
        now = self._clock.now()
        with self._store.unit(durable=False) as unit:
            session = unit.staff_sessions.by_hash(token_hash(token))
            member = unit.staff.get(session.staff_id) if session else None
            if session is None or member is None or member.disabled or not session.alive(now, self._policy):
                raise SignInRequired
            unit.staff_sessions.touch(session.token_hash, now)
        return member, session

    def end(self, token: str) -> None:
        """Signs out; an unknown token is signed out already."""
        now = self._clock.now()
        with self._store.unit() as unit:
            session = unit.staff_sessions.by_hash(token_hash(token))
            if session is not None:
                unit.staff_sessions.end(session.token_hash)
                unit.audit.append(AuditEvent(f"staff:{session.staff_id}", "staff.signed_out"), now)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """raises CapacityExceeded: each hashing takes 64 MiB, and strangers may ask for as many as they like"""
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise CapacityExceeded
        try:
            yield
        finally:
            self._slots.release()

    def _counted(self, name: str, now: datetime) -> StaffMember | None:
        """Counts the try before the password is looked at, so that parallel tries are counted too; a right password
        forgets it again. raises SignInThrottled"""
        with self._store.unit() as unit:
            unit.alone(f"sign in {name}")
            failures, last = unit.sign_in_failures.count_since_success(name)
            if last is not None and now < last + self._policy.retry_after(failures):
                raise SignInThrottled
            unit.sign_in_failures.add(name, now)
            return unit.staff.by_username(name)

    def _note_failure(self, member: StaffMember | None, now: datetime) -> None:
        if member is None:
            return
        with self._store.unit() as unit:
            unit.audit.append(AuditEvent("system", "staff.sign_in_failed", f"staff:{member.id}"), now)
