"""Calls that may hang, each given a time: a token, a network key store or a witness on a share must not hold up those
who wait for it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from auth_service.core.errors import KeyStoreUnavailable, Unavailable

T = TypeVar("T")

SECONDS = 3.0
"""How long one call to the key store may take. source: own decision; a verification has 8 s in all (trust.md 4, p99)"""
THREADS = 4
"""Calls at once. One that hangs keeps its thread until it returns; when all hang, the next caller is refused."""


@dataclass(slots=True)
class _Call(Generic[T]):
    """One call on its way to a thread."""

    function: Callable[[], T]
    done: threading.Event = field(default_factory=threading.Event)
    result: T | None = None
    error: BaseException | None = None


class Deadline:
    """Runs functions in a few threads of its own and waits for each no longer than `seconds`.

    The threads are started at the first call and end with the process, so that a call that never returns cannot keep
    the process alive.
    """

    def __init__(
        self,
        seconds: float = SECONDS,
        threads: int = THREADS,
        *,
        name: str = "key store",
        refusal: type[Unavailable] = KeyStoreUnavailable,
    ) -> None:
        """name: of what may hang; refusal: what its callers are told"""
        self._name = name
        self._refusal = refusal
        self._seconds = seconds
        self._threads = threads
        self._started = 0
        self._lock = threading.Lock()
        self._free = threading.Semaphore(threads)
        self._calls: queue.SimpleQueue[_Call[Any]] = queue.SimpleQueue()

    def call(self, function: Callable[[], T], seconds: float | None = None) -> T:
        """What the function returns or raises. raises `refusal`: it took too long"""
        allowed = self._seconds if seconds is None else seconds
        until = time.monotonic() + allowed
        if not self._free.acquire(timeout=allowed):
            raise self._refusal(f"all calls to the {self._name} hang")
        call: _Call[T] = _Call(function)
        self._start_thread()
        self._calls.put(call)
        if not call.done.wait(max(0.0, until - time.monotonic())):
            raise self._refusal(f"no answer within {allowed:g} seconds")
        if call.error is not None:
            raise call.error
        return call.result  # type: ignore[return-value]

    def _start_thread(self) -> None:
        with self._lock:
            if self._started < self._threads:
                self._started += 1
                threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        while True:
            call = self._calls.get()
            try:
                call.result = call.function()
            except BaseException as error:  # noqa: BLE001 - it is raised again where the call was made
                call.error = error
            call.done.set()
            self._free.release()
            del call  # a secret that nobody waits for any more is not kept until the next call
