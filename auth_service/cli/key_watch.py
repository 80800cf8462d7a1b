"""A call to the token that never returns holds the token's library for as long as the process lives.

Nothing within the process can take it back: a thread inside a vendor's library cannot be ended, and no other call may
enter beside it. So a process that serves or works ends itself, as if it had been asked to, and its supervisor starts
another.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from auth_service.core.errors import KeyStoreUnavailable

LAST_SECONDS = 45
"""From SIGTERM on the process has so long before the kernel ends it: requests in flight get 30 s (cli/life.py), and the
library may hang once more when the interpreter puts it away. Below the 60 s of TimeoutStopSec in deploy/."""
_LOOKS = 4
"""Looks within the time after which a call counts as hanging."""


@contextmanager
def ended_when_keys_hang(hanging: Callable[[], float], limit: float) -> Iterator[None]:
    """Ends this process in good order once a call has hung for `limit` seconds, while the block runs.

    hanging  for how many seconds the present call has been in the token's library
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(limit / _LOOKS):
            if hanging() >= limit:
                _end(hanging())
                return

    thread = threading.Thread(target=watch, name="key watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _end(seconds: float) -> None:
    from auth_service.web.logging import log  # noqa: PLC0415 - loads the web framework

    log.error("key_store_hangs", code=KeyStoreUnavailable.code, duration_ms=round(seconds * 1000, 1))
    signal.alarm(LAST_SECONDS)  # by the kernel, whatever holds the interpreter then
    os.kill(os.getpid(), signal.SIGTERM)
