"""Witnesses: whoever keeps checkpoints where the service's own administrators cannot change them, and how they stand.

`connectors/witness_folder.py` and `connectors/witness_url.py` fulfil the port.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from auth_service.core.checkpoint import AuditPolicy, Checkpoint

_LATE = 10
"""A checkpoint or a delivery is late after so many times `seconds`. source: own decision; ten lost tries"""
CONFLICT = "witness_conflict"
"""Code of WitnessConflict: the witness and its record, or the witness and the trail, contradict each other."""
_TOLD_FOR = timedelta(hours=1)
"""A conflict is told for so long after it was last seen: what took turns with honest runs must not go unseen.
source: own decision; scrapes and people look more often than that"""


def lateness(policy: AuditPolicy) -> timedelta:
    """How long a checkpoint may be missing anywhere before somebody is told."""
    return timedelta(seconds=policy.seconds * _LATE)


class Witness(Protocol):
    """Keeps checkpoints. Delivering one that is kept already changes nothing."""

    @property
    def name(self) -> str:
        """Stable while the witness is the same; says nothing secret."""
        ...

    @property
    def answers(self) -> bool:
        """Whether `newest` tells what it keeps. Where it cannot be asked, only the record says how far it is."""
        ...

    def deliver(self, checkpoint: Checkpoint, note: str) -> None:
        """Returns once the note is kept. raises WitnessUnreachable, WitnessConflict (it keeps another history)"""
        ...

    def newest(self) -> str | None:
        """The newest note that it keeps; None when there is none, or when it cannot be asked.

        raises WitnessUnreachable
        """
        ...


@dataclass(frozen=True, slots=True)
class WitnessState:
    """Where one witness stands.

    delivered  number of the last checkpoint that it has, 0 for none
    failures   failed tries since the last good one; `code` says what failed, `failed_at` when it last did
    since      when the first of these failures was
    """

    name: str
    delivered: int = 0
    delivered_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    since: datetime | None = None
    code: str | None = None

    def may_try(self, now: datetime) -> bool:
        """Failed deliveries wait 1, 2, 4 ... 300 seconds."""
        if self.failed_at is None:
            return True
        pause = timedelta(seconds=min(2 ** min(self.failures - 1, 20), 300))
        return abs(now - self.failed_at) >= pause

    def served(self, now: datetime) -> WitnessState:
        """After a good try. A conflict goes on being told for a while."""
        if self.code == CONFLICT and self.failed_at is not None and abs(now - self.failed_at) < _TOLD_FOR:
            return replace(self, failures=1)
        return replace(self, failures=0, failed_at=None, since=None, code=None)

    def failed(self, now: datetime, code: str) -> WitnessState:
        """After a try that did not go well."""
        return replace(self, failures=self.failures + 1, failed_at=now, since=self.since or now, code=code)


@dataclass(frozen=True, slots=True)
class AuditStatus:
    """How the trail and its witnesses stand, for `readyz`, metrics, `doctor` and `audit witness`.

    rows           length of the trail
    checkpoint     the newest checkpoint; None before the first
    uncovered      rows after it
    uncovered_at   when the first of these was written
    witnesses      those that are set
    forged         checkpoints above the newest one that this service did not make
    lacking_at     when the first checkpoint was signed that a witness does not have, by its own word where it was asked
    silent         witnesses that were asked and did not answer
    """

    rows: int
    checkpoint: Checkpoint | None
    uncovered: int
    uncovered_at: datetime | None
    witnesses: tuple[WitnessState, ...] = field(default_factory=tuple)
    forged: int = 0
    lacking_at: Mapping[str, datetime] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    @property
    def newest(self) -> int:
        """Number of the newest checkpoint, 0 for none."""
        return 0 if self.checkpoint is None else self.checkpoint.number

    def waiting(self) -> Mapping[str, int]:
        """Checkpoints that each witness does not have yet."""
        return {state.name: max(self.newest - state.delivered, 0) for state in self.witnesses}

    @property
    def conflicting(self) -> bool:
        """Whether some witness, or the record of one, contradicts the trail."""
        return any(self._contradicts(state) for state in self.witnesses)

    def problem_of(self, state: WitnessState, policy: AuditPolicy, now: datetime) -> str | None:
        """The code of what an operator must see of one witness."""
        late = lateness(policy)
        if self._contradicts(state):
            return CONFLICT
        if state.name in self.silent:
            return "witness_unreachable"
        waits = [state.since, self.lacking_at.get(state.name)]
        return "witness_late" if any(since is not None and now - since > late for since in waits) else None

    def _contradicts(self, state: WitnessState) -> bool:
        """A record beyond the newest checkpoint was not written by the service."""
        return state.code == CONFLICT or state.delivered > self.newest

    def problems(self, policy: AuditPolicy, now: datetime) -> tuple[str, ...]:
        """Codes of what an operator must see; empty when all is well. Never a reason to stop serving."""
        found = []
        if self.uncovered_at is not None and now - self.uncovered_at > lateness(policy):
            found.append("checkpoint_late")
        if self.forged:
            found.append("checkpoint_forged")
        found += [code for state in self.witnesses if (code := self.problem_of(state, policy, now))]
        if not self.witnesses:
            found.append("no_witness")
        return tuple(dict.fromkeys(found))
