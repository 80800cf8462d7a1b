"""One PKCS#11 token, opened when first used and again after it was away.

Every call runs under a deadline (connectors/deadline.py) and in its turn (connectors/pkcs11_library.py). What the
library raises becomes one of ours: `KeyStoreUnavailable` for anything that may pass, `KeyMissing` where a person has to
act. A PIN that the token has refused is not tried again until its file changes, since a few wrong tries lock a token
for good.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from auth_service.connectors.deadline import SECONDS, Deadline
from auth_service.connectors.pkcs11_library import library_at
from auth_service.connectors.secret_files import Stamp, read_private, stamp_of
from auth_service.core.errors import KeyMissing, KeyStoreUnavailable, SettingInvalid

T = TypeVar("T")

_PIN_REFUSED = frozenset({"PinIncorrect", "PinLocked", "PinExpired", "PinInvalid", "PinLenRange",
                          "UserPinNotInitialized"})  # fmt: skip
_RETRY_SECONDS = 1.0
"""Between two tries to reach a token that is away."""


class _CallFailed(Exception):
    """A call failed on a token that was open."""


@dataclass(slots=True)
class Seat:
    """A session at the token, and the keys found in it (a search costs many times a use). start: of the library"""

    start: int
    session: Any
    keys: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Which token. module: path of the vendor's PKCS#11 library; label: the token's; pin_file: holds the user PIN"""

    module: Path
    label: str
    pin_file: Path


class Token:
    """A token that comes back by itself after an outage. Threads may share it; a forked child makes its own."""

    def __init__(self, place: TokenPlace, seconds: float = SECONDS) -> None:
        """Reaches for nothing yet. raises SettingInvalid: python-pkcs11 is not installed, or a setting is empty"""
        if not place.label or not place.pin_file.name or not place.module.name:
            raise SettingInvalid("key_store=pkcs11 needs pkcs11_module, pkcs11_token and pkcs11_pin_file")
        self._library = library_at(place.module)
        self.p11 = self._library.p11
        self._place = place
        self._seconds = seconds
        self._deadline = Deadline(seconds, threads=1)  # more would only wait for their turn at the library
        self._seat: Seat | None = None
        self._broken = True
        self._next_try = 0.0
        self._refused_pin: Stamp | None = None
        self._token: Any = None

    def call(self, work: Callable[[Seat], T], seconds: float | None = None) -> T:
        """What `work` makes of a session of this token. raises KeyStoreUnavailable, KeyMissing, SettingInvalid"""
        return self._deadline.call(lambda: self._in_session(work), seconds)

    def writing(self, work: Callable[[Any], T], seconds: float = 60.0) -> T:
        """As `call`, in a session that may make and destroy keys, one process of this machine at a time."""

        def alone(_seat: Seat) -> T:
            session = self._token.open(rw=True)
            try:
                with _held(self._place.pin_file):
                    return work(session)
            finally:
                session.close()

        return self._deadline.call(lambda: self._in_session(alone, again=False), seconds)

    def _in_session(self, work: Callable[[Seat], T], *, again: bool = True) -> T:
        """again: a token ends idle sessions, and the first call after that must not fail"""
        with self._library.turn(self._seconds):
            try:
                return self._attempt(work)
            except _CallFailed as error:
                if not again:
                    raise KeyStoreUnavailable(str(error)) from error
            return self._in_session(work, again=False)

    def _attempt(self, work: Callable[[Seat], T]) -> T:
        if self._seat is not None and self._seat.start != self._library.starts:
            self._broken = True  # another Token of this process started the library anew
        if self._broken or self._seat is None:
            self._seat = self._open()
        try:
            return work(self._seat)
        except self.p11.PKCS11Error as error:
            self._broken = True
            raise _CallFailed(type(error).__name__) from error

    def _open(self) -> Seat:
        """Starts the library, finds the token and logs in. raises KeyStoreUnavailable, KeyMissing, SettingInvalid"""
        if time.monotonic() < self._next_try:
            raise KeyStoreUnavailable("the token is away")
        self._next_try = time.monotonic() + _RETRY_SECONDS
        fresh = self._seat is None or self._seat.start != self._library.starts
        library = self._library.started() if fresh else self._library.restarted()
        try:
            self._token = library.get_token(token_label=self._place.label)
        except self.p11.PKCS11Error as error:
            self._seat = Seat(self._library.starts, None)  # so that the next try starts the library anew
            raise KeyStoreUnavailable(f"no token labelled {self._place.label}") from error
        seat = Seat(self._library.starts, self._logged_in())
        self._broken, self._next_try = False, 0.0
        return seat

    def _logged_in(self) -> Any:
        """A session; all of this process are logged in with the first. raises KeyMissing: the PIN was refused"""
        stamp = stamp_of(self._place.pin_file)
        if stamp is not None and stamp == self._refused_pin:
            raise KeyMissing("the token has refused the PIN; it is tried again when the PIN file changes")
        pin = read_private(self._place.pin_file).decode().strip()
        try:
            return self._token.open(user_pin=pin)
        except self.p11.UserAlreadyLoggedIn:
            return self._token.open()
        except self.p11.PKCS11Error as error:
            if type(error).__name__ in _PIN_REFUSED:
                self._refused_pin = stamp
                raise KeyMissing(f"the token refused the PIN ({type(error).__name__})") from error
            raise KeyStoreUnavailable(f"the token cannot be opened ({type(error).__name__})") from error


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """One process at a time, for as long as the block takes."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
