"""S08: the ledger and the offices' lists disagree on whether somebody holds a tag of poverty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from auth_service.beneficiaries.tags import Tag
from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity

POVERTY = frozenset(
    {Tag.REGISTERED_POOR, Tag.LIFTED_FROM_POVERTY, Tag.MONITORED, Tag.SUBSISTENCE, Tag.EXTREME_HARDSHIP}
)
"""Tags that an office outside keeps a list of, and that the ledger repeats. source: domain.md section 11"""


@dataclass(frozen=True, slots=True)
class PovertyTagFacts:
    """One tag of one person, as the ledger and the lists have it today.

    tag_key      keyed hash of the tag, in hex: whoever reads a flag's row in the database learns of no hardship
    by_ledger, by_lists  whether each says today that the person holds it
    ledger_tells, lists_tell  whether each has ever spoken of this tag at all, of anybody
    since        the day of the newest word on it, of this person or the first on anybody by the side that is silent
    """

    person_id: str
    tag_key: str
    by_ledger: bool
    by_lists: bool
    ledger_tells: bool
    lists_tell: bool
    since: date

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class PovertyTagMismatch:
    """A tag in the ledger that no list knows, or on a list and not in the ledger, for more than six weeks.

    Only of tags of which both sides tell something: an agency that imports no lists, or keeps no tags, has nothing to
    compare. Which tag it is stands on the person's page and not in the flag. A subsidy without a tag is not looked at:
    see docs/rules.md.
    days    source: domain.md section 11, lists are compared monthly; a fortnight more for the post
    source  domain.md section 6, S08
    """

    rule_id: ClassVar[str] = "S08"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.MEDIUM
    candidates: ClassVar[str] = "poverty_tags"
    words: ClassVar[RuleWords] = RuleWords(
        "困难身份标识与名单不一致", "A tag of hardship differs from the lists",
        "台账中的困难身份标识与主管部门名单不一致：台账有而名单没有，或名单有而台账没有。常见原因是更新时间不同或证件号码有误。",
        "The ledger's tag of hardship and the office's list disagree: in one and not in the other. Most often they were"
        " brought up to date on different days, or a number has a slip.",
        "请与主管部门核对后更正台账或名单，符合条件的不要漏掉保护。待遇没有改变，也不能仅凭此项改变。",
        "Ask the office, then correct the ledger or the list; whoever is entitled to protection must not lose it."
        " Nothing was changed, and nothing may be on this ground alone.",
    )  # fmt: skip
    days: int = 45

    def judge(self, facts: PovertyTagFacts, now: datetime) -> Flag | None:
        """One flag per tag and change of it."""
        if facts.by_ledger == facts.by_lists or not (facts.ledger_tells and facts.lists_tell):
            return None
        if legal_date(now) - facts.since <= timedelta(days=self.days):
            return None
        mismatch = "only_in_ledger" if facts.by_ledger else "only_on_list"
        evidence: Facts = {"mismatch": mismatch, "since": str(facts.since)}
        key = f"S08:{facts.person_id}:{facts.tag_key}:{facts.since}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now, hidden_key=True)
