"""May this key send this file? Asked of the key as it stands when the file is here, before anything of it is read."""

from __future__ import annotations

from auth_service.core.clock import Clock
from auth_service.core.errors import CredentialsInvalid, KeyUnbound, KindNotOfKey, SourceNotOfKey
from auth_service.crosscheck.sources import RegistryKind, source_named
from auth_service.storage.unit import Store


class AdmitPush:
    """One instance serves all threads. What it refuses stands in the audit trail (storage/refusals.py)."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, key_id: str, kind: RegistryKind, source: str) -> str:
        """The source in whose name the file is taken: the key's own. source: as the sender says, empty for none

        raises   KeyUnbound, KindNotOfKey, SourceNotOfKey; CredentialsInvalid: the key ended while the file was on its
                 way; AccountTampered
        """
        with self._store.reading() as unit:
            key = unit.api_keys.get(key_id)
            if key is None or not key.alive(self._clock.now()):
                raise CredentialsInvalid
            bound = key.binding
            if bound is None:
                raise KeyUnbound(key_id=key_id)
            if kind not in bound.kinds:
                raise KindNotOfKey(f"this key sends: {', '.join(bound.kinds)}", field="kind", key_id=key_id)
            if source_named(source) not in {"", bound.source}:
                raise SourceNotOfKey(f"this key speaks for: {bound.source}", field="source", key_id=key_id)
            return bound.source
