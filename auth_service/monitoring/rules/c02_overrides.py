"""C02: a reviewer who accepts far more captures than their colleagues do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.core.intervals import clopper_pearson
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity

WINDOW_DAYS = 90
"""Reviews are counted over so many days. No parameter: the set is counted by it. source: own decision, a quarter"""


@dataclass(frozen=True, slots=True)
class OverrideFacts:
    """What one reviewer said of captures within the window, and what all others together did.

    accepted    the person on file, the machine had not been sure
    against     accepted although the machine found no likeness at all (zone `non_match`), some of `accepted`
    peers       how many others there are
    """

    staff_id: str
    decided: int
    accepted: int
    against: int
    peers: int
    peers_decided: int
    peers_accepted: int
    peers_against: int

    @property
    def place(self) -> str:
        return self.staff_id


@dataclass(frozen=True, slots=True)
class Overrides:
    """Accepting, or accepting against the machine, more than three times as often as the others, beyond chance.

    Beyond chance: the lower end of the reviewer's own exact 95 % interval lies above three times the upper end of the
    others'. So a handful of captures flags nobody, and neither does a desk with one other reviewer.
    least   reviews that either side must have. source: the rule of thirty, as for rates of comparisons
    source  domain.md section 6, C02; the interval: core/intervals.py
    """

    rule_id: ClassVar[str] = "C02"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "overrides"
    words: ClassVar[RuleWords] = RuleWords(
        "人工通过比例明显高于同事", "Accepts far more than colleagues do",
        "这名复核人员近九十天人工通过的比例是其他人的三倍以上，且不是偶然。可能分到的采集本来就不同，也可能把关过松。",
        "Within ninety days this reviewer accepted more than three times as often as the others, beyond chance: other"
        " captures may come to them, or they may be too lenient.",
        "请由另一人抽查其中一部分采集；以前的认证仍然有效，待遇没有改变，也不能仅凭此项认定任何人的责任。",
        "Have somebody else look at a sample of those captures. The passes stand, nothing was changed, and nobody is to"
        " be blamed on this ground alone.",
    )  # fmt: skip
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = {
        "times": (Decimal(1), Decimal(100)),
        "least": (Decimal(1), Decimal(10_000)),
        "least_peers": (Decimal(1), Decimal(100)),
    }
    times: int = 3
    least: int = 30
    least_peers: int = 2

    def judge(self, facts: OverrideFacts, now: datetime) -> Flag | None:
        """One flag per reviewer and month."""
        if min(facts.decided, facts.peers_decided) < self.least or facts.peers < self.least_peers:
            return None
        more = self._beyond(facts.accepted, facts.decided, facts.peers_accepted, facts.peers_decided)
        against = self._beyond(facts.against, facts.decided, facts.peers_against, facts.peers_decided)
        if not more and not against:
            return None
        evidence: Facts = {
            "staff": facts.staff_id, "against_machine": against, "decided": facts.decided, "accepted": facts.accepted,
            "against": facts.against, "peers": facts.peers, "peers_decided": facts.peers_decided,
            "peers_accepted": facts.peers_accepted, "peers_against": facts.peers_against,
        }  # fmt: skip
        key = f"C02:{facts.staff_id}:{legal_date(now):%Y-%m}"
        return Flag(self.rule_id, self.version, self.severity, (), evidence, key, now)

    def _beyond(self, own: int, of: int, others: int, of_others: int) -> bool:
        return clopper_pearson(own, of)[0] > self.times * clopper_pearson(others, of_others)[1]
