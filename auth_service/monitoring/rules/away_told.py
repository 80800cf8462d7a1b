"""S04 and S05: somebody left the country, or is missing, and time has passed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.crosscheck.meanings import Meaning
from auth_service.monitoring.flags import Flag, RuleWords, Severity
from auth_service.monitoring.rules.registry_facts import LinkFacts, TellsOfPerson, evidence_of
from auth_service.qualification.period import months_after


@dataclass(frozen=True, slots=True)
class AbroadFacts:
    """A row that tells of leaving. came_back: an entry since is known, however surely"""

    link: LinkFacts
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class LeftCountry:
    """Settled abroad or lost the nationality; or went out more than twelve months ago, and no entry is known.

    source  domain.md section 6, S04
    """

    rule_id: ClassVar[str] = "S04"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.MEDIUM
    words: ClassVar[RuleWords] = RuleWords(
        "长期在境外", "Abroad for long",
        "登记显示此人可能已到境外定居，或出境超过一年没有入境信息。",
        "This person may have settled abroad, or went out more than a year ago, and no return is known.",
        "请联系本人，说明可用视频或驻外使领馆证明认证。待遇没有改变，也不能仅凭此项改变。",
        "Call the person, and tell them of the ways from abroad, such as a consulate's certificate. Nothing was changed"
        " about the benefit, and nothing may be on this ground alone.",
    )  # fmt: skip
    months: int = 12

    def judge(self, facts: AbroadFacts, now: datetime) -> Flag | None:
        """One flag for each finding."""
        link = facts.link
        left = link.meaning is Meaning.EXIT and not facts.came_back and _longer_ago(link, self.months, now)
        if not left and link.meaning is not Meaning.SETTLED_ABROAD:
            return None
        key = f"S04:{link.key}"
        return Flag(self.rule_id, self.version, self.severity, (link.person_id,), evidence_of(link), key, now)


class Missing(TellsOfPerson):
    """Missing for more than six months."""

    rule_id: ClassVar[str] = "S05"
    severity: ClassVar[Severity] = Severity.HIGH
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.MISSING})
    words: ClassVar[RuleWords] = RuleWords(
        "失踪超过六个月", "Missing for more than six months",
        "一条失踪信息可能是此人，距今已超过六个月。",
        "A record of somebody missing may mean this person; more than six months have passed.",
        "请向家属和公安机关核实，并上门查看。需要暂缓的由两人办理；本人重新出现的，予以恢复和补发。",
        "Ask the family and the police, and go to see. A hold takes two people; whoever reappears gets the benefit and"
        " what was withheld.",
    )  # fmt: skip
    months: ClassVar[int] = 6

    def concerns(self, facts: LinkFacts, now: datetime) -> bool:
        return _longer_ago(facts, self.months, now)


def _longer_ago(link: LinkFacts, months: int, now: datetime) -> bool:
    """Whether even the last day that the date can mean lies farther back. Without a date nobody knows."""
    return link.event is not None and legal_date(now) > months_after(link.event.last, months, month_end=False)
