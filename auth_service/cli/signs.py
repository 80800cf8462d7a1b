"""Beside a serving process: a sign every minute while it can do its work, so that an outage is noticed at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from auth_service.core.errors import ServiceError
from auth_service.flows.notice_outage import NoticeOutage
from auth_service.wiring import Wiring

_EVERY_SECONDS = 60.0


def elapsed() -> float:
    """Seconds that go on while the machine sleeps, where the system counts them; no wall clock moves them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@contextmanager
def leaving_signs(wiring: Wiring, every_seconds: float = _EVERY_SECONDS) -> Iterator[None]:
    """While the block runs."""
    done = threading.Event()
    noticing = wiring.notice_outage(elapsed)
    thread = threading.Thread(target=_leave, args=(wiring, noticing, done, every_seconds), name="signs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _leave(wiring: Wiring, noticing: NoticeOutage, done: threading.Event, every_seconds: float) -> None:
    from auth_service.web.logging import log  # noqa: PLC0415 - loads the web framework

    while not done.is_set():
        try:
            found = noticing.sign() if wiring.readiness().ready else None
        except ServiceError as error:  # the database is away: this very gap is what the next sign ends
            log.warning("sign_not_left", code=error.code)
        else:
            if found is not None:
                log.warning("outage_noticed", counts=f"began_on={found.began_on} ended_on={found.ended_on}")
        done.wait(every_seconds)
