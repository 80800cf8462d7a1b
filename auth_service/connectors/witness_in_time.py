"""Any witness, given a time: a share that hangs holds up neither signing nor the witnesses after it."""

from __future__ import annotations

from auth_service.connectors.deadline import Deadline
from auth_service.core.checkpoint import Checkpoint
from auth_service.core.errors import WitnessUnreachable
from auth_service.core.witness import Witness

WITNESS_SECONDS = 15.0
"""How long one call may take. source: own decision; three times what an address has, below the 20 s of one run
(flows/checkpoint.py)"""


class WitnessInTime:
    """Witness around a witness. One that hangs keeps one thread, which ends with the process."""

    def __init__(self, witness: Witness, seconds: float = WITNESS_SECONDS) -> None:
        self._witness = witness
        self._deadline = Deadline(seconds, threads=1, name="witness", refusal=WitnessUnreachable)

    @property
    def name(self) -> str:
        return self._witness.name

    @property
    def answers(self) -> bool:
        return self._witness.answers

    def deliver(self, checkpoint: Checkpoint, note: str) -> None:
        """raises WitnessUnreachable, WitnessConflict"""
        self._deadline.call(lambda: self._witness.deliver(checkpoint, note))

    def newest(self) -> str | None:
        """raises WitnessUnreachable, as the witness"""
        return self._deadline.call(self._witness.newest)
