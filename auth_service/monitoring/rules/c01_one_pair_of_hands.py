"""C01: an act on money that one person stands for alone where it takes two, or that gives back on no sign of life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.payments.proposals import ADVERSE, Act, Ground, Verdict

OF_WORD = frozenset({Ground.SEEN_IN_PERSON, Ground.REAPPEARED, Ground.PASSED_REMOTELY})
"""Grounds of a resumption that say the person is there; the others rest on a paper of somebody else."""


@dataclass(frozen=True, slots=True)
class ActFacts:
    """One proposal, what ended it, and whether this service wrote both rows as they stand.

    decided_by, verdict, decided_at  None while it waits
    genuine     the guards of both rows fit
    stopped_at  of a resumption: when the act before it took the benefit away; None for other acts, and where nothing
                was taken away before
    sign_at     the first sign of the person after that: a pass made here, an event that a source told, a contest
    """

    proposal_id: str
    person_id: str
    act: Act
    ground: Ground
    needs_two: bool
    proposed_by: str
    genuine: bool
    decided_by: str | None = None
    verdict: Verdict | None = None
    decided_at: datetime | None = None
    stopped_at: datetime | None = None
    sign_at: datetime | None = None

    @property
    def place(self) -> str:
        return self.proposal_id

    @property
    def approved(self) -> bool:
        return self.verdict is Verdict.APPROVED


@dataclass(frozen=True, slots=True)
class OnePairOfHands:
    """Maker and checker are one, a row was written past the service, or a benefit was resumed on nobody's sign.

    The database refuses one person who is both, and rows whose guard does not fit count for nothing: what this rule
    finds of them was written by somebody with the database's password. A resumption takes one person by design; what is
    looked at is one that says the person is there when no pass, event or contest does, a month later still. It is not
    to be undone for that: somebody calls on the person first.
    sign_days  source: own decision; a person who came to the counter is captured there or passes soon after
    source     domain.md section 6, C01
    """

    rule_id: ClassVar[str] = "C01"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.CRITICAL
    resumed_severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "acts_on_money"
    words: ClassVar[RuleWords] = RuleWords(
        "经办与复核不分，或恢复缺少依据", "One pair of hands, or a resumption without a sign",
        "一笔待遇操作的经办与复核是同一人，或数据库中的记录不是本系统写入的，或恢复发放后一个月仍没有任何本人线索。",
        "Maker and checker of an act are one person, or its rows were not written by this service, or a benefit was"
        " resumed and a month later there is still no sign of the person.",
        "请由监督人员查看操作记录和数据库权限；恢复发放的，请先看望本人，不要因本提示再次暂缓。本提示没有改变待遇。",
        "Have an inspector look at the trail and at who may reach the database. Of a resumption call on the person"
        " first and hold nothing because of this flag. Nothing was changed.",
    )  # fmt: skip
    sign_days: int = 30

    def judge(self, facts: ActFacts, now: datetime) -> Flag | None:
        """One flag per proposal and what is odd about it."""
        odd = self._odd(facts, now)
        if odd is None:
            return None
        evidence: Facts = {
            "odd": odd, "act": facts.act.value, "ground": facts.ground.value, "proposal": facts.proposal_id,
            "proposed_by": facts.proposed_by, "decided_by": facts.decided_by,
        }  # fmt: skip
        severity = self.resumed_severity if odd == "no_sign" else self.severity
        key = f"C01:{facts.proposal_id}:{odd}"
        return Flag(self.rule_id, self.version, severity, (facts.person_id,), evidence, key, now)

    def _odd(self, facts: ActFacts, now: datetime) -> str | None:
        if not facts.genuine:
            return "not_written_here"
        if facts.act in ADVERSE and not facts.needs_two:
            return "takes_two"
        if facts.approved and facts.needs_two and facts.decided_by == facts.proposed_by:
            return "one_person"
        return "no_sign" if self._no_sign(facts, now) else None

    def _no_sign(self, facts: ActFacts, now: datetime) -> bool:
        """A pass by camera must have come before the word for it; after another word there is a month for a sign."""
        if facts.act is not Act.RESUME or not facts.approved or facts.ground not in OF_WORD:
            return False
        if facts.decided_at is None or facts.stopped_at is None:
            return False
        days = 0 if facts.ground is Ground.PASSED_REMOTELY else self.sign_days
        until = facts.decided_at + timedelta(days=days)
        return now > until and (facts.sign_at is None or facts.sign_at > until)
