"""Whether colours count at this moment: a measurement that two people put in force, made with what is in use.

A running server asks the database again after RENEW_SECONDS, so that an activation, and a withdrawal, is noticed
without a restart. What cannot be believed, or was made with something else, makes nothing fail: colours do not count.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from auth_service.core.errors import FlashTampered
from auth_service.liveness.flash_measurement import FlashMeasurement, Terms
from auth_service.storage.unit import Store

RENEW_SECONDS = 30.0
"""How old an answer may be. source: flows/current_calibration.py, everywhere within a minute"""


class FlashState(StrEnum):
    """How it stands with the measurement of the colours."""

    IN_FORCE = "in_force"
    NONE = "none"
    """None was ever put in force, or the last was withdrawn."""
    OUTDATED = "outdated"
    """In force, and made with programs, models or limits that are not those in use."""
    TAMPERED = "tampered"
    """The newest act or its measurement was not written by this service as it stands."""


@dataclass(frozen=True, slots=True)
class FlashStanding:
    """differs: names of what is no longer what the measurement was made with"""

    state: FlashState
    measurement: FlashMeasurement | None = None
    differs: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        return self.state is FlashState.IN_FORCE


class CurrentFlash:
    """One per process; threads share it. store, in_use: asked for late, so that building this opens nothing"""

    def __init__(self, store: Callable[[], Store], in_use: Callable[[], Terms]) -> None:
        self._store = store
        self._in_use = in_use
        self._lock = threading.Lock()
        self._counts = False
        self._until = float("-inf")

    def __call__(self) -> bool:
        """Whether colours count. raises DatabaseUnavailable, SchemaOutdated, StorageFault"""
        with self._lock:
            if time.monotonic() >= self._until:
                self._counts = False  # whatever the look ends with: an earlier answer is no answer
                self._counts = self.standing().counts
                self._until = time.monotonic() + RENEW_SECONDS
            return self._counts

    def standing(self) -> FlashStanding:
        """Looked up now. raises as __call__"""
        try:
            with self._store().reading() as unit:
                found = unit.flash.active()
        except FlashTampered:  # the store has put it into the audit trail
            return FlashStanding(FlashState.TAMPERED)
        if found is None:
            return FlashStanding(FlashState.NONE)
        differs = found.terms.differing(self._in_use())
        return FlashStanding(FlashState.OUTDATED if differs else FlashState.IN_FORCE, found, differs)
