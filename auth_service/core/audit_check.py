"""The whole examination of an audit trail: its chain, its Merkle tree, and every checkpoint that anybody kept of it.

An edit or a reordering that the chain shows is named by its row. Whoever rewrote the chain behind it is found by the
first checkpoint with another root: the bad rows then lie between the last checkpoint that fits and that one. A cut tail
and a rollback are found by a checkpoint that is longer than the trail.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from auth_service.core.audit import GENESIS, Details, StoredRow, fits, links
from auth_service.core.checkpoint import Checkpoint, Keyholders
from auth_service.core.errors import CheckpointInvalid
from auth_service.core.merkle import Frontier

DISOWNED = "audit.rows_disowned"
"""The action of a row that says of earlier ones, `first` to `last`, that this service did not write them."""
_MOST_AT_ONCE = 1_000_000
OWN = "database"
"""Where a checkpoint of the trail's own table comes from."""


class Trouble(StrEnum):
    """What an examination can find."""

    CHAIN_BROKEN = "chain_broken"
    """A row does not follow from the one before it: edited, removed, or in another place."""
    HEAD_DIFFERS = "head_differs"
    """The rows do not end where the head beside them says."""
    ROLLED_BACK = "rolled_back"
    """A checkpoint is longer than the trail: its tail was cut, or all of it was put back to an older copy."""
    ROOT_DIFFERS = "root_differs"
    """The trail had another root at this length: rows were changed and the chain was made to fit."""
    SPLIT_VIEW = "split_view"
    """Two signed checkpoints contradict each other: two histories were told."""
    NOT_SIGNED = "not_signed"
    """Unreadable, another log's, or not signed by a trusted key: forged or damaged."""
    REPLAYED = "replayed"
    """An old checkpoint in the place of a newer one."""
    FORGED_ROW = "forged_row"
    """This service did not write a row: its guard does not fit, though the chain may."""
    FORGED_FACT = "forged_fact"
    """No genuine row tells of an attempt, a certificate or a judgement as it stands."""
    CHECKPOINTS_MISSING = "checkpoints_missing"
    """The trail's own table lacks checkpoints that it must have."""
    BEHIND = "witness_behind"
    """A witness folder lacks checkpoints that were signed long ago: nothing is delivered to it any more."""
    RESTORED = "restored"
    """A backup was put back, as a row of the trail says: somebody must see whether it was (core/audit_restores.py)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `source` names the file, or `database`; rows where it shows."""

    trouble: Trouble
    source: str
    first: int | None = None
    last: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KeptNote:
    """A checkpoint as somebody keeps it.

    source    the file, or `database`
    in_place  False when it lies where another one belongs
    latest    kept as the newest of its folder
    folder    what else was kept with it
    """

    source: str
    note: str
    in_place: bool = True
    latest: bool = False
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A checkpoint whose signature holds, and where it came from."""

    checkpoint: Checkpoint
    source: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found. `first_bad` ... `last_bad`: the rows among which the first bad one is, one row when it is known.

    covered      length of the newest checkpoint that fits
    checkpoints  how many different ones were compared
    taken_back   the folders of checkpoints that a restore explains
    """

    rows: int
    head: str
    root: bytes
    checkpoints: int
    covered: int
    problems: tuple[Problem, ...]
    taken_back: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def first_bad(self) -> int | None:
        return min((found.first for found in self.problems if found.first is not None), default=None)

    @property
    def last_bad(self) -> int | None:
        first = self.first_bad
        return min((p.last for p in self.problems if p.first == first and p.last is not None), default=first)


@dataclass(slots=True)
class Walk:
    """A chain and its tree as far as they were walked. A checkpoint's frontier lets a walk go on from there.

    disowned  numbers of rows that need not say what their hash says
    """

    head: str = GENESIS
    frontier: Frontier = field(default_factory=Frontier)
    disowned: frozenset[int] = frozenset()

    @property
    def rows(self) -> int:
        return self.frontier.size

    def take(self, rows: Iterable[StoredRow]) -> bool:
        """Goes on over the next rows; False at the first that does not fit, which is row `rows` + 1."""
        frontier, previous, number = self.frontier, self.head, self.frontier.size
        try:
            for row in rows:
                number += 1
                if not fits(row, number, previous) and not (number in self.disowned and links(row, number, previous)):
                    return False
                previous = row[7]
                frontier.append(bytes.fromhex(previous))
        finally:
            self.head = previous
        return True


def disowned_in(rows: Iterable[StoredRow]) -> frozenset[int]:
    """Numbers of the rows that later ones among these say this service did not write."""
    return frozenset(number for row in rows if row[3] == DISOWNED for number in _disowned(row))


def _disowned(row: StoredRow) -> Iterable[int]:
    try:
        details = json.loads(row[5])
        first, last = int(details["first"]), int(details["last"])
        right = 0 < first <= last < row[0] and last - first < _MOST_AT_ONCE
    except (ValueError, KeyError, TypeError, RecursionError):  # such a row does not fit
        return ()
    return range(first, last + 1) if right else ()


def disowning(numbers: Sequence[int]) -> list[Details]:
    """The details of the rows that disown these, one for each stretch."""
    stretches: list[list[int]] = []
    for number in sorted(numbers):
        if stretches and number == stretches[-1][1] + 1:
            stretches[-1][1] = number
        else:
            stretches.append([number, number])
    return [{"first": first, "last": last} for first, last in stretches]


def examine(
    rows: Iterable[StoredRow],
    head: tuple[int, str] | None,
    notes: Iterable[KeptNote],
    keyholders: Keyholders,
    disowned: frozenset[int] = frozenset(),
) -> Examination:
    """Everything in one pass over the rows.

    head   length and last hash as kept beside the rows; None when nothing is kept (an export's own header counts)
    notes  checkpoints from wherever they are kept, the trail's own among them
    disowned  rows that a genuine later one says are not ours; each is a finding of its own
    """
    known, problems = _opened(notes, keyholders)
    problems += _contradictions(known)
    problems += _missing(known)
    by_rows: dict[int, list[Known]] = defaultdict(list)
    for one in known:
        by_rows[one.checkpoint.rows].append(one)
    problems += [Problem(Trouble.FORGED_ROW, OWN, number, detail="a later row says so") for number in sorted(disowned)]
    walk, covered, found = _walked(iter(rows), by_rows, Walk(disowned=disowned))
    problems += found
    broken = any(one.trouble in {Trouble.CHAIN_BROKEN, Trouble.ROOT_DIFFERS} for one in found)
    if head is not None and not broken and (walk.rows, walk.head) != head:
        problems.append(Problem(Trouble.HEAD_DIFFERS, OWN, min(walk.rows, head[0]) + 1))
    different = len({one.checkpoint for one in known})
    return Examination(walk.rows, walk.head, walk.frontier.root(), different, covered, tuple(problems))


def _opened(notes: Iterable[KeptNote], keyholders: Keyholders) -> tuple[list[Known], list[Problem]]:
    known, problems = [], []
    latest: dict[str, tuple[str, int]] = {}
    newest: dict[str, int] = defaultdict(int)
    for kept in notes:
        try:
            checkpoint = keyholders.open(kept.note)
        except CheckpointInvalid as error:
            problems.append(Problem(Trouble.NOT_SIGNED, kept.source, detail=error.detail))
            continue
        known.append(Known(checkpoint, kept.source))
        newest[kept.folder] = max(newest[kept.folder], checkpoint.number)
        if not kept.in_place:
            problems.append(Problem(Trouble.REPLAYED, kept.source, detail="the file is named for another checkpoint"))
        if kept.latest:
            latest[kept.folder] = (kept.source, checkpoint.number)
    for folder, (source, number) in latest.items():
        if number < newest[folder]:
            problems.append(Problem(Trouble.REPLAYED, source, detail=f"checkpoint {number}, not {newest[folder]}"))
    return known, problems


def _contradictions(known: Sequence[Known]) -> list[Problem]:
    """Two checkpoints of one length must have one root, and two of one number must be the same."""
    problems: dict[tuple[str, str], Problem] = {}
    of_rows: dict[int, Known] = {}
    of_number: dict[int, Known] = {}
    for one in known:
        mine = one.checkpoint
        alike, same = of_rows.setdefault(mine.rows, one), of_number.setdefault(mine.number, one)
        if (alike.checkpoint.root, alike.checkpoint.head) != (mine.root, mine.head):
            problems[one.source, alike.source] = _split(one, alike)
        if same.checkpoint != mine:
            problems[one.source, same.source] = _split(one, same)
    return list(problems.values())


def _split(one: Known, other: Known) -> Problem:
    detail = f"checkpoint {one.checkpoint.number} of {one.checkpoint.rows} rows contradicts {other.source}"
    return Problem(Trouble.SPLIT_VIEW, one.source, detail=detail)


def _missing(known: Sequence[Known]) -> list[Problem]:
    """Every checkpoint was in the trail's own table before anybody else had it."""
    own = {one.checkpoint.number for one in known if one.source == OWN}
    most = max((one.checkpoint.number for one in known), default=0)
    gone = [number for number in range(1, most + 1) if number not in own]
    if not gone:
        return []
    return [Problem(Trouble.CHECKPOINTS_MISSING, OWN, detail=f"{len(gone)} missing, the first is number {gone[0]}")]


def _walked(rows: Iterator[StoredRow], by_rows: dict[int, list[Known]], walk: Walk) -> tuple[Walk, int, list[Problem]]:
    """Walks from checkpoint to checkpoint and to the end; stops at the first row or root that does not fit."""
    covered = 0
    for size in sorted(by_rows):
        if not walk.take(islice(rows, size - walk.rows)):
            return walk, covered, [Problem(Trouble.CHAIN_BROKEN, OWN, walk.rows + 1)]
        if walk.rows < size:
            return (
                walk,
                covered,
                [
                    Problem(Trouble.ROLLED_BACK, one.source, walk.rows + 1, one.checkpoint.rows)
                    for longer in sorted(by_rows)
                    if longer > walk.rows
                    for one in by_rows[longer]
                ],
            )
        root, head = walk.frontier.root(), walk.head
        bad = [one for one in by_rows[size] if (one.checkpoint.root, one.checkpoint.head) != (root, head)]
        if len(bad) == len(by_rows[size]):
            return walk, covered, [Problem(Trouble.ROOT_DIFFERS, one.source, covered + 1, size) for one in bad]
        covered = size
    if not walk.take(rows):
        return walk, covered, [Problem(Trouble.CHAIN_BROKEN, OWN, walk.rows + 1)]
    return walk, covered, []
