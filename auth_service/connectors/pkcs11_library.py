"""The PKCS#11 library of a vendor as this process has it: loaded once, called by one thread at a time.

python-pkcs11 starts a library without arguments, which tells it that no two threads will be in it at once, so that it
need not lock anything (source: PKCS #11 v2.40, 5.4, C_Initialize). SoftHSM then corrupts its memory under two threads.
So every call takes its turn here, whichever `Token` of this process makes it.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from auth_service.core.errors import KeyStoreUnavailable, SettingInvalid


class Library:
    """One loaded library. starts: how often it was started; what was opened before the last start is dead."""

    def __init__(self, module: Path) -> None:
        self.module = module
        self.p11 = library_package()
        self.starts = 0
        self._turn = threading.RLock()
        self._since: float | None = None
        self._loaded: Any = None

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """The library for oneself. raises KeyStoreUnavailable: a call of somebody else still hangs in it"""
        if not self._turn.acquire(timeout=seconds):
            raise KeyStoreUnavailable("another call to the token hangs")
        before = self._since
        self._since = time.monotonic() if before is None else before
        try:
            yield
        finally:
            self._since = before
            self._turn.release()

    def hanging(self) -> float:
        """For how many seconds the present call has been in the library; 0: there is none."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def started(self) -> Any:
        """The library, started where it is not. For one's turn only. raises SettingInvalid, KeyStoreUnavailable"""
        if self._loaded is None:
            self._begin(lambda: self.p11.lib(str(self.module)))
        return self._loaded

    def restarted(self) -> Any:
        """The library started anew, to see a token that came back. For one's turn only; raises as that."""
        if self._loaded is None:
            return self.started()
        loaded = self._loaded
        self._begin(lambda: (loaded.reinitialize(), loaded)[1])
        return self._loaded

    def _begin(self, start: Any) -> None:
        try:
            self._loaded = start()
        except self.p11.PKCS11Error as error:
            if not self.module.is_file():
                raise SettingInvalid(f"no such library: {self.module.name}", field="pkcs11_module") from error
            raise KeyStoreUnavailable("the PKCS#11 library does not start") from error
        self.starts += 1


_libraries: dict[Path, Library] = {}
_opening = threading.Lock()


def library_at(module: Path) -> Library:
    """This process's one `Library` for that file. raises SettingInvalid: python-pkcs11 is not installed"""
    with _opening:
        if module not in _libraries:
            _libraries[module] = Library(module)
        return _libraries[module]


def longest_call() -> float:
    """For how many seconds a call has been in a library of this process; 0: there is none."""
    return max((library.hanging() for library in tuple(_libraries.values())), default=0.0)


def library_package() -> Any:
    """The package `pkcs11`. raises SettingInvalid: it is not installed"""
    try:
        return importlib.import_module("pkcs11")
    except ImportError as error:
        raise SettingInvalid("python-pkcs11 is not installed: it is in requirements.lock",
                             field="key_store") from error  # fmt: skip
