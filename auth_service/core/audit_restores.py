"""What a restore in the trail explains of checkpoints that witnesses were given before it: they know rows that the
backup did not have. Only those, and never as proof that all is well.

A row without the service's guard explains nothing; but whoever has its keys, or hands in an export, can write a right
one. A row explains a checkpoint only if that one was
signed between the backup's snapshot and the restore, is longer than the backup, and the trail has the backup's Merkle
root at the backup's length. What then remains is for a person: whether the signed manifest of a real backup says the
same length and root (docs/operations/audit.md, "After a restore").
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from auth_service.core.audit import StoredRow
from auth_service.core.audit_check import OWN, Examination, KeptNote, Problem, Trouble, Walk, examine
from auth_service.core.checkpoint import Checkpoint, Keyholders
from auth_service.core.errors import CheckpointInvalid

RESTORED = "backup.restored"


@dataclass(frozen=True, slots=True)
class RestoreRow:
    """What a row `backup.restored` says, unproved.

    number       of the row; `at`: when the restore ended
    snapshot_at  the instant of the backup
    audit_rows, merkle_root  of the backup's trail, as its signed manifest must have them
    """

    number: int
    at: datetime
    backup: str
    snapshot_at: datetime
    audit_rows: int
    merkle_root: str

    def explains(self, checkpoint: Checkpoint) -> bool:
        """Whether this checkpoint was signed over what the restore took back."""
        if not self.snapshot_at <= checkpoint.at <= self.at:
            return False
        alike = checkpoint.rows == self.audit_rows and checkpoint.root.hex() == self.merkle_root
        return alike or checkpoint.rows > self.audit_rows


@dataclass(frozen=True, slots=True)
class Again:
    """A trail that was examined, to be read once more. is_ours: whether this service wrote a row; unknown of an export

    head, disowned  as `examine` takes them
    """

    rows: Callable[[], Iterator[StoredRow]]
    head: tuple[int, str]
    disowned: frozenset[int] = frozenset()
    is_ours: Callable[[StoredRow], bool] = lambda _: True


def explained(found: Examination, again: Again, notes: Sequence[KeptNote], keyholders: Keyholders) -> Examination:
    """What `examine` found; checkpoints that a restore explains become one finding `restored` instead of several of
    tampering. The rows are read again only where something was found and the trail tells of a restore."""
    restores = () if found.ok else _holding(restores_in(filter(_is_restore(again), again.rows())), again)
    own = {kept.note for kept in notes if kept.source == OWN}
    lost: dict[RestoreRow, list[Checkpoint]] = defaultdict(list)
    rest, folders = [], set()
    for kept in notes:
        by = None if not kept.in_place or kept.note in own else _opened_and_explained(kept, restores, keyholders)
        if by is None:
            rest.append(kept)
        else:
            lost[by[0]].append(by[1])
            folders.add(kept.folder)
    if not lost:
        return found
    second = examine(again.rows(), again.head, rest, keyholders, again.disowned)
    told = tuple(_told(restore, checkpoints) for restore, checkpoints in lost.items())
    problems = (*told, *second.problems)
    return replace(second, checkpoints=found.checkpoints, problems=problems, taken_back=frozenset(folders))


def _is_restore(again: Again) -> Callable[[StoredRow], bool]:
    return lambda row: row.action == RESTORED and row.number not in again.disowned and again.is_ours(row)


def restores_in(rows: Iterable[StoredRow]) -> tuple[RestoreRow, ...]:
    """The restores that a trail tells of, oldest first; a row that cannot be read explains nothing."""
    return tuple(read for row in rows if row.action == RESTORED and (read := _read(row)) is not None)


def _read(row: StoredRow) -> RestoreRow | None:
    try:
        details: Mapping[str, object] = json.loads(row.details)
        at, snapshot_at = datetime.fromisoformat(row.at), datetime.fromisoformat(str(details["snapshot_at"]))
        rows = int(str(details.get("audit_rows", row.number - 1)))
        backup, root = str(details["backup"]), str(details["merkle_root"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if at.tzinfo is None or snapshot_at.tzinfo is None or not 0 <= rows < row.number:
        return None
    return RestoreRow(row.number, at, backup, snapshot_at, rows, root)


def _holding(restores: Sequence[RestoreRow], again: Again) -> tuple[RestoreRow, ...]:
    """Those whose backup has the trail's own root at its length: otherwise it is not what came back."""
    if not restores:
        return ()
    walk, rows, holding = Walk(disowned=again.disowned), again.rows(), []
    for restore in sorted(restores, key=lambda one: one.audit_rows):
        if not walk.take(islice(rows, restore.audit_rows - walk.rows)) or walk.rows != restore.audit_rows:
            break
        if walk.frontier.root().hex() == restore.merkle_root:
            holding.append(restore)
    return tuple(holding)


def _opened_and_explained(
    kept: KeptNote, restores: Sequence[RestoreRow], keyholders: Keyholders
) -> tuple[RestoreRow, Checkpoint] | None:
    try:
        checkpoint = keyholders.open(kept.note)
    except CheckpointInvalid:
        return None  # told by `examine`
    return next(((restore, checkpoint) for restore in restores if restore.explains(checkpoint)), None)


def _told(restore: RestoreRow, lost: Sequence[Checkpoint]) -> Problem:
    most = max(checkpoint.rows for checkpoint in lost)
    detail = (
        f"backup {restore.backup} of {restore.snapshot_at:%Y-%m-%d %H:%M:%S} UTC was restored, says row "
        f"{restore.number}; what is kept outside holds {most - restore.audit_rows} rows beyond it. The row proves "
        f"nothing by itself: the backup's signed manifest must say {restore.audit_rows} audit rows and Merkle root "
        f"{restore.merkle_root} (auth-service backup verify ARCHIVE)"
    )
    return Problem(Trouble.RESTORED, OWN, restore.audit_rows + 1, max(most, restore.audit_rows + 1), detail)
