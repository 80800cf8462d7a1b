"""What became of a file that a system of another office sent: told to the key that sent it, and to no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.core.errors import NotFound
from auth_service.storage.unit import Store, StoredBatch, Unit


@dataclass(frozen=True, slots=True)
class PushedBatch:
    """One batch as its sender may see it."""

    batch: StoredBatch
    refused_by_code: dict[str, int]


class SeePushes:
    """One instance serves all threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def one(self, batch_id: str, key_id: str) -> PushedBatch:
        """raises NotFound: there is none, or another key sent it"""
        with self._store.reading() as unit:
            return _pushed(unit, batch_id, key_id)

    def answer(self, batch_id: str, key_id: str, keep: Callable[[Unit, PushedBatch], None]) -> None:
        """The same, with what is answered kept in the transaction that looks. raises NotFound"""
        with self._store.unit() as unit:
            keep(unit, _pushed(unit, batch_id, key_id))


def _pushed(unit: Unit, batch_id: str, key_id: str) -> PushedBatch:
    found = unit.registry.batch(batch_id) if key_id in unit.registry.pushed_by(batch_id) else None
    if found is None:
        raise NotFound(field="batch")
    return PushedBatch(found, unit.registry.refused_by_code(batch_id))
