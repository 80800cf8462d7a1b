"""I08: the telephone on file changed shortly before a pass that nobody attended, or while a death was in question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class PhoneChangeFacts:
    """The ledger put another telephone in the place of one.

    pass_id, passed_at, channel  the first pass by camera alone since; None: there is none
    doubt_since  since when an act stands that rests on a record of death or a conflict of sources; None: none does
    """

    person_id: str
    change_id: str
    changed_at: datetime
    pass_id: str | None = None
    passed_at: datetime | None = None
    channel: str | None = None
    doubt_since: datetime | None = None

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class ChangedContact:
    """A new telephone and within thirty days a pass by it alone; or a new telephone once a death was in question.

    Passes at which an officer saw the person do not count: no telephone helps there.
    recent_days  a pass or change longer ago is asked about no more. source: own decision, as for I07
    source       domain.md section 6, I08. Where the money goes is not looked at: see docs/rules.md
    """

    rule_id: ClassVar[str] = "I08"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "phone_changes"
    words: ClassVar[RuleWords] = RuleWords(
        "更换联系电话后不久通过认证", "A pass soon after the telephone changed",
        "台账中的联系电话更换后三十天内，本人自助通过了认证，或者在身故线索尚未核清时更换了电话。换号码很常见，"
        "也可能有人先换成自己的号码。",
        "The telephone on file was changed and a self-service pass followed within thirty days, or it was changed while"
        " a record of a death is open. People change numbers; somebody may also have put in their own first.",
        "请拨打原来的号码，向本人或联系人核实是谁换的、为什么换；认证仍然有效，待遇没有改变，也不能仅凭此项改变。",
        "Call the earlier number and ask who changed it and why. The pass stands; nothing was changed, and nothing may"
        " be on this ground alone.",
    )  # fmt: skip
    days: int = 30
    recent_days: int = 60

    def judge(self, facts: PhoneChangeFacts, now: datetime) -> Flag | None:
        """One flag per change."""
        passed, doubted = self._passed(facts, now), self._doubted(facts, now)
        if not passed and not doubted:
            return None
        evidence: Facts = {
            "changed_on": str(legal_date(facts.changed_at)), "evidence": facts.pass_id if passed else None,
            "channel": facts.channel if passed else None, "during_doubt": doubted,
        }  # fmt: skip
        key = f"I08:{facts.person_id}:{facts.change_id}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)

    def _passed(self, facts: PhoneChangeFacts, now: datetime) -> bool:
        if facts.passed_at is None or now - facts.passed_at > timedelta(days=self.recent_days):
            return False
        return timedelta(0) <= facts.passed_at - facts.changed_at <= timedelta(days=self.days)

    def _doubted(self, facts: PhoneChangeFacts, now: datetime) -> bool:
        if facts.doubt_since is None or now - facts.changed_at > timedelta(days=self.recent_days):
            return False
        return facts.changed_at >= facts.doubt_since
