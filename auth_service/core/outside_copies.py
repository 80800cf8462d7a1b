"""Whether copies of checkpoints outside keep up: a witness that gets nothing any more must not look quiet."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.core.audit_check import KeptNote, Problem, Trouble
from auth_service.core.checkpoint import Checkpoint, read_note
from auth_service.core.errors import CheckpointInvalid


@dataclass(frozen=True, slots=True)
class Copies:
    """Folders that are held against the trail.

    folders  as KeptNote.folder names them; single files are old on purpose and not asked
    late     how long a checkpoint may be missing there (core/witness.py `lateness`)
    now      None: the instant of the newest own checkpoint, for an export
    """

    folders: Sequence[str]
    late: timedelta
    now: datetime | None = None

    def behind(
        self, own: Iterable[str], kept: Iterable[KeptNote], taken_back: Container[str] = ()
    ) -> tuple[Problem, ...]:
        """Each folder that lacks a checkpoint for too long. Signatures are the examination's matter.

        taken_back  folders whose history a restore ended: nothing is delivered there any more, as it must be
        """
        signed = {checkpoint.number: checkpoint.at for note in own if (checkpoint := _read(note))}
        if not signed:
            return ()
        until = self.now or signed[max(signed)]
        newest = dict.fromkeys(self.folders, 0)
        for note in kept:
            checkpoint = _read(note.note) if note.folder in newest else None
            if checkpoint is not None:
                newest[note.folder] = max(newest[note.folder], checkpoint.number)
        return tuple(
            Problem(Trouble.BEHIND, folder, detail=f"it has checkpoint {number} of {max(signed)}")
            for folder, number in newest.items()
            if folder not in taken_back
            and any(later > number and until - at > self.late for later, at in signed.items())
        )


def _read(note: str) -> Checkpoint | None:
    try:
        return read_note(note)[0]
    except CheckpointInvalid:
        return None
