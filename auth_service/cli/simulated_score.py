"""What each rule found of what was true: precision and recall, each with its interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auth_service.monitoring.scorecard import wilson

NOT_PLAYED = {
    "D05": "no village forms",
    "D07": "it asks which is wrong, the record or the sign, and says neither; captures are not played",
    "D09": "files of the simulation are whole",
    "D10": "the ledger has no claims",
    "D11": "it asks for a visit and says nothing that could be true or not",
    "V": "captures are not played: measured by `evaluate`",
}


@dataclass(frozen=True, slots=True)
class Share:
    """part of whole, and the 95 % interval of the share (monitoring/scorecard.py)"""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        if not self.whole:
            return 0.0, 1.0
        found = wilson(self.part, self.whole)
        return found.low, found.high

    def document(self) -> dict[str, float | int | None]:
        low, high = self.interval
        value = self.value
        return {
            "part": self.part, "whole": self.whole, "value": None if value is None else round(value, 4),
            "low": round(low, 4), "high": round(high, 4),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class RuleScore:
    """One rule over a year. precision: of the people flagged, of whom it is true; recall: of those, who were flagged"""

    rule_id: str
    precision: Share
    recall: Share

    def document(self) -> dict[str, object]:
        return {"rule": self.rule_id, "precision": self.precision.document(), "recall": self.recall.document()}


def scores(flagged: Iterable[tuple[str, str]], truth: Mapping[str, set[str]]) -> list[RuleScore]:
    """flagged: (rule, person key); truth: rule -> keys of the people of whom it is true"""
    found: dict[str, set[str]] = defaultdict(set)
    for rule_id, key in flagged:
        found[rule_id].add(key)
    return [
        RuleScore(
            rule_id,
            Share(len(found[rule_id] & truth.get(rule_id, set())), len(found[rule_id])),
            Share(len(found[rule_id] & truth.get(rule_id, set())), len(truth.get(rule_id, set()))),
        )
        for rule_id in sorted({*found, *truth})
    ]
