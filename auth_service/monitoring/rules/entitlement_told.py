"""S06, S07 and I06: a registry tells of something beside which a benefit may not be drawn."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from auth_service.beneficiaries.person import BenefitKind
from auth_service.crosscheck.meanings import Meaning
from auth_service.monitoring.flags import RuleWords, Severity
from auth_service.monitoring.rules.registry_facts import LinkFacts, TellsOfPerson


class SurvivorCondition(TellsOfPerson):
    """Of a survivor: married again, adopted, employed. That they turned eighteen no registry tells.

    source  domain.md section 6, S06
    """

    rule_id: ClassVar[str] = "S06"
    severity: ClassVar[Severity] = Severity.HIGH
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.MARRIED, Meaning.ADOPTED, Meaning.EMPLOYED})
    words: ClassVar[RuleWords] = RuleWords(
        "供养亲属条件可能变化", "A survivor's condition may have changed",
        "一条婚姻、收养或就业登记可能是此人；领取供养亲属待遇的条件可能因此变化。",
        "A marriage, an adoption or a job may be this person's; it may end what a survivor draws.",
        "请核实登记和当时的条件，先告知本人并听取意见；确认后由两人办理，自告知的次月起。",
        "Check the record and the conditions, tell the person and hear them first. Once that is certain two people act,"
        " from the month after the notice.",
    )  # fmt: skip

    def concerns(self, facts: LinkFacts, now: datetime) -> bool:  # noqa: ARG002
        return BenefitKind.SURVIVOR in facts.benefits


class Employed(TellsOfPerson):
    """Insured by an employer while unemployment benefit is drawn. The overdue review of a degree of injury is no
    registry's word and not in it.

    source  domain.md section 6, S07
    """

    rule_id: ClassVar[str] = "S07"
    severity: ClassVar[Severity] = Severity.MEDIUM
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.EMPLOYED})
    words: ClassVar[RuleWords] = RuleWords(
        "失业待遇期间有就业登记", "A job beside unemployment benefit",
        "一条就业登记可能是正在领取失业待遇的此人。",
        "A registered job may be this person's, who draws unemployment benefit.",
        "请核实用工单位和起始日期，再向本人了解。待遇没有改变。",
        "Ask the employer from when on, and then the person. Nothing was changed about the benefit.",
    )  # fmt: skip

    def concerns(self, facts: LinkFacts, now: datetime) -> bool:  # noqa: ARG002
        return BenefitKind.UNEMPLOYMENT in facts.benefits


class OtherRoll(TellsOfPerson):
    """On the roll of another region or scheme.

    source  domain.md section 6, I06; 2014 衔接办法 as domain.md has it
    """

    rule_id: ClassVar[str] = "I06"
    severity: ClassVar[Severity] = Severity.CRITICAL
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.OTHER_ROLL})
    words: ClassVar[RuleWords] = RuleWords(
        "外地名单上也有本人", "On another region's roll",
        "其他地区或险种的待遇名单上，有一人的证件号码和姓名与此人相同。有的待遇可以同时领取，须核实。",
        "Somebody with this person's ID number and name is on the roll of another region or scheme. Some benefits may"
        " be drawn together, so it has to be checked.",
        "请与对方经办机构核对险种和起止月份，并告知本人可以选择。待遇没有改变，改变须两人办理。",
        "Compare kinds and months with the other agency, and tell the person what they may choose. Nothing was changed,"
        " and a change takes two people.",
    )  # fmt: skip
    lesser_words: ClassVar[RuleWords | None] = RuleWords(
        "外地名单上有相近的人", "Somebody alike on another region's roll",
        "其他地区或险种的待遇名单上，有一人与此人部分相符，可能是别人。",
        "Somebody on the roll of another region or scheme agrees with this person in part; it may be somebody else.",
        "请先与对方经办机构核实是不是同一人。核实以前不要对待遇做任何事。",
        "Ask the other agency first whether it is one person. Until then nothing may be done about the benefit.",
    )  # fmt: skip
