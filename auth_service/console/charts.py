"""Numbers as bars, worked out here and drawn by the template as inline SVG: no script, no inline style, no file from
elsewhere (docs/decisions/0040-charts.md). Each chart stands beside a table with the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 360
_ROW, _TOP = 44, 4
_BAR_AT, _BAR = 19, 13
"""Below the line of words of each row, in units of the drawing."""
MOST_BARS = 12
"""Of a longer list the first ones are drawn; the table has all."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One bar to be. low, high: the interval around a rate; None for a count"""

    label: str
    value: float
    shown: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar as drawn: `words` and `top` are heights, `low` and `high` places along it, None where there is none."""

    label: str
    shown: str
    words: float
    top: float
    length: float
    low: float | None
    high: float | None

    @property
    def beneath(self) -> float:
        """Where the interval lies, so that it is seen on and beyond the bar."""
        return self.top + _BAR + 5


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing WIDTH units wide."""

    title: str
    bars: tuple[Bar, ...]
    height: int
    thick: int = _BAR
    width: int = WIDTH


def chart(title: str, measures: Sequence[Measure]) -> Chart | None:
    """All bars on one scale that begins at zero and ends at the longest bar or interval. None: nothing to draw"""
    drawn = measures[:MOST_BARS]
    most = max((max(one.value, one.high or 0.0) for one in drawn), default=0.0)
    if most <= 0:
        return None

    def place(value: float) -> float:
        return round(WIDTH * min(max(value / most, 0.0), 1.0), 1)

    bars = tuple(
        Bar(
            label=one.label,
            shown=one.shown,
            words=_TOP + row * _ROW + 13,
            top=_TOP + row * _ROW + _BAR_AT,
            length=place(one.value),
            low=None if one.low is None else place(one.low),
            high=None if one.high is None else place(one.high),
        )
        for row, one in enumerate(drawn)
    )
    return Chart(title, bars, _TOP + len(drawn) * _ROW)
