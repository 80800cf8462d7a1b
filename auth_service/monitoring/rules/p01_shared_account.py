"""P01: benefits of several people go to one bank account, and nobody on file ties them to each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import ClassVar

from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class SharedAccountFacts:
    """One account of several beneficiaries.

    account  its keyed index, in hex
    people   their ids, in order
    ties     pairs of them of whom one is the other's guardian or agent on file, or who have the same one
    """

    account: str
    people: tuple[str, ...]
    ties: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        return self.account


@dataclass(frozen=True, slots=True)
class SharedAccount:
    """An account of more unrelated groups of people than one. Whoever is tied to each other counts as one group.

    Spouses who share an account are not on file as each other's agents: they are found, and a note settles it.
    most_shown  people whom one flag names. source: as V01
    source  domain.md section 6, P01
    """

    rule_id: ClassVar[str] = "P01"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "shared_accounts"
    bounds: ClassVar[dict[str, tuple[Decimal, Decimal]]] = {
        "most_groups": (Decimal(1), Decimal(100)), "most_shown": (Decimal(2), Decimal(100)),
    }  # fmt: skip
    words: ClassVar[RuleWords] = RuleWords(
        "多人共用一个银行账号", "One bank account for several people",
        "几名领取人员的待遇发到同一个银行账号，系统中没有监护或委托关系。夫妻共用账号很常见，也可能有人代领。",
        "Benefits of several people go to one bank account, and no guardian or agent on file ties them. Spouses often"
        " share one; somebody may also collect for others.",
        "请了解账号由谁使用；属监护或委托的，请补登记。待遇没有改变。",
        "Find out who uses the account, and enter a guardian or agent where there is one. Nothing was changed.",
    )  # fmt: skip
    most_groups: int = 1
    most_shown: int = 20

    def judge(self, facts: SharedAccountFacts, now: datetime) -> Flag | None:
        """One flag per account and set of people: a new one among them is a new finding."""
        groups = groups_of(facts.people, facts.ties)
        if groups <= self.most_groups:
            return None
        evidence: Facts = {"people": len(facts.people), "groups": groups}
        who = sha256(" ".join(facts.people).encode()).hexdigest()[:32]
        key = f"P01:{facts.account[:32]}:{who}"
        shown = facts.people[: self.most_shown]
        return Flag(self.rule_id, self.version, self.severity, shown, evidence, key, now, hidden_key=True)


def groups_of(people: Iterable[str], ties: Iterable[tuple[str, str]]) -> int:
    """How many groups are left when everybody joins those to whom they are tied."""
    leads = {person: person for person in people}

    def first(person: str) -> str:
        while leads[person] != person:
            person = leads[person]
        return person

    for one, other in ties:
        if one in leads and other in leads:
            leads[first(one)] = first(other)
    return len({first(person) for person in leads})
