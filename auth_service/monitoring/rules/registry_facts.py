"""What the rules on registries look at: one finding of linkage, and the flag that it becomes.

An ID number beside another name is a relative's until people say otherwise, so a weak finding is never critical.
source: domain.md section 6, D01; crosscheck/rules.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.person import BenefitKind
from auth_service.crosscheck.agreement import Agreement
from auth_service.crosscheck.meanings import Meaning
from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.sources import RegistryKind
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A registry's row that may mean a person.

    link      id of the finding
    benefits  the kinds that the person draws
    renewed   how often the row came to hold again after it was taken back
    """

    link: str
    person_id: str
    kind: RegistryKind
    source: str
    meaning: Meaning
    link_rule: str
    strength: Strength
    agreement: Agreement
    event: PartialDate | None = None
    benefits: frozenset[BenefitKind] = frozenset()
    renewed: int = 0

    @property
    def strong(self) -> bool:
        return self.strength is Strength.STRONG

    @property
    def key(self) -> str:
        """The finding, as often as it came to hold."""
        return f"{self.link}:{self.renewed}" if self.renewed else self.link


def evidence_of(facts: LinkFacts, more: Facts | None = None) -> Facts:
    """What a flag about a finding shows: always these keys, and what the rule adds."""
    levels = {f"{name}_level": level.value for name, level in facts.agreement._asdict().items()}
    return {
        "link": facts.link,
        "kind": facts.kind.value,
        "source": facts.source,
        "link_rule": facts.link_rule,
        "strength": facts.strength.value,
        **levels,
        "event_date": None if facts.event is None else str(facts.event),
        **(more or {}),
    }


class TellsOfPerson:
    """A rule that fires on what a row says has happened to somebody, whoever says it.

    meanings     on which it fires
    lesser_words what is said where the row agrees only in part; None: the same
    """

    rule_id: ClassVar[str]
    version: ClassVar[int] = 1
    severity: ClassVar[Severity]
    words: ClassVar[RuleWords]
    lesser_words: ClassVar[RuleWords | None] = None
    meanings: ClassVar[frozenset[Meaning]]

    def judge(self, facts: LinkFacts, now: datetime) -> Flag | None:
        """One flag for each finding."""
        if facts.meaning not in self.meanings or not self.concerns(facts, now):
            return None
        severity = severity_of(self.severity, facts.strength)
        key = f"{self.rule_id}:{facts.key}"
        return Flag(self.rule_id, self.version, severity, (facts.person_id,), evidence_of(facts), key, now)

    def concerns(self, facts: LinkFacts, now: datetime) -> bool:  # noqa: ARG002 - for rules that ask for more
        """Whether it asks about this person's benefits, at this time."""
        return True

    @classmethod
    def other_words(cls) -> Mapping[Severity, RuleWords]:
        """Words of a flag whose severity is another than the rule's."""
        lesser = severity_of(cls.severity, Strength.WEAK)
        return {} if cls.lesser_words is None or lesser is cls.severity else {lesser: cls.lesser_words}


def severity_of(severity: Severity, strength: Strength) -> Severity:
    """A weak finding asks a person to look and is never critical."""
    return Severity.HIGH if strength is Strength.WEAK and severity is Severity.CRITICAL else severity
