"""V11: only signs that anybody can make say that somebody lives, and the face was refused twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.qualification.period import months_after


@dataclass(frozen=True, slots=True)
class RefusedFacts:
    """Somebody whose living face matched no enrolled photo, and of whom weak signs came in.

    refused      (id, day) of those captures, oldest first
    weak_on      the newest day of weak evidence: a card, a telephone in use
    clinician_on the same of a stay in hospital, a vaccination or an examination: somebody of the trade saw them
    strong_on    the same of any strong evidence, passes made here included
    """

    person_id: str
    refused: tuple[tuple[str, date], ...]
    weak_on: date | None
    clinician_on: date | None
    strong_on: date | None

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class RefusedAndWeak:
    """Two refusals since anything sure was heard, a weak sign, and no clinician, all within twelve months.

    A claim by card is a weak sign and no clinician: anybody can carry the card (qualification/grades.py).
    source  domain.md section 6, V11; months: own decision, one cycle
    """

    rule_id: ClassVar[str] = "V11"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "refused_people"
    words: ClassVar[RuleWords] = RuleWords(
        "人脸两次不符且仅有间接线索", "Face refused twice, and only weak signs",
        "一年内人脸比对两次没有通过，只有刷卡、手机使用等他人也能产生的线索，没有住院、接种、体检记录。多半是照片过旧，"
        "也可能不是本人。",
        "Within a year the face matched no enrolled photo twice; what else is known are signs that somebody else can"
        " make, and no clinician saw the person. Most often the photo is old; it may be somebody else.",
        "请上门看望本人，当面认证并重新采集照片。这不是欺诈认定，待遇没有改变，也不能仅凭此项改变。",
        "Call at the person's home, take the pass and a new photo there. No finding of fraud; nothing was changed, and"
        " nothing may be on this ground alone.",
    )  # fmt: skip
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = {
        "refusals": (Decimal(1), Decimal(100)),
        "months": (Decimal(1), Decimal(120)),
    }
    refusals: int = 2
    months: int = 12

    def judge(self, facts: RefusedFacts, now: datetime) -> Flag | None:
        """One flag per refusal that was one too many."""
        today = legal_date(now)
        since = [
            (one, day)
            for one, day in facts.refused
            if self._recent(day, today) and (facts.strong_on is None or day > facts.strong_on)
        ]
        if len(since) < self.refusals or not self._recent(facts.weak_on, today):
            return None
        if self._recent(facts.clinician_on, today):
            return None
        evidence: Facts = {
            "refused": len(since), "evidence": since[-1][0], "last_refused_on": str(since[-1][1]),
            "last_weak": str(facts.weak_on), "last_strong": str(facts.strong_on) if facts.strong_on else None,
        }  # fmt: skip
        key = f"V11:{facts.person_id}:{since[self.refusals - 1][0]}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)

    def _recent(self, day: date | None, today: date) -> bool:
        return day is not None and months_after(day, self.months, month_end=False) > today
