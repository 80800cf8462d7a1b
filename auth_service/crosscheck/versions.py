"""What a source has said under one reference, and which of it holds: the newest by the source's own clock.

Files come in any order. An older version that comes late is kept and holds nothing; a void holds until something newer
is said. Where a source tells no time, the day of the import stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auth_service.core.errors import ReferenceRepeated
from auth_service.crosscheck.sources import RegistryAct

_RANK = {RegistryAct.NEW: 0, RegistryAct.CORRECT: 1, RegistryAct.VOID: 2}
"""Of two at one instant: a correction is of something, and a void gives back to the living."""


class Change(StrEnum):
    """What a row is beside those known."""

    ADDED = "added"
    LATE = "late"
    """Added, and something newer is known already."""
    UNCHANGED = "unchanged"
    """Exactly this was told before."""


@dataclass(frozen=True, slots=True)
class Version:
    """One thing said under a reference.

    at        the source's time, or where `time_given` is False the import's
    content   a keyed hash of what it says; None once that was erased
    place     tells two of one instant apart: the batch's place, then the row
    """

    record_id: str
    act: RegistryAct
    at: datetime
    time_given: bool
    content: bytes | None
    place: tuple[int, int] = (0, 0)


def in_force(said: Iterable[Version]) -> Version | None:
    """The version that holds, whatever order they came in; it may be a void."""
    return max(said, key=lambda one: (one.at, _RANK[one.act], one.place), default=None)


def change_of(known: Sequence[Version], told: Version) -> Change:
    """What a row is beside those of its reference that count already.

    raises   ReferenceRepeated: other contents with the same act and time
    """
    if not told.time_given:
        holds = in_force(known)
        if holds is not None and holds.act is told.act and holds.content in {None, told.content}:
            return Change.UNCHANGED
    for one in known:
        if one.act is told.act and one.at == told.at:
            if one.content is not None and one.content != told.content:
                raise ReferenceRepeated(field="source_ref")
            return Change.UNCHANGED
    newest = in_force([*known, told])
    return Change.ADDED if newest is told else Change.LATE
