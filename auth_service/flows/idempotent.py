"""One answer per Idempotency-Key, whatever the network does. source: IETF draft-ietf-httpapi-idempotency-key-header"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from auth_service.core.clock import Clock
from auth_service.core.errors import ServiceError, TransactionConflict
from auth_service.storage.unit import SavedAnswer, Store, Unit

_LEASE_SECONDS = 60
"""Longer than any request takes (readers answer or refuse in seconds): after it, a crashed worker's claim is free."""

_TRIES = 4
"""With conflicts in 5 % of statements (trust.md F09) one attempt in seven meets one, one request in some two thousand
four in a row. In life they are rare."""
_PAUSE_SECONDS = 0.02

T = TypeVar("T")
Save = Callable[[Unit, SavedAnswer], None]
"""Keeps the answer under the key; called inside the transaction that records the work's result, so that a crash
leaves both or neither."""


class Idempotent:
    """Runs work once per (caller, key) and gives the first answer again afterwards."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(
        self,
        caller: str,
        key: str,
        fingerprint: str,
        work: Callable[[Save], SavedAnswer],
        once: Callable[[], object] = lambda: None,
    ) -> tuple[SavedAnswer, bool]:
        """The answer, and whether it is a repetition.

        work    must call the `Save` it is given, once; it is run again after a conflict
        once    run before it and never again, such as counting the request against a limit
        raises  IdempotencyKeyReused (other content), IdempotencyInFlight, and whatever `once` and `work` raise
        """
        saved = _again_after_conflict(lambda: self._claim(caller, key, fingerprint))
        if saved is not None:
            return saved, True

        def save(unit: Unit, answer: SavedAnswer) -> None:
            unit.idempotency.finish(caller, key, answer, self._clock.now())

        try:
            once()
            return _again_after_conflict(lambda: work(save)), False
        except BaseException:
            # an error is not remembered: whoever asks again with the same key gets a real try
            with suppress(ServiceError), self._store.unit() as unit:  # without a database the lease runs out by itself
                unit.idempotency.release(caller, key)
            raise

    def _claim(self, caller: str, key: str, fingerprint: str) -> SavedAnswer | None:
        with self._store.unit(durable=False) as unit:  # with the claim, a power cut takes the work that it was for
            return unit.idempotency.begin(caller, key, fingerprint, self._clock.now(), _LEASE_SECONDS)


def _again_after_conflict(step: Callable[[], T]) -> T:
    """Runs a step again when the database gave its transaction up for another's sake.

    Deadlock and serialisation failure roll back everything, so nothing can happen twice; any other outage may have come
    after the commit and is left to the caller, who repeats by the key. raises whatever `step` raises, the last time
    """
    for attempt in range(1, _TRIES):
        try:
            return step()
        except TransactionConflict:
            time.sleep(_PAUSE_SECONDS * attempt)
    return step()
