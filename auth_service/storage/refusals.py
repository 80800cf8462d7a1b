"""Whoever meets an account or a calibration that was tampered with, or a key that sends what it may not, refuses it;
here it is written down, whichever flow it was."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from auth_service.core.audit import AuditEvent
from auth_service.core.errors import (
    AccountTampered,
    CalibrationTampered,
    FlashTampered,
    PolicyTampered,
    PushRefused,
    RuleTampered,
    ServiceError,
)

_AGAIN_SECONDS = 60.0
"""The same is written down once in so long, so that whoever slipped a row in, or stole a key, cannot fill the trail."""
_REMEMBERED = 1000
_ACTIONS: dict[type[ServiceError], str] = {
    AccountTampered: "account.refused",
    CalibrationTampered: "calibration.refused",
    FlashTampered: "flash.refused",
    PolicyTampered: "policy.refused",
    RuleTampered: "rule.refused",
}


class Refusals:
    """write: puts one event into the audit trail, in a transaction of its own"""

    def __init__(self, write: Callable[[AuditEvent], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._noted: OrderedDict[str, float] = OrderedDict()

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Around a transaction: what ends it by one of _ACTIONS, or by PushRefused, gets its audit row after it. raises
        as the block does, and Unavailable, StorageFault where the row cannot be written"""
        try:
            yield
        except PushRefused as error:
            key = f"api_key:{error.key_id}"
            # what the sender called kind and source stays out: whoever holds a key would write into the trail
            self._note(f"{key} {error.code}", AuditEvent(key, "registry.refused", key, {"code": error.code}))
            raise
        except tuple(_ACTIONS) as error:
            self._note(error.detail, AuditEvent("system", _ACTIONS[type(error)], error.detail))
            raise

    def _note(self, subject: str, event: AuditEvent) -> None:
        if self._is_new(subject):
            self._write(event)

    def _is_new(self, subject: str) -> bool:
        now = time.monotonic()
        with self._lock:
            if now - self._noted.get(subject, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
                return False
            self._noted[subject] = now
            self._noted.move_to_end(subject)
            while len(self._noted) > _REMEMBERED:
                self._noted.popitem(last=False)
            return True
