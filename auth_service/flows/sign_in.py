"""Staff sign-in: a password for a session, without telling a stranger which names exist."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from auth_service.accounts.browsers import Browser
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
from auth_service.storage.unit import Store, Unit

_LONGEST = 200
_HASHED_AT_ONCE = 2
"""Argon2 runs at a time, 64 MiB each (connectors/passwords.py)."""
_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a try comes from: the network address as limits count it, and the browser.

    terminal  this machine's own command line, which no stranger reaches: it has a count of its own
    """

    client: str = ""
    device: Browser | None = None
    terminal: bool = False


_UNKNOWN = Caller()


class SignIn:
    """Sessions live in the database, so a sign-out or a disabled account takes effect at once, on every worker."""

    def __init__(self, store: Store, hasher: PasswordHasher, policy: AccountPolicy, clock: Clock) -> None:
        self._store = store
        self._hasher = hasher
        self._policy = policy
        self._clock = clock
        self._nobody = hasher.hash(new_token())
        self._slots = threading.BoundedSemaphore(_HASHED_AT_ONCE)

    def begin(self, username: str, password: str, caller: Caller = _UNKNOWN) -> tuple[str, StaffSession]:
        """A new session and its token, which is never stored. raises CredentialsInvalid, SignInThrottled"""
        now = self._clock.now()
        name = username.strip().lower()[:_LONGEST]
        with self._slot():
            member, counted = self._counted(name, caller, now)
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
            for key in counted:
                unit.sign_in_failures.clear(key)
            unit.staff_sessions.add(session)
            unit.audit.append(AuditEvent(f"staff:{member.id}", "staff.signed_in"), now)
        return token, session

    def remember(self, session: StaffSession, device: Browser) -> Browser:
        """The browser with the mark of the account that has just signed in from it."""
        with self._store.reading() as unit:
            member = unit.staff.get(session.staff_id)
            return device if member is None else device.with_mark(unit.sign_in_failures.mark(member, device.name))

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

    def confirm(self, token: str, password: str, caller: Caller = _UNKNOWN) -> tuple[str, StaffSession]:
        """The same person once more: a new session for the one of this token, which ends.

        source   ASVS 5.0, 7.2.4 and 7.5.3
        raises   SignInRequired, CredentialsInvalid, SignInThrottled
        """
        member, _ = self.session(token)
        made = self.begin(member.username, password, caller)
        self.end(token)
        return made

    def is_confirmed(self, session: StaffSession) -> bool:
        """Whether a decision may be made in this session without asking for the password again."""
        return session.confirmed(self._clock.now(), self._policy)

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

    def _counted(self, name: str, caller: Caller, now: datetime) -> tuple[StaffMember | None, Mapping[str, bool]]:
        """Counts the try before the password is looked at, so that parallel tries are counted too; a right password
        forgets it again. raises SignInThrottled"""
        with self._store.unit() as unit:
            unit.alone(f"sign in {name}")
            member = unit.staff.by_username(name)
            counted = _counts(unit, name, member, caller)
            for key, elsewhere in counted.items():
                failures, last = unit.sign_in_failures.count_since_success(key)
                if last is not None and now < last + self._policy.retry_after(failures, elsewhere=elsewhere):
                    raise SignInThrottled
            for key in counted:
                unit.sign_in_failures.add(key, now)
            return member, counted

    def _note_failure(self, member: StaffMember | None, now: datetime) -> None:
        if member is None:
            return
        with self._store.unit() as unit:
            unit.audit.append(AuditEvent("system", "staff.sign_in_failed", f"staff:{member.id}"), now)


def _counts(unit: Unit, name: str, member: StaffMember | None, caller: Caller) -> Mapping[str, bool]:
    """What a try is counted under, and whether that is over all addresses.

    Whoever knows a name can use up what strangers may try, and no more: a browser that the account knows has a count of
    its own, and so has the terminal, where people end what must not wait. A new password begins anew.
    """
    password = member.password_hash if member else ""
    if caller.terminal:
        return {f"{name}\0{password}\0terminal": False}
    device = caller.device
    if member is not None and device is not None and device.knows(unit.sign_in_failures.mark(member, device.name)):
        return {f"{name}\0{password}\0device {device.name}": False}
    return {f"{name}\0{password}\0at {caller.client}": False, name: True}
