"""The time line of a case as coordinates of a drawing (an inline SVG): one axis, a lane for each kind of fact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from auth_service.casework.time_line import Entry, Track, end_of_right
from auth_service.payments.months import later, month_of

WIDTH, LEFT, RIGHT, TOP, LANE = 1120.0, 150.0, 1100.0, 34.0, 46.0
HEIGHT = TOP + LANE * len(Track) + 30.0
_DAYS_DRAWN = 550
"""Before the last entry: a year and a half shows what clashes; what is older stands in the table."""
_LEAST_DAYS = 60
_TICKS = 10
_NEAR = 13.0
"""Marks closer than this are drawn one above the other."""
_STAGGER = (0.0, -12.0, 12.0)
_AXES = (1, 2, 3, 6, 12)


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry. x, wide: its place and, of an uncertain day, its length; number: its row in the table"""

    track: Track
    x: float
    y: float
    wide: float
    clashes: bool
    number: int


@dataclass(frozen=True, slots=True)
class Lane:
    """y of its middle."""

    track: Track
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A month on the axis."""

    x: float
    word: str


@dataclass(frozen=True, slots=True)
class CaseChart:
    """end_x: of the first day on which the right may have ended; older: how many entries lie before the drawing"""

    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    end_x: float | None
    end_word: str
    older: int


def chart_of(entries: Sequence[Entry]) -> CaseChart | None:
    """None where there is nothing to draw. entries: oldest first"""
    if not entries:
        return None
    last = max(one.last for one in entries)
    first = max(min(one.first for one in entries), last - timedelta(days=_DAYS_DRAWN))
    first = min(first, last - timedelta(days=_LEAST_DAYS)).replace(day=1)
    span = (last - first).days + 8

    def place(day: date) -> float:
        return round(LEFT + 14 + (RIGHT - LEFT - 28) * max((day - first).days, 0) / span, 1)

    lanes = tuple(Lane(track, TOP + LANE * (number + 0.5)) for number, track in enumerate(Track))
    middle = {lane.track: lane.y for lane in lanes}
    drawn = [(number, one) for number, one in enumerate(entries, start=1) if one.last >= first]
    marks, latest = list[Mark](), dict[Track, tuple[float, int]]()
    for number, one in drawn:
        x, wide = place(one.first), place(one.last) - place(one.first)
        before, level = latest.get(one.track, (-_NEAR, 0))
        level = (level + 1) % len(_STAGGER) if x - before < _NEAR else 0
        latest[one.track] = (x, level)
        marks.append(Mark(one.track, x, middle[one.track] + _STAGGER[level], wide, one.clashes, number))
    end = end_of_right(entries)
    inside = end is not None and end.earliest >= first
    return CaseChart(
        lanes, tuple(marks), _ticks(first, last, place), place(end.earliest) if end and inside else None,
        end.earliest.isoformat() if end and inside else "", len(entries) - len(drawn),
    )  # fmt: skip


def _ticks(first: date, last: date, place: Callable[[date], float]) -> tuple[Tick, ...]:
    months, month = list[str](), month_of(first)
    while month <= month_of(last):
        months.append(month)
        month = later(month)
    every = next((step for step in _AXES if len(months) / step <= _TICKS), _AXES[-1])
    return tuple(Tick(place(date(int(one[:4]), int(one[5:]), 1)), one) for one in months[::every])
