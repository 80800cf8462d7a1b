"""How numbers went from month to month, as coordinates of a small drawing (an inline SVG). A table stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720.0, 260.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 190.0, 14.0, 30.0
_LABELS_APART = 17.0
_MOST_WORDS = 8
"""Months named under the drawing; more would run into one another."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. points: as SVG wants them; label_y: where its name stands at the right end; style: 1, 2, ..."""

    name: str
    style: int
    points: str
    dots: tuple[tuple[float, float], ...]
    label_y: float


@dataclass(frozen=True, slots=True)
class MonthChart:
    """Places in a drawing of WIDTH by HEIGHT. scale: (height, number) of the lines across; words: (place, month)"""

    lines: tuple[Line, ...]
    scale: tuple[tuple[float, int], ...]
    words: tuple[tuple[float, str], ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    bottom: float = HEIGHT - _BOTTOM


def months_chart(months: Sequence[str], values: Mapping[str, Sequence[int]]) -> MonthChart | None:
    """values: name of a line -> its number in each month. None: of one month there is nothing to draw"""
    if len(months) < 2:
        return None
    top = _round_up(max((number for line in values.values() for number in line), default=0))
    step = (WIDTH - _LEFT - _RIGHT) / (len(months) - 1)

    def height(number: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - number / top), 1)

    dots = {
        name: tuple((round(_LEFT + place * step, 1), height(number)) for place, number in enumerate(line))
        for name, line in values.items()
    }
    labels = _apart({name: line[-1][1] for name, line in dots.items()})
    every = -(-len(months) // _MOST_WORDS)
    return MonthChart(
        lines=tuple(
            Line(name, style, " ".join(f"{x},{y}" for x, y in line), line, labels[name])
            for style, (name, line) in enumerate(dots.items(), start=1)
        ),
        scale=tuple((height(number), number) for number in (0, top // 2, top)),
        words=tuple(
            (round(_LEFT + place * step, 1), month)
            for place, month in enumerate(months)
            if (len(months) - 1 - place) % every == 0
        ),
    )


def _round_up(most: int) -> int:
    """An even number that a person reads easily, and never nothing."""
    size = 2
    while size < most:
        size = size * 5 // 2 if str(size)[0] == "2" else size * 2
    return size


def _apart(wanted: Mapping[str, float]) -> dict[str, float]:
    """Names at the ends of their lines, moved so far that each can be read."""
    placed: dict[str, float] = {}
    lowest = _TOP
    for name, y in sorted(wanted.items(), key=lambda one: one[1]):
        placed[name] = max(y, lowest)
        lowest = placed[name] + _LABELS_APART
    over = max(0.0, lowest - _LABELS_APART - (HEIGHT - 4))
    return {name: round(y - over, 1) for name, y in placed.items()}
