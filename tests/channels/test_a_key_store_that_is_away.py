"""F40 over HTTP: nothing is decided and nothing kept in clear while the keys are away; keys in memory end by time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from auth_service.connectors.deadline import Deadline
from auth_service.core.keys import KeyStore, WrappedKey
from auth_service.storage.sealing import CACHE_SECONDS, BlindIndexes, KeyCache
from tests.channels.service import EILEEN, Deployment


def let_time_pass(service: Deployment) -> None:
    """As if the time for which unwrapped keys are kept were over."""
    for store in {service.wiring.store, service.wiring.ledger_store}:
        store._cache = KeyCache(seconds=-1.0)
        store._indexes = BlindIndexes(store._ring, seconds=-1.0)


class Hanging:
    """The real keys behind a wire that has gone silent, under the deadline of the token adapter."""

    def __init__(self, real: KeyStore, seconds: float) -> None:
        self._real = real
        self._deadline = Deadline(seconds, threads=2)
        self.silent = threading.Event()
        self.back = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        return self._deadline.call(lambda: self._wait() or self._real.wrap(data_key, context))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        return self._deadline.call(lambda: self._wait() or self._real.unwrap(wrapped, context))

    def index_key(self, purpose: str) -> bytes:
        return self._deadline.call(lambda: self._wait() or self._real.index_key(purpose))

    def _wait(self) -> None:
        if self.silent.is_set():
            self.back.wait(30)


def attempt(service: Deployment) -> Any:
    return service.verify(EILEEN, service.portraits.eileen_later, attested_by="counter-7")


def test_keys_in_memory_are_kept_for_five_minutes_at_most() -> None:
    assert CACHE_SECONDS <= 300


@pytest.mark.asvs("16.5.2", "16.5.3")
def test_without_its_keys_the_service_decides_nothing_and_says_so(service: Deployment) -> None:
    path = service.wiring.settings.home / "keys" / "keys.json"
    certificates = service.wiring.store.queries.totals()["certificates"]
    path.rename(path.with_suffix(".away"))
    ready = service.client().get("/readyz")
    assert ready.status_code == 503
    assert "keys" in ready.text
    let_time_pass(service)
    answer = attempt(service)
    assert (answer.status_code, answer.json()["code"]) == (503, "key_store_unavailable")
    assert answer.json()["retryable"] is True
    assert answer.headers["Retry-After"] == "5"
    assert service.wiring.store.queries.totals()["certificates"] == certificates
    path.with_suffix(".away").rename(path)
    assert service.client().get("/readyz").status_code == 200
    assert attempt(service).json()["decision"] == "qualified"


def test_a_key_store_that_hangs_holds_nobody_up_for_long(service: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Hanging(service.wiring.keys, 0.3)
    for store in {service.wiring.store, service.wiring.ledger_store}:
        monkeypatch.setattr(store, "_ring", hanging)
    monkeypatch.setitem(service.wiring.__dict__, "keys", hanging)
    let_time_pass(service)
    hanging.silent.set()
    for _ in range(3):
        answer = attempt(service)
        assert (answer.status_code, answer.json()["code"]) == (503, "key_store_unavailable")
    assert service.client().get("/readyz").status_code == 503
    hanging.silent.clear()
    hanging.back.set()
    assert attempt(service).json()["decision"] == "qualified"


def test_a_database_whose_wrapping_key_is_gone_is_not_served(service: Deployment) -> None:
    """Key destroyed: a person has to act, trying again does not help."""
    keys = service.wiring.keys
    wrapped_by = keys.active
    keys.add_version()
    keys.retire(wrapped_by)  # behind the back of `keys retire`, which would refuse
    let_time_pass(service)
    answer = attempt(service)
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (503, "key_missing", False)
    assert service.client().get("/readyz").status_code == 503
