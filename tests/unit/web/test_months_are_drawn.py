"""The drawing of months: inside its frame, names apart, and nothing where there is nothing to compare."""

from __future__ import annotations

import itertools

from auth_service.console.month_chart import HEIGHT, WIDTH, months_chart

MONTHS = [f"2026-{month:02}" for month in range(1, 13)]


def test_one_month_is_no_course() -> None:
    assert months_chart(["2026-01"], {"a": [3]}) is None


def test_everything_lies_inside_and_more_lies_higher() -> None:
    chart = months_chart(MONTHS, {"a": list(range(12)), "b": [11] * 12, "c": [0] * 12, "d": [0] * 12})
    assert chart is not None
    dots = [dot for line in chart.lines for dot in line.dots]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in dots)
    rising = [y for _, y in chart.lines[0].dots]
    assert rising == sorted(rising, reverse=True)
    assert max(number for _, number in chart.scale) >= 11
    assert len(chart.words) <= 8
    assert chart.words[-1][1] == "2026-12"


def test_names_can_be_read_where_lines_end_together() -> None:
    chart = months_chart(MONTHS[:2], {key: [0, 0] for key in "abcd"})
    assert chart is not None
    places = sorted(line.label_y for line in chart.lines)
    assert all(lower - upper >= 17 for upper, lower in itertools.pairwise(places))
    assert places[-1] <= HEIGHT
