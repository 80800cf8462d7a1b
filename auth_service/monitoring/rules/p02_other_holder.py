"""P02: the account is held under another name than the beneficiary's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from auth_service.beneficiaries.names import folded_name
from auth_service.monitoring.flags import Facts, Flag, RuleWords, Severity


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """One account whose holder is named.

    holder    keyed index of the holder's name, in hex
    is_own    the holder's name is the beneficiary's, after folding
    is_proxy  it is that of a guardian or agent on file
    """

    person_id: str
    holder: str
    is_own: bool
    is_proxy: bool

    @property
    def place(self) -> str:
        return self.person_id


@dataclass(frozen=True, slots=True)
class OtherHolder:
    """Neither the beneficiary nor a guardian or agent on file. source: domain.md section 6, P02

    The catalogue means the bank's answer; here it is the holder that the ledger's file names.
    """

    rule_id: ClassVar[str] = "P02"
    version: ClassVar[int] = 1
    severity: ClassVar[Severity] = Severity.HIGH
    candidates: ClassVar[str] = "account_holders"
    words: ClassVar[RuleWords] = RuleWords(
        "开户名与领取人不同", "The account is somebody else's",
        "银行账号的开户名不是领取人本人，也不是登记的监护人或受托人；可能是姓名写法不同、家人代收，也可能是账号被换。",
        "The account's holder is neither the beneficiary nor a guardian or agent on file: another spelling, a relative"
        " who receives it, or an account that somebody exchanged.",
        "请向银行和本人核对账号；核对前暂不受理变更，待遇没有改变。",
        "Check the account with bank and beneficiary, and let nobody change it before that. Nothing was changed.",
    )  # fmt: skip

    def judge(self, facts: HolderFacts, now: datetime) -> Flag | None:
        """One flag per person and holder."""
        if facts.is_own or facts.is_proxy:
            return None
        evidence: Facts = {"found": "other_holder"}
        key = f"P02:{facts.person_id}:{facts.holder[:32]}"
        return Flag(self.rule_id, self.version, self.severity, (facts.person_id,), evidence, key, now, hidden_key=True)


def is_name_of(holder: str, name: str) -> bool:
    """Whether two spellings are one name: width, dots and spaces aside."""
    return folded_name(holder) == folded_name(name)
