"""D07: somebody passed after the day on which a registry says that they died."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from auth_service.crosscheck.meanings import DEATHS
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.monitoring.rules.registry_facts import LinkFacts, evidence_of
from auth_service.qualification.grades import EventKind


@dataclass(frozen=True, slots=True)
class Sign:
    """What a source told that passes somebody by itself: a discharge, a gate, another region's certificate, a visit."""

    kind: EventKind
    source: str


@dataclass(frozen=True, slots=True)
class PassAfterFacts:
    """A finding of somebody's death, and a pass of theirs.

    pass_id    of the capture made here; of a sign, of the row in which its source first told of it
    passed_on  the legal day of the capture; of a sign, the whole day on which its source saw the person, whenever it
               told of it. A file of signs with less than a day is refused, so that this is never a span
    sign       None: the pass was made here
    """

    link: LinkFacts
    pass_id: str
    passed_on: date
    sign: Sign | None = None


@dataclass(frozen=True, slots=True)
class PassedAfter:
    """A pass behind the last day that the registered date can mean.

    Two stories fit: the record is wrong and the person alive, or somebody else stood before the camera, the gate or the
    clerk. Neither is said to be so; both are looked at by two people, and nobody just seen in person loses anything
    (payments/proposals.py refuses it). Only findings that surely mean the person: a relative's number on a death record
    would otherwise cast a doubt on every pass of the living. Only passes that one event is: weak signs, which anybody
    can make with a card or a telephone, say nothing of who stood there, and add up to none while such a finding stands.

    source  domain.md section 6, D07
    """

    rule_id: ClassVar[str] = "D07"
    version: ClassVar[int] = 2
    severity: ClassVar[Severity] = Severity.CRITICAL
    words: ClassVar[RuleWords] = RuleWords(
        "登记日期之后仍有认证", "A pass after the registered date",
        "登记的身故日期之后，此人有一次认证通过：本系统的采集，或医院、交通、其他地区等来源的记录。"
        "可能是登记有误、本人健在，也可能当时不是本人。两种可能都要查，不作认定。",
        "This person passed after the date on which a registry says that they died: by a capture made here, or by the"
        " word of a hospital, a gate or another office. The registry may be wrong and the person alive, or it was"
        " somebody else. Both have to be looked into, and neither is settled.",
        "请两人分别查看登记和采集（或向来源核对记录），三日内当面核实，材料留存。当面见到本人的，不得暂缓待遇，"
        "并请登记部门更正。",
        "Two people look at the record and at the capture, or ask the source of the sign, and somebody sees the person"
        " within three days; keep what there is. Whoever was seen in person keeps the benefit, and the registry is"
        " asked to put it right.",
    )  # fmt: skip

    def judge(self, facts: PassAfterFacts, now: datetime) -> Flag | None:
        """One flag for each pass and finding, and again where the row came to hold again: the case that asks anew needs
        a meeting anew. A pass on the last possible day itself says nothing."""
        link = facts.link
        if link.meaning not in DEATHS or not link.strong or link.event is None or facts.passed_on <= link.event.last:
            return None
        days = (facts.passed_on - link.event.last).days
        told: Facts = {"evidence": facts.pass_id}
        if facts.sign is not None:
            told = {"sign": facts.sign.kind.value, "sign_source": facts.sign.source}
        more: Facts = {**told, "passed_on": facts.passed_on.isoformat(), "days_after": days}
        key = f"D07:{link.key}:{facts.pass_id}"
        return Flag(self.rule_id, self.version, self.severity, (link.person_id,), evidence_of(link, more), key, now)
