"""One answer per Idempotency-Key, whatever the network does. source: IETF draft-ietf-httpapi-idempotency-key-header"""

from __future__ import annotations

from collections.abc import Callable

from auth_service.core.clock import Clock
from auth_service.storage.unit import SavedAnswer, Store, Unit

_LEASE_SECONDS = 60
"""Longer than any request takes (readers answer or refuse in seconds): after it, a crashed worker's claim is free."""

Save = Callable[[Unit, SavedAnswer], None]
"""Keeps the answer under the key; called inside the transaction that records the work's result, so that a crash
leaves both or neither."""


class Idempotent:
    """Runs work once per (caller, key) and gives the first answer again afterwards."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(
        self, caller: str, key: str, fingerprint: str, work: Callable[[Save], SavedAnswer]
    ) -> tuple[SavedAnswer, bool]:
        """The answer, and whether it is a repetition. `work` must call the `Save` it is given, once.

        raises IdempotencyKeyReused (other content), IdempotencyInFlight, and whatever `work` raises
        """
        with self._store.unit(durable=False) as unit:  # with the claim, a power cut takes the work that it was for
            saved = unit.idempotency.begin(caller, key, fingerprint, self._clock.now(), _LEASE_SECONDS)
        if saved is not None:
            return saved, True

        def save(unit: Unit, answer: SavedAnswer) -> None:
            unit.idempotency.finish(caller, key, answer, self._clock.now())

        try:
            return work(save), False
        except BaseException:
            # an error is not remembered: whoever asks again with the same key gets a real try
            with self._store.unit() as unit:
                unit.idempotency.release(caller, key)
            raise
