"""One PKCS#11 token, opened when first used and again after it was away.

Every call runs under a deadline in a thread that has its own session (connectors/deadline.py). What the library raises
becomes one of ours: `KeyStoreUnavailable` for anything that may pass, `KeyMissing` where a person has to act. A PIN
that the token has refused is not tried again until its file changes, since a few wrong tries lock a token for good.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from auth_service.connectors.deadline import SECONDS, Deadline
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
    """One thread's place at the token: its session, and the keys that it has found (a search costs many times a use)"""

    generation: int
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
        self.p11 = _library_package()
        self._place = place
        self._deadline = Deadline(seconds)
        self._seats = threading.local()
        self._opening = threading.Lock()
        self._calls = threading.Condition()
        self._running = 0
        self._generation = 0
        self._broken = True
        self._next_try = 0.0
        self._refused_pin: Stamp | None = None
        self._library: Any = None
        self._login: Any = None
        self._token: Any = None

    def call(self, work: Callable[[Seat], T], seconds: float | None = None) -> T:
        """What `work` makes of a session of this token. raises KeyStoreUnavailable, KeyMissing, SettingInvalid"""
        return self._deadline.call(lambda: self._in_session(work), seconds)

    def writing(self, work: Callable[[Any], T], seconds: float = 60.0) -> T:
        """As `call`, in a session that may make and destroy keys, one process of this machine at a time."""

        def alone() -> T:
            with self._call_counted():
                session = self._token.open(rw=True)
                try:
                    with _held(self._place.pin_file):
                        return work(session)
                finally:
                    session.close()

        return self._deadline.call(lambda: self._translated(alone), seconds)

    def _in_session(self, work: Callable[[Seat], T]) -> T:
        def inside() -> T:
            with self._call_counted():
                return work(self._seat())

        try:
            return self._attempt(inside)
        except _CallFailed:  # a token ends idle sessions; the first call after that must not fail
            return self._translated(inside)

    def _translated(self, work: Callable[[], T]) -> T:
        try:
            return self._attempt(work)
        except _CallFailed as error:
            raise KeyStoreUnavailable(str(error)) from error

    def _attempt(self, work: Callable[[], T]) -> T:
        if self._broken:
            self._open()
        try:
            return work()
        except self.p11.PKCS11Error as error:
            self._broken = True
            raise _CallFailed(type(error).__name__) from error

    def _seat(self) -> Seat:
        """The seat of this thread; sessions of an earlier opening are dead."""
        held: Seat | None = getattr(self._seats, "held", None)
        if held is None or held.generation != self._generation:
            held = self._seats.held = Seat(self._generation, self._token.open())
        return held

    @contextmanager
    def _call_counted(self) -> Iterator[None]:
        """So that the library is not started anew under a call that is going on."""
        with self._calls:
            self._running += 1
        try:
            yield
        finally:
            with self._calls:
                self._running -= 1
                self._calls.notify_all()

    def _open(self) -> None:
        """Starts the library, finds the token and logs in. raises KeyStoreUnavailable, KeyMissing, SettingInvalid"""
        with self._opening:
            if not self._broken:  # another thread was faster
                return
            if time.monotonic() < self._next_try:
                raise KeyStoreUnavailable("the token is away")
            self._next_try = time.monotonic() + _RETRY_SECONDS
            self._start_library()
            try:
                self._token = self._library.get_token(token_label=self._place.label)
            except self.p11.PKCS11Error as error:
                raise KeyStoreUnavailable(f"no token labelled {self._place.label}") from error
            self._log_in()
            self._generation += 1
            self._broken = False
            self._next_try = 0.0

    def _start_library(self) -> None:
        """A library sees a token that came back only when it is started anew, which no call may be in."""
        try:
            if self._library is None:
                self._library = self.p11.lib(str(self._place.module))
                return
            with self._calls:
                if not self._calls.wait_for(lambda: self._running == 0, timeout=_RETRY_SECONDS):
                    raise KeyStoreUnavailable("a call to the token still hangs")
                self._login = None
                self._library.reinitialize()
        except self.p11.PKCS11Error as error:
            if not self._place.module.is_file():
                raise SettingInvalid(f"no such library: {self._place.module.name}", field="pkcs11_module") from error
            raise KeyStoreUnavailable("the PKCS#11 library does not start") from error

    def _log_in(self) -> None:
        """All sessions of this process are logged in with the first. raises KeyMissing: the PIN was refused"""
        stamp = stamp_of(self._place.pin_file)
        if stamp is not None and stamp == self._refused_pin:
            raise KeyMissing("the token has refused the PIN; it is tried again when the PIN file changes")
        pin = read_private(self._place.pin_file).decode().strip()
        try:
            self._login = self._token.open(user_pin=pin)
        except self.p11.UserAlreadyLoggedIn:
            self._login = self._token.open()
        except self.p11.PKCS11Error as error:
            if type(error).__name__ in _PIN_REFUSED:
                self._refused_pin = stamp
                raise KeyMissing(f"the token refused the PIN ({type(error).__name__})") from error
            raise KeyStoreUnavailable(f"the token cannot be opened ({type(error).__name__})") from error


def _library_package() -> Any:
    try:
        return importlib.import_module("pkcs11")
    except ImportError as error:
        raise SettingInvalid("python-pkcs11 is not installed: pip install 'auth-service[hsm]'",
                             field="key_store") from error  # fmt: skip


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """One process at a time, for as long as the block takes."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
