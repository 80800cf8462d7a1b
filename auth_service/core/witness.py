"""Witnesses: whoever keeps checkpoints where the service's own administrators cannot change them, and how they stand.

`connectors/witness_folder.py` and `connectors/witness_url.py` fulfil the port.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from auth_service.core.checkpoint import AuditPolicy, Checkpoint

_LATE = 10
"""A checkpoint or a delivery is late after so many times `seconds`. source: own decision; ten lost tries"""


class Witness(Protocol):
    """Keeps checkpoints. Delivering one that is kept already changes nothing."""

    @property
    def name(self) -> str:
        """Stable while the witness is the same; says nothing secret."""
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


@dataclass(frozen=True, slots=True)
class AuditStatus:
    """How the trail and its witnesses stand, for `readyz`, metrics, `doctor` and `audit witness`.

    rows           length of the trail
    checkpoint     the newest checkpoint; None before the first
    uncovered      rows after it
    uncovered_at   when the first of these was written
    witnesses      those that are set
    forged         checkpoints above the newest one that this service did not make
    """

    rows: int
    checkpoint: Checkpoint | None
    uncovered: int
    uncovered_at: datetime | None
    witnesses: tuple[WitnessState, ...] = field(default_factory=tuple)
    forged: int = 0

    @property
    def newest(self) -> int:
        """Number of the newest checkpoint, 0 for none."""
        return 0 if self.checkpoint is None else self.checkpoint.number

    def waiting(self) -> Mapping[str, int]:
        """Checkpoints that each witness does not have yet."""
        return {state.name: max(self.newest - state.delivered, 0) for state in self.witnesses}

    def problems(self, policy: AuditPolicy, now: datetime) -> tuple[str, ...]:
        """Codes of what an operator must see; empty when all is well. Never a reason to stop serving."""
        late = timedelta(seconds=policy.seconds * _LATE)
        found = []
        if self.uncovered_at is not None and now - self.uncovered_at > late:
            found.append("checkpoint_late")
        if self.forged:
            found.append("checkpoint_forged")
        for state in self.witnesses:
            if state.code == "witness_conflict":
                found.append("witness_conflict")
            elif state.since is not None and now - state.since > late:
                found.append("witness_late")
        if not self.witnesses:
            found.append("no_witness")
        return tuple(dict.fromkeys(found))
