"""Which threshold record decides at this moment: the operator's own that is in force, else the shipped one.

A running server asks the database again after RENEW_SECONDS, so that an activation is noticed without a restart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from auth_service.faces.template import EngineIdentity
from auth_service.matching.calibration import Calibration
from auth_service.storage.unit import Store

RENEW_SECONDS = 30.0
"""How old an answer may be. An activation decides everywhere within a minute, and one that was slipped in stops every
decision as soon; asking costs a few milliseconds."""


class CurrentCalibration:
    """A CalibrationSource. One per process; threads share it."""

    def __init__(
        self,
        store: Callable[[], Store],
        identity: EngineIdentity,
        shipped: Calibration | None,
        *,
        mirrored: bool,
        own_only: bool,
    ) -> None:
        """store     asked for late, so that building this opens no database
        own_only  the shipped record never decides, nor does an own one that too few people stand behind (production)
        """
        self._store = store
        self._identity = identity
        self._shipped = shipped
        self._mirrored = mirrored
        self._own_only = own_only
        self._lock = threading.Lock()
        self._own: Calibration | None = None
        self._until = float("-inf")

    def __call__(self) -> Calibration | None:
        """The record in force, None: nothing may be decided.

        raises   CalibrationTampered (changed or slipped in behind the service: nothing decides until two people put one
                 in force anew), CalibrationMissing (other weights), DatabaseUnavailable, SchemaOutdated, StorageFault
        """
        with self._lock:
            if time.monotonic() >= self._until:
                self._renew()
                self._until = time.monotonic() + RENEW_SECONDS
            if self._own is not None and (self._own.is_measured or not self._own_only):
                return self._own
            return None if self._own_only else self._shipped

    def starting(self) -> Calibration | None:
        """For what decides about nobody: whether the first photos of a person differ from one another."""
        return self() or self._own or self._shipped

    def _renew(self) -> None:
        with self._store().reading() as unit:
            own = unit.calibrations.active(self._identity)
        if own is not None:
            own.require(self._identity, mirrored=self._mirrored)
        self._own = own
