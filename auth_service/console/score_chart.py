"""Where a comparison score lies between the thresholds, as coordinates of a small drawing (an inline SVG)."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.matching.comparison import ComparisonDecision

WIDTH, HEIGHT = 360.0, 104.0
_MARGIN = 8.0
_BEYOND = 1.6
"""How far the drawing reaches beyond a threshold, in widths of the grey zone."""
_LEAST_ZONE = 0.05
"""Of a similarity: a grey zone that is narrower would leave no room for a drawing."""


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """Places along the drawing, 0..WIDTH.

    grey, accept, score  of the two thresholds and of the comparison
    anchor               where the score's number is tied to its mark, so that it stays inside: start, middle or end
    """

    left: float
    right: float
    grey: float
    accept: float
    score: float
    anchor: str


def chart_of(compared: ComparisonDecision) -> ScoreChart:
    """Both thresholds and the score, whatever its metric; a score far outside lies at the edge."""
    zone = max(compared.accept_at - compared.grey_at, _LEAST_ZONE)
    low = min(compared.grey_at - _BEYOND * zone, max(compared.similarity, compared.grey_at - 4 * zone))
    high = max(compared.accept_at + _BEYOND * zone, min(compared.similarity, compared.accept_at + 4 * zone))
    room = WIDTH - 2 * _MARGIN

    def place(value: float) -> float:
        return round(_MARGIN + room * min(max((value - low) / (high - low), 0.0), 1.0), 1)

    score = place(compared.similarity)
    anchor = "start" if score < WIDTH / 6 else "end" if score > WIDTH * 5 / 6 else "middle"
    return ScoreChart(_MARGIN, WIDTH - _MARGIN, place(compared.grey_at), place(compared.accept_at), score, anchor)
