"""What happened when, on one axis: records of a death, passes, payments, acts on money, steps; and what clashes.

rules   an event that is known to the month lies between its first and last day
        a pass or a payment for a month after a registered end clashes with it; neither side is believed more
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from auth_service.payments.months import Uncertain, first_unentitled


class Track(StrEnum):
    """The lines of the drawing, from top to bottom."""

    RECORD = "record"
    """What registries say."""
    PASS = "pass"  # noqa: S105 - no password
    PAYMENT = "payment"
    MONEY_ACT = "money_act"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Entry:
    """One mark. code: names its text; detail: what fills it, without names; clashes: with a registered end

    month  of a payment, the month that it is for
    ends   it says that the right ended, as a death does
    """

    track: Track
    first: date
    last: date
    code: str
    detail: str = ""
    month: str = ""
    ends: bool = False
    clashes: bool = False


def time_line(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Oldest first, with the clashes marked."""
    found = sorted(entries, key=lambda one: (one.first, list(Track).index(one.track), one.code))
    end = end_of_right(found)
    return tuple(replace(one, clashes=_clashes(one, end)) for one in found)


def end_of_right(entries: Sequence[Entry]) -> Uncertain | None:
    """What the records leave open about the day; None where none says that the right ended."""
    ends = [one for one in entries if one.ends]
    return Uncertain(min(one.first for one in ends), max(one.last for one in ends)) if ends else None


def _clashes(entry: Entry, end: Uncertain | None) -> bool:
    if end is None:
        return False
    if entry.track is Track.PAYMENT:
        return entry.month >= first_unentitled(end.earliest)
    return entry.track is Track.PASS and entry.first > end.earliest
