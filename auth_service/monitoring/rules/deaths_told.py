"""D01 to D05: a registry tells of a death, and its row may mean this person. One rule for each who tells it.

A row is somebody's writing: clerks put a living relative's number on it. So each asks people to look, and none of them
touches a payment. source: domain.md section 6, D01-D05
"""

from __future__ import annotations

from typing import ClassVar

from auth_service.crosscheck.meanings import Meaning
from auth_service.monitoring.flags import RuleWords, Severity
from auth_service.monitoring.rules.registry_facts import TellsOfPerson

_ASK_ZH = (
    "请先联系本人，再联系联系人，五个工作日内核实；本人健在的，当场认证并请登记部门更正。"
    "待遇没有改变，暂缓须两人办理，也不能仅凭此项终止。"
)
_ASK_EN = (
    "Call the person first, then their contact, and find out within five working days. Whoever is alive is verified at"
    " once, and the registry is asked to put it right. Nothing was changed about the benefit; a hold takes two people,"
    " and nothing may be ended on this ground alone."
)
_PART = RuleWords(
    "登记信息与本人部分相符", "A registry's row that agrees in part",
    "一条登记与此人只部分相符，例如只有证件号码相同。办理人常误写在世亲属的号码，此人很可能健在。",
    "A registry's row agrees with this person in part, such as in the ID number alone. People often write down a living"
    " relative's number: this person may well be alive.",
    "请先向登记部门和家属核实登记的究竟是谁。核实以前不要对待遇做任何事；不是此人的，请登记“不是此人”。",
    "Ask the registry and the family first whom the row means. Until then nothing may be done about the benefit; where"
    " it is somebody else, say so for this finding, and it is not raised again.",
)  # fmt: skip


class DeathRecord(TellsOfPerson):
    """A register of deaths. Critical with number and name, high where the name is another's."""

    rule_id: ClassVar[str] = "D01"
    severity: ClassVar[Severity] = Severity.CRITICAL
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.DIED})
    words: ClassVar[RuleWords] = RuleWords(
        "有本人的身故登记", "A registered death",
        "一条身故登记的证件号码和姓名都与此人相符。登记可能有误，须核实。",
        "A registered death bears this person's ID number and name. Registries err, so it has to be checked.",
        _ASK_ZH, _ASK_EN,
    )  # fmt: skip
    lesser_words: ClassVar[RuleWords | None] = _PART


class CremationRecord(TellsOfPerson):
    """A crematorium's or funeral home's file."""

    rule_id: ClassVar[str] = "D02"
    severity: ClassVar[Severity] = Severity.CRITICAL
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.CREMATED})
    words: ClassVar[RuleWords] = RuleWords(
        "有本人的火化信息", "A cremation record",
        "一条火化信息的证件号码和姓名都与此人相符。登记可能有误，须核实；日期与其他登记不同的，两个都保留。",
        "A cremation record bears this person's ID number and name. It may be wrong and has to be checked; where its"
        " date differs from another registry's, both are kept.",
        _ASK_ZH, _ASK_EN,
    )  # fmt: skip
    lesser_words: ClassVar[RuleWords | None] = _PART


class HouseholdCancelled(TellsOfPerson):
    """A household registration that was cancelled, for no other reason that the row tells."""

    rule_id: ClassVar[str] = "D03"
    severity: ClassVar[Severity] = Severity.CRITICAL
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.HOUSEHOLD_ENDED})
    words: ClassVar[RuleWords] = RuleWords(
        "户口已注销", "Household registration cancelled",
        "一条户口注销信息的证件号码和姓名都与此人相符。注销也可能因迁移、重户等原因，须核实。",
        "A cancelled household registration bears this person's ID number and name. It may also have been cancelled"
        " for a move or a duplicate, so it has to be checked.",
        _ASK_ZH, _ASK_EN,
    )  # fmt: skip
    lesser_words: ClassVar[RuleWords | None] = _PART


class HospitalDeath(TellsOfPerson):
    """A hospital's certificate or a register of causes of death."""

    rule_id: ClassVar[str] = "D04"
    severity: ClassVar[Severity] = Severity.HIGH
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.DIED_IN_HOSPITAL})
    words: ClassVar[RuleWords] = RuleWords(
        "卫生健康部门的身故信息", "A death as health writes it down",
        "卫生健康部门的一条身故信息可能是此人。登记可能有误，也可能写了亲属的号码，须核实。",
        "A death in the health registry may be this person's. It may be wrong, or bear a relative's number, and has to"
        " be checked.",
        f"请与其他登记核对日期。{_ASK_ZH}", f"Compare its date with other registries. {_ASK_EN}",
    )  # fmt: skip


class VillageSays(TellsOfPerson):
    """A village's report of a death. The missing monthly zero-report is not in it: villages send no reports yet, so
    that one cannot be missing."""

    rule_id: ClassVar[str] = "D05"
    severity: ClassVar[Severity] = Severity.HIGH
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.DIED_VILLAGE_SAYS})
    words: ClassVar[RuleWords] = RuleWords(
        "村（社区）的身故报告", "A village's report of a death",
        "村（社区）报告的一位身故人员可能是此人。报告可能有误，须核实。",
        "Somebody whose death a village has reported may be this person. The report may be wrong and has to be"
        " checked.",
        _ASK_ZH, _ASK_EN,
    )  # fmt: skip
