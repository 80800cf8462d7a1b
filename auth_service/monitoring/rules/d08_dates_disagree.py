"""D08: two sources tell of one person's death on days that lie too far apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import ClassVar

from auth_service.crosscheck.meanings import DEATHS
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.monitoring.rules.registry_facts import LinkFacts, evidence_of


@dataclass(frozen=True, slots=True)
class DeathsToldFacts:
    """All that stands and tells of one person's death."""

    links: Sequence[LinkFacts]


@dataclass(frozen=True, slots=True)
class DatesDisagree:
    """More than three days between the nearest days that two dates can mean, of two sources.

    source  domain.md section 6, D08
    """

    rule_id: ClassVar[str] = "D08"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    words: ClassVar[RuleWords] = RuleWords(
        "身故日期不一致", "Dates of a death disagree",
        "两个来源登记的身故日期相差超过三天。可能其中一个有误，也可能登记的是不同的人。",
        "Two sources give dates of a death that lie more than three days apart. One of them may be wrong, or they mean"
        " two people.",
        "请分别向两个来源核实；日期确定以前，多发金额只能按最早和最晚两个日期估算，不作为通知依据。",
        "Ask both sources. Until the date is settled, what was paid too much can only be given for the earliest and the"
        " latest date, and nobody is billed for it.",
    )  # fmt: skip
    apart: timedelta = timedelta(days=3)

    def judge(self, facts: DeathsToldFacts, now: datetime) -> Flag | None:
        """One flag for the two that lie farthest apart."""
        told = sorted((one for one in facts.links if self._counts(one)), key=lambda one: one.link)
        pairs = [(_gap(one, other), one, other) for one, other in combinations(told, 2) if one.source != other.source]
        gap, one, other = max(pairs, key=lambda pair: pair[0], default=(timedelta(0), None, None))
        if one is None or other is None or gap <= self.apart:
            return None
        more: Facts = {
            "other_link": other.link, "other_source": other.source, "other_event_date": str(other.event),
            "days_apart": gap.days,
        }  # fmt: skip
        key = f"D08:{one.key}:{other.key}"
        return Flag(self.rule_id, self.version, self.severity, (one.person_id,), evidence_of(one, more), key, now)

    @staticmethod
    def _counts(one: LinkFacts) -> bool:
        return one.meaning in DEATHS and one.strong and one.event is not None


def _gap(one: LinkFacts, other: LinkFacts) -> timedelta:
    """Between the nearest days that both can mean."""
    if one.event is None or other.event is None:
        return timedelta(0)
    first, second = sorted((one.event, other.event), key=lambda event: (event.first, event.last))
    return max(second.first - first.last, timedelta(0))
