"""The audit trail is signed from time to time, and every signature goes to witnesses outside.

Nothing here holds up the service: rows are read in a snapshot, the checkpoint is one insert, and a witness that fails
is tried again later. Any number of processes may run it at once: numbers have no gaps, so that the second to come finds
its number taken, and each witness is served by one process at a time, in order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from auth_service.core.audit import AuditEvent
from auth_service.core.audit_check import DISOWNED, Walk, disowning
from auth_service.core.checkpoint import AuditPolicy, Notary
from auth_service.core.checkpoint import Checkpoint as Signed
from auth_service.core.clock import Clock
from auth_service.core.errors import AuditBroken, CheckpointInvalid, ServiceError, WitnessConflict
from auth_service.core.ids import new_id
from auth_service.core.witness import AuditStatus, Witness, WitnessState
from auth_service.storage.unit import Store, StoredCheckpoint, Unit

_LEASE_SECONDS = 60
_SENDING_SECONDS = 20.0
"""How long one run sends to one witness; one that was away for a week is served over several runs."""
_AT_ONCE = 50
"""Deliveries between two records of how far a witness is."""


@dataclass(slots=True)
class CheckpointReport:
    """What one run did.

    checkpoint  the newest one, made now or before; None when there is nothing to sign yet
    made        whether it was made now
    delivered   how many each witness got
    failed      which witness failed, and the code
    """

    checkpoint: Signed | None = None
    made: bool = False
    delivered: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def counts(self) -> Mapping[str, int]:
        """For a job's record; all zero when there was nothing to do, so that the worker's log stays readable."""
        made = {"made": int(self.made), "delivered": sum(self.delivered.values()), "failed": len(self.failed)}
        return {**made, "rows": self.checkpoint.rows if self.made and self.checkpoint else 0}


class Checkpoint:
    """Signs when it is due, and delivers what witnesses do not have yet."""

    def __init__(
        self, store: Store, notary: Notary, witnesses: Sequence[Witness], clock: Clock, policy: AuditPolicy
    ) -> None:
        self._store = store
        self._notary = notary
        self._witnesses = tuple(witnesses)
        self._clock = clock
        self._policy = policy

    def run(self, *, force: bool = False) -> CheckpointReport:
        """force: sign now if there is any new row, and try witnesses that failed without waiting

        raises   AuditBroken (new rows do not fit, nothing was signed), as Store.unit. What a witness does is reported,
                 never raised
        """
        report = CheckpointReport()
        try:
            report.made = self._sign(force=force)
        finally:  # what was signed before is delivered even if nothing can be signed now
            report.checkpoint = self._newest()
            for witness in self._witnesses:
                self._serve(witness, report, force=force)
        return report

    def status(self) -> AuditStatus:
        """How trail and witnesses stand. raises as Store.reading, AuditBroken"""
        with self._store.reading() as unit:
            rows, _ = unit.audit.head()
            newest = unit.checkpoints.newest(self._open)
            last = newest.stored
            covered = 0 if last is None else last.rows
            waits = unit.audit.written_at(covered + 1)
            states = tuple(unit.witnesses.state(witness.name) for witness in self._witnesses)
        checkpoint = None if last is None else self._open(last)
        return AuditStatus(rows, checkpoint, rows - covered, waits, states, newest.forged)

    # --- signing ----------------------------------------------------------------------------------

    def _sign(self, *, force: bool) -> bool:
        now = self._clock.now()
        with self._store.reading() as unit:
            head = unit.audit.head()
            last = unit.checkpoints.newest(self._open).stored
            before = None if last is None else self._open(last)
            if not self._is_due(head[0], before, now, force=force):
                return False
            forged, made = self._next(unit, last, before, head, now)
        if forged:
            self._disown(forged, now)
        if made is None:
            raise AuditBroken(f"row {forged[0]} was not written by this service; the trail says so from now on")
        with self._store.unit() as unit:
            return unit.checkpoints.add(made)

    def _is_due(self, rows: int, before: Signed | None, now: datetime, *, force: bool) -> bool:
        """raises AuditBroken: the trail became shorter than what was signed"""
        covered = 0 if before is None else before.rows
        if rows < covered:
            raise AuditBroken(f"{rows} rows are left of {covered}")
        due = self._policy.due(rows - covered, before.at if before else None, now)
        return due or (force and rows > covered)

    def _next(
        self, unit: Unit, last: StoredCheckpoint | None, before: Signed | None, head: tuple[int, str], now: datetime
    ) -> tuple[Sequence[int], StoredCheckpoint | None]:
        """The next checkpoint over every row; none where there are rows that neither this service wrote nor the trail
        disowns, whose numbers come first. raises AuditBroken"""
        disowned = unit.audit.disowned()
        walk = Walk(disowned=disowned)
        if last is not None and before is not None:
            walk = Walk(before.head, last.frontier.copy(), disowned)
        guarded = unit.audit.guarded(after=walk.rows)
        rows = iter(guarded)
        fits = walk.take(rows)
        for _ in rows:  # behind a row that does not fit there may be more that are not ours
            pass
        forged = [number for number in guarded.forged if number not in disowned]
        if forged:
            return forged, None
        if not fits:
            raise AuditBroken(f"row {walk.rows + 1}")
        if (walk.rows, walk.head) != head:
            raise AuditBroken(f"row {min(walk.rows, head[0]) + 1}")
        number = 1 if before is None else before.number + 1
        checkpoint = Signed(self._notary.origin, walk.rows, walk.frontier.root(), number, walk.head, now)
        return (), StoredCheckpoint(number, walk.rows, self._notary.sign(checkpoint), walk.frontier)

    def _disown(self, numbers: Sequence[int], now: datetime) -> None:
        """Nothing is ever signed over a row of somebody else's without a row of ours that says so; and such a row does
        not end the signing for good."""
        with self._store.unit() as unit:
            for details in disowning(numbers):
                unit.audit.append(AuditEvent("system", DISOWNED, "", details), now)

    def _open(self, stored: StoredCheckpoint) -> Signed:
        """What was signed here; its row must say the same. raises AuditBroken"""
        try:
            signed = self._notary.keyholders.open(stored.note)
        except CheckpointInvalid as error:
            raise AuditBroken(f"checkpoint {stored.number}: {error.detail}") from error
        if (signed.number, signed.rows, signed.root) != (stored.number, stored.rows, stored.frontier.root()):
            raise AuditBroken(f"checkpoint {stored.number} does not belong to its record")
        return signed

    def _newest(self) -> Signed | None:
        with self._store.reading() as unit:
            last = unit.checkpoints.newest(self._open).stored
        return None if last is None else self._open(last)

    # --- delivering -------------------------------------------------------------------------------

    def _serve(self, witness: Witness, report: CheckpointReport, *, force: bool) -> None:
        """Sends one witness what it lacks, in order, for a while."""
        lease, started = new_id(), time.monotonic()
        while time.monotonic() - started < _SENDING_SECONDS:
            newest = report.checkpoint.number if report.checkpoint else 0
            before = self._claimed(witness.name, newest, lease, force=force)
            if before is None:
                return
            after = self._deliver(witness, before)
            with self._store.unit() as unit:
                unit.witnesses.put(after, lease)
            sent = after.delivered - before.delivered
            report.delivered[witness.name] = report.delivered.get(witness.name, 0) + sent
            if after.code is not None:
                report.failed[witness.name] = after.code
                return

    def _claimed(self, name: str, newest: int, lease: str, *, force: bool) -> WitnessState | None:
        """Where the witness stands, to be served by this process; None when there is nothing to do for it now."""
        now = self._clock.now()
        with self._store.reading() as unit:
            state = unit.witnesses.state(name)
        if state.delivered >= newest or not (force or state.may_try(now)):
            return None
        with self._store.unit(durable=False) as unit:
            return unit.witnesses.claim(name, lease, now, _LEASE_SECONDS)

    def _deliver(self, witness: Witness, state: WitnessState) -> WitnessState:
        """Where the witness stands after the next few deliveries."""
        try:
            kept = witness.newest()
            with self._store.reading() as unit:
                if kept is not None:
                    self._require_same_history(unit, kept)
                later = list(islice(unit.checkpoints.later(state.delivered, self._open), _AT_ONCE))
            for one in later:
                witness.deliver(self._open(one), one.note)
                state = replace(state, delivered=one.number, delivered_at=self._clock.now())
        except ServiceError as error:
            now = self._clock.now()
            since = state.since or now
            return replace(state, failures=state.failures + 1, failed_at=now, since=since, code=error.code)
        return replace(state, failures=0, failed_at=None, since=None, code=None)

    def _require_same_history(self, unit: Unit, note: str) -> None:
        """The newest checkpoint that a witness keeps must be one of ours. raises WitnessConflict"""
        try:
            signed = self._notary.keyholders.open(note)
        except CheckpointInvalid as error:
            raise WitnessConflict(f"it keeps something else: {error.detail}") from error
        if not unit.checkpoints.has(signed.number, note):
            raise WitnessConflict(f"it keeps another checkpoint {signed.number}")
