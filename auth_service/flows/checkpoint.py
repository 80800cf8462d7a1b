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

from auth_service.core.audit import AuditEvent, Details
from auth_service.core.audit_check import DISOWNED, Walk, disowning
from auth_service.core.checkpoint import AuditPolicy, Notary
from auth_service.core.checkpoint import Checkpoint as Signed
from auth_service.core.clock import Clock
from auth_service.core.errors import AuditBroken, CheckpointInvalid, ServiceError, WitnessConflict
from auth_service.core.ids import new_id
from auth_service.core.witness import CONFLICT, AuditStatus, Witness, WitnessState
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
    note        its signed text
    made        whether it was made now
    delivered   how many each witness got
    failed      which witness failed, and the code
    """

    checkpoint: Signed | None = None
    note: str = ""
    made: bool = False
    delivered: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Of the newest checkpoint, 0 for none."""
        return 0 if self.checkpoint is None else self.checkpoint.number

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
        self._sent: dict[str, int] = {}
        """The newest number that this process itself sent to a witness: the record in the database may be forged."""

    def run(self, *, force: bool = False) -> CheckpointReport:
        """force: sign now if there is any new row, and try witnesses that failed without waiting

        raises   AuditBroken (new rows do not fit, nothing was signed), as Store.unit. What a witness does is reported,
                 never raised
        """
        report = CheckpointReport()
        try:
            report.made = self._sign(force=force)
        finally:  # what was signed before is delivered even if nothing can be signed now
            report.checkpoint, report.note = self._newest()
            for witness in self._witnesses:
                self._serve(witness, report, force=force)
        return report

    def status(self, *, ask: bool = False) -> AuditStatus:
        """How trail and witnesses stand. ask: each witness itself, where it answers; the record says the rest.

        raises   as Store.reading, AuditBroken
        """
        told = {witness.name: self._told(witness) for witness in self._witnesses if ask and witness.answers}
        with self._store.reading() as unit:
            rows, _ = unit.audit.head()
            newest = unit.checkpoints.newest(self._open)
            last = newest.stored
            covered = 0 if last is None else last.rows
            waits = unit.audit.written_at(covered + 1)
            states = tuple(unit.witnesses.state(witness.name) for witness in self._witnesses)
            lacking_at = self._lacking(unit, states, told, 0 if last is None else last.number)
        checkpoint = None if last is None else self._open(last)
        silent = tuple(name for name, number in told.items() if number is None)
        return AuditStatus(rows, checkpoint, rows - covered, waits, states, newest.forged, lacking_at, silent)

    def _told(self, witness: Witness) -> int | None:
        """The number of the newest checkpoint by the witness's own word, 0 for none of ours; None: no answer."""
        try:
            note = witness.newest()
            return 0 if note is None else self._notary.keyholders.open(note).number
        except CheckpointInvalid:
            return 0
        except ServiceError:
            return None

    def _lacking(
        self, unit: Unit, states: Sequence[WitnessState], told: Mapping[str, int | None], newest: int
    ) -> dict[str, datetime]:
        """When the first checkpoint was signed that each witness does not have."""
        found = {}
        for state in states:
            word = told.get(state.name)
            has = state.delivered if word is None else min(word, state.delivered)
            first = next(unit.checkpoints.later(has, self._open), None) if has < newest else None
            if first is not None:
                found[state.name] = self._open(first).at
        return found

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

    def _newest(self) -> tuple[Signed | None, str]:
        with self._store.reading() as unit:
            last = unit.checkpoints.newest(self._open).stored
        return (None, "") if last is None else (self._open(last), last.note)

    # --- delivering -------------------------------------------------------------------------------

    def _serve(self, witness: Witness, report: CheckpointReport, *, force: bool) -> None:
        """Sends one witness what it lacks, in order, for a while."""
        lease, started = new_id(), time.monotonic()
        while time.monotonic() - started < _SENDING_SECONDS:
            before = self._claimed(witness, report, lease, force=force)
            if before is None:
                return
            served = self._deliver(witness, before, report)
            with self._store.unit() as unit:
                unit.witnesses.put(served.state, lease)
                if served.refused:
                    unit.audit.append(_refused(before, served), self._clock.now())
            report.delivered[witness.name] = report.delivered.get(witness.name, 0) + served.sent
            if served.failure is not None:
                report.failed[witness.name] = served.failure
                return

    def _claimed(self, witness: Witness, report: CheckpointReport, lease: str, *, force: bool) -> WitnessState | None:
        """Where the witness stands, to be served by this process; None when there is nothing to do for it now."""
        now = self._clock.now()
        with self._store.reading() as unit:
            state = unit.witnesses.state(witness.name)
        if not (force or state.may_try(now)) or self._has_all(witness, state, report):
            return None
        with self._store.unit(durable=False) as unit:
            return unit.witnesses.claim(witness.name, lease, now, _LEASE_SECONDS)

    def _has_all(self, witness: Witness, state: WitnessState, report: CheckpointReport) -> bool:
        """Whether there is nothing to send, by the record and by what the witness itself, or this process, knows."""
        if state.delivered != report.number or state.code not in {None, CONFLICT}:
            return False
        if report.number == 0:
            return True
        if not witness.answers:
            return self._sent_at_most(witness, report) >= report.number
        try:
            return witness.newest() == report.note
        except ServiceError:
            return False  # told by the delivery

    def _sent_at_most(self, witness: Witness, report: CheckpointReport) -> int:
        """What a witness that cannot be asked may have: nobody else can have sent what this run has just signed."""
        return self._sent.get(witness.name, report.number - int(report.made))

    def _deliver(self, witness: Witness, before: WitnessState, report: CheckpointReport) -> _Served:
        """The next few deliveries."""
        state, has, sent, refused = before, before.delivered, 0, False
        try:
            kept = witness.newest() if witness.answers else None
            with self._store.reading() as unit:
                has, refused = self._stands(unit, witness, before, kept, report)
                later = list(islice(unit.checkpoints.later(has, self._open), _AT_ONCE))
            state = replace(state, delivered=has)
            for one in later:
                witness.deliver(self._open(one), one.note)
                state = replace(state, delivered=one.number, delivered_at=self._clock.now())
                self._sent[witness.name] = one.number
                sent += 1
            if refused:  # told once everything is there: a forged record must not keep anything from the witness
                raise WitnessConflict(f"{before.delivered} was on record, the witness has {has}")
        except ServiceError as error:
            return _Served(state.failed(self._clock.now(), error.code), sent, has, error.code, refused)
        return _Served(state.served(self._clock.now()), sent, has)

    def _stands(
        self, unit: Unit, witness: Witness, state: WitnessState, kept: str | None, report: CheckpointReport
    ) -> tuple[int, bool]:
        """The number from which the witness lacks what follows, and whether the record claims more than can be.

        raises   WitnessConflict: it keeps another history
        """
        if witness.answers:
            has = 0 if kept is None else self._of_same_history(unit, kept)
            refused = state.delivered > has
        else:
            refused = state.delivered > report.number
            has = 0 if refused else self._sent_at_most(witness, report)
        return min(has, state.delivered), refused

    def _of_same_history(self, unit: Unit, note: str) -> int:
        """The number of the newest checkpoint that a witness keeps; it must be ours. raises WitnessConflict"""
        try:
            signed = self._notary.keyholders.open(note)
        except CheckpointInvalid as error:
            raise WitnessConflict(f"it keeps something else: {error.detail}") from error
        if not unit.checkpoints.has(signed.number, note):
            raise WitnessConflict(f"it keeps another checkpoint {signed.number}")
        return signed.number


@dataclass(frozen=True, slots=True)
class _Served:
    """How one round with one witness went.

    state    as it is recorded now
    sent     how many it got
    had      number of the newest checkpoint that it had before
    failure  the code, when something went wrong
    refused  the record claimed more than the witness has, and was not believed
    """

    state: WitnessState
    sent: int
    had: int
    failure: str | None = None
    refused: bool = False


def _refused(before: WitnessState, served: _Served) -> AuditEvent:
    details: Details = {"witness": before.name, "claimed": before.delivered, "had": served.had}
    return AuditEvent("system", "witness.record_refused", "", details)
