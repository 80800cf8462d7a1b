"""D11: somebody very old of whom nothing sure was heard for a year, neither here nor from a doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from auth_service.core.clock import legal_date
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity
from auth_service.qualification.period import months_after

YOUNGEST = 80
"""No parameter asks about anybody younger, so that the set holds nobody else. source: own decision, five years
below the catalogue's age"""


@dataclass(frozen=True, slots=True)
class OldPersonFacts:
    """Somebody old who draws a benefit.

    born_in         the year; the day is sealed, and no list is worth opening it for
    paid            some benefit has not ended
    known_since     the day on which the service first knew of them: their silence counts from there at the earliest
    strong_on       the newest day of strong evidence, whatever brought it; None: there is none
    medical_on      the same of a claim by card at a doctor's or a pharmacy
    in_person_on    the same of a pass or a visit at which somebody saw them
    """

    person_id: str
    born_in: int
    paid: bool
    known_since: date
    strong_on: date | None
    medical_on: date | None
    in_person_on: date | None

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class OldAndSilent:
    """In the year of the 85th birthday or older, with neither strong evidence nor medical use for twelve months.

    Age goes by the year alone, so that somebody may be listed some months early. A card at a pharmacy is weak evidence
    that the person lives, and still a reason to visit others first.
    source  domain.md section 6, D11
    """

    rule_id: ClassVar[str] = "D11"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.MEDIUM
    candidates: ClassVar[str] = "old_people"
    words: ClassVar[RuleWords] = RuleWords(
        "高龄人员久无音讯", "Very old, and not heard of for a year",
        "此人年事已高，一年内没有可靠的生存证据，也没有就医购药记录。多数情况只是行动不便、少出门，并不说明任何问题。",
        "A very old person of whom there was neither sure evidence nor a claim at a doctor's for a year. Most often"
        " they just do not go out, and it says nothing.",
        "请列入走访名单，由村（社区）上门看望，顺便办理认证，并问问需要什么帮助。待遇没有改变，也不能仅凭此项改变。",
        "Put them on the visit list: somebody calls at their home, takes the pass there and asks what they need."
        " Nothing was changed, and nothing may be on this ground alone.",
    )  # fmt: skip
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = {
        "years": (Decimal(YOUNGEST), Decimal(130)),
        "months": (Decimal(1), Decimal(120)),
    }
    years: int = 85
    months: int = 12

    def judge(self, facts: OldPersonFacts, now: datetime) -> Flag | None:
        """One flag per silence, and another for each further span of it."""
        today = legal_date(now)
        heard = max((day for day in (facts.strong_on, facts.medical_on) if day is not None), default=facts.known_since)
        since = max(heard, facts.known_since)
        if not facts.paid or today.year - facts.born_in < self.years:
            return None
        spans = self._spans(since, today)
        if not spans:
            return None
        evidence: Facts = {
            "born_in": facts.born_in, "silent_since": str(since),
            "last_strong": str(facts.strong_on) if facts.strong_on else None,
            "last_medical": str(facts.medical_on) if facts.medical_on else None,
        }  # fmt: skip
        key = f"D11:{facts.person_id}:{since}:{spans}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now)

    def _spans(self, since: date, today: date) -> int:
        """How many whole spans of silence are over."""
        months = (today.year - since.year) * 12 + today.month - since.month
        months -= months_after(since, max(months, 0), month_end=False) > today
        return max(months, 0) // self.months
