"""D13: what a registry said of somebody is taken back or corrected. Urgent where money was taken away for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.crosscheck.meanings import DEATHS, Meaning
from auth_service.crosscheck.standing import LinkAct
from auth_service.monitoring.flags import Flag, RuleWords, Severity
from auth_service.monitoring.rules.registry_facts import LinkFacts, evidence_of
from auth_service.payments.proposals import OF_DEATH, Ground

_CUSTODY = frozenset({Ground.IMPRISONED, Ground.DETAINED})
_CONDITION = frozenset({Ground.CONDITION_ENDED})
GROUNDS_OF: dict[Meaning, frozenset[Ground]] = {
    **dict.fromkeys(DEATHS, OF_DEATH | {Ground.NOT_REACHED}),
    **dict.fromkeys((Meaning.SERVING, Meaning.DETAINED, Meaning.SERVED_OUTSIDE), _CUSTODY),
    **dict.fromkeys((Meaning.EXIT, Meaning.SETTLED_ABROAD), frozenset({Ground.LEFT_COUNTRY})),
    **dict.fromkeys((Meaning.MARRIED, Meaning.ADOPTED, Meaning.EMPLOYED), _CONDITION),
    Meaning.MISSING: frozenset({Ground.MISSING, Ground.NOT_REACHED}),
    Meaning.OTHER_ROLL: frozenset({Ground.OTHER_BENEFIT}),
}
"""Grounds of acts that a row of such a meaning may have led to; besides, DATA_CONFLICT of any. source: own decision:
who cannot be reached is often held because a record said that they had died"""


@dataclass(frozen=True, slots=True)
class TakenBackFacts:
    """A finding that stood until now.

    act         what became of it
    still_told  something else stands that surely means the person and says the same
    stopped     grounds on which benefits of the person are held, suspended or ended now
    times       how many acts there were about this finding
    """

    link: LinkFacts
    act: LinkAct
    still_told: bool
    stopped: frozenset[Ground]
    times: int = 1


@dataclass(frozen=True, slots=True)
class RecordTakenBack:
    """A void, a correction, a discarded file, or a person who has found that the row means somebody else.

    Low where nobody lost anything by it; critical where a benefit is stopped on a ground that the row may have been.

    source  domain.md section 6, D13; finding 9: a wrong record of death is the worst harm
    """

    rule_id: ClassVar[str] = "D13"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.LOW
    urgent_severity: ClassVar[Severity] = Severity.CRITICAL
    words: ClassVar[RuleWords] = RuleWords(
        "登记已撤销或更正", "A registry took back or corrected its record",
        "原先与此人有关的一条登记已撤销、更正或作废，由它产生的疑点随之失效。",
        "A record about this person was voided, corrected or discarded. What was asked because of it is asked no more.",
        "请查看由该登记产生的疑点和正在办理的事项，予以了结；更正后仍与此人有关的，按新的内容核实。",
        "Look at what was raised or begun because of the record, and end it. Where the correction still means this"
        " person, go on with what it says now.",
    )  # fmt: skip
    urgent_words: ClassVar[RuleWords] = RuleWords(
        "登记已撤销，待遇仍未恢复", "The record is gone, and the benefit still stopped",
        "此人的待遇因一条登记被暂缓或暂停，而该登记已撤销、更正或作废。此人可能一直健在而没有收入。",
        "A benefit of this person is stopped on a record that was taken back. They may be alive and without money.",
        "请立即核实并恢复待遇、补发，一人即可办理；向本人说明并致歉，请来源确认更正。",
        "Check at once, resume the benefit and pay what was withheld: one person may do so. Tell the person why, say"
        " that we are sorry, and have the source confirm its correction.",
    )  # fmt: skip

    def judge(self, facts: TakenBackFacts, now: datetime) -> Flag | None:
        """One flag for each time. Rows that no rule asks about raised nothing, and take nothing back."""
        grounds = GROUNDS_OF.get(facts.link.meaning)
        if grounds is None:
            return None
        urgent = not facts.still_told and bool(facts.stopped & (grounds | {Ground.DATA_CONFLICT}))
        severity = self.urgent_severity if urgent else self.severity
        more = {"taken_back": facts.act.value, "still_told": facts.still_told, "stopped": urgent}
        key = f"D13:{facts.link.link}:{facts.times}"
        evidence = evidence_of(facts.link, more)
        return Flag(self.rule_id, self.version, severity, (facts.link.person_id,), evidence, key, now)

    @classmethod
    def other_words(cls) -> Mapping[Severity, RuleWords]:
        """Words of a flag whose severity is another than the rule's."""
        return {cls.urgent_severity: cls.urgent_words}
