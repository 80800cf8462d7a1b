"""Batches of registries as people keep them: looked at, released by a second person, discarded by one.

To let an odd file count takes two people, because it may speak against a whole county. To take one back takes one: what
it said is withdrawn at once, as if the source had voided it.
"""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import (
    AccountTampered,
    BatchRefused,
    BatchUnfinished,
    ImporterMissing,
    NotFound,
    ReasonMissing,
    SecondPersonNeeded,
)
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.money_terms import require
from auth_service.storage.unit import BatchState, Store, StoredBatch, StoredRow, Unit

_ALONE = "registry"
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A batch, why rows of it were refused, and its first rows."""

    batch: StoredBatch
    refused_by_code: dict[str, int]
    rows: list[StoredRow]


class KeepRegistry:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def batches(self, kind: RegistryKind | None = None, most: int = 100) -> list[StoredBatch]:
        """Newest first; nothing in them names anybody."""
        with self._store.reading() as unit:
            return unit.registry.batches(most, kind)

    def waiting(self, most: int = 100) -> list[StoredBatch]:
        """Those that wait for a second person, newest first."""
        with self._store.reading() as unit:
            return unit.registry.waiting(most)

    def show(self, batch_id: str, rows: int = 0) -> BatchPage:
        """raises NotFound, KeyStoreUnavailable, SealBroken"""
        with self._store.reading() as unit:
            batch = _found(unit, batch_id)
            return BatchPage(batch, unit.registry.refused_by_code(batch_id), unit.registry.of_batch(batch_id, 0, rows))

    def release(self, batch_id: str, member: StaffMember) -> StoredBatch:
        """Lets an odd batch count.

        raises   AccessRefused, NotFound, BatchUnfinished, BatchRefused (it does not wait), SecondPersonNeeded (one's
                 own import, or an importer who may act no longer), ImporterMissing: nobody stood for it, and who asks
                 does now
        """
        require(member, Permission.RELEASE_REGISTRY)
        try:
            with self._store.unit() as unit:
                stood_for = self._release(unit, batch_id, member)
        except SecondPersonNeeded:
            with self._store.unit() as unit:
                self._note(unit, "registry.release_refused", batch_id, member)
            raise
        if not stood_for:
            raise ImporterMissing
        return self.show(batch_id).batch

    def _release(self, unit: Unit, batch_id: str, member: StaffMember) -> bool:
        """False: nobody had stood for the import, and this person does now."""
        unit.alone(_ALONE)
        batch, now = _found(unit, batch_id), self._clock.now()
        if batch.state is BatchState.READING:
            raise BatchUnfinished
        if batch.state is not BatchState.QUARANTINED:
            raise BatchRefused(batch.state.value)
        if batch.imported_by is None:
            unit.registry.act(batch_id, "imported", member.id, now)
            self._note(unit, "registry.stood_for", batch_id, member)
            return False
        if batch.imported_by == member.id:
            raise SecondPersonNeeded
        if not _may_still_import(unit, batch.imported_by):
            raise SecondPersonNeeded("who imported it may not do so any more: discard it and import the file anew")
        unit.registry.act(batch_id, "released", member.id, now, batch.imported_by)
        self._note(unit, "registry.released", batch_id, member)
        return True

    def discard(self, batch_id: str, reason: str, member: StaffMember) -> StoredBatch:
        """A wrong file: it counts for nothing from now on, and what it said is withdrawn.

        raises   AccessRefused, ReasonMissing, NotFound, BatchUnfinished, BatchRefused (it was discarded before)
        """
        require(member, Permission.IMPORT_REGISTRY)
        said = reason.strip()[:_LONGEST_REASON]
        if not said:
            raise ReasonMissing(field="reason")
        with self._store.unit() as unit:
            unit.alone(_ALONE)
            batch = _found(unit, batch_id)
            if batch.state is BatchState.READING:
                raise BatchUnfinished
            if batch.state is BatchState.DISCARDED:
                raise BatchRefused(batch.state.value)
            unit.registry.act(batch_id, "discarded", member.id, self._clock.now())
            self._note(unit, "registry.discarded", batch_id, member, reason=said, was=batch.state.value)
        return self.show(batch_id).batch

    def _note(self, unit: Unit, action: str, batch_id: str, member: StaffMember, **details: str) -> None:
        event = AuditEvent(f"staff:{member.id}", action, f"registry_batch:{batch_id}", dict(details))
        unit.audit.append(event, self._clock.now())


def _found(unit: Unit, batch_id: str) -> StoredBatch:
    found = unit.registry.batch(batch_id)
    if found is None:
        raise NotFound(f"no batch {batch_id!r}", field="batch")
    return found


def _may_still_import(unit: Unit, staff_id: str) -> bool:
    """An account that is disabled since, as a stolen one is, makes nobody dead any more."""
    try:
        member = unit.staff.get(staff_id)
    except AccountTampered:
        return False
    return member is not None and not member.disabled and may(member.role, Permission.IMPORT_REGISTRY)
