"""S01 to S03: a registry tells of a sentence, of somebody held without one, or of one that is served at home.

source  domain.md section 6, S01-S03; 劳社厅函〔2001〕44号 by domain.md S65: no money during a sentence and none for it
        afterwards, a hold while untried and arrears on acquittal, pay goes on outside prison
"""

from __future__ import annotations

from typing import ClassVar

from auth_service.crosscheck.meanings import Meaning
from auth_service.monitoring.flags import RuleWords, Severity
from auth_service.monitoring.rules.registry_facts import TellsOfPerson


class Serving(TellsOfPerson):
    """Serving a sentence in prison."""

    rule_id: ClassVar[str] = "S01"
    severity: ClassVar[Severity] = Severity.CRITICAL
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.SERVING})
    words: ClassVar[RuleWords] = RuleWords(
        "有服刑信息", "A prison sentence",
        "一条服刑信息的证件号码和姓名都与此人相符。登记可能有误，须核实。",
        "A record of a prison sentence bears this person's ID number and name. It may be wrong and has to be checked.",
        "请向法院或监狱核实判决和起止日期。确认后由两人办理暂停，刑满后按原标准恢复，服刑期间不补发。待遇没有改变。",
        "Ask the court or the prison for the sentence and its dates. Once that is certain two people suspend the"
        " benefit; it goes on at the old rate after release, without arrears for that time. Nothing was changed yet.",
    )  # fmt: skip
    lesser_words: ClassVar[RuleWords | None] = RuleWords(
        "服刑信息与本人部分相符", "A sentence whose record agrees in part",
        "一条服刑信息与此人只部分相符，可能是别人。",
        "A record of a prison sentence agrees with this person in part; it may well be somebody else's.",
        "请先向法院或监狱核实是谁。核实以前不要对待遇做任何事。",
        "Ask the court or the prison first who it is. Until then nothing may be done about the benefit.",
    )  # fmt: skip


class Detained(TellsOfPerson):
    """Wanted, or detained and not sentenced."""

    rule_id: ClassVar[str] = "S02"
    severity: ClassVar[Severity] = Severity.HIGH
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.DETAINED})
    words: ClassVar[RuleWords] = RuleWords(
        "有羁押信息", "Held without a sentence",
        "一条羁押或通缉信息可能是此人。尚未判决，不代表有罪。",
        "A record of somebody wanted or detained may mean this person. There is no sentence, and nothing is proven.",
        "请向公安机关核实。需要暂缓的由两人办理；无罪的予以补发。待遇没有改变。",
        "Ask the police. A hold takes two people, and whoever is acquitted gets what was withheld. Nothing was"
        " changed.",
    )  # fmt: skip


class ServedOutside(TellsOfPerson):
    """Probation, control or parole."""

    rule_id: ClassVar[str] = "S03"
    severity: ClassVar[Severity] = Severity.LOW
    meanings: ClassVar[frozenset[Meaning]] = frozenset({Meaning.SERVED_OUTSIDE})
    words: ClassVar[RuleWords] = RuleWords(
        "缓刑、管制或监外执行", "A sentence served outside",
        "一条缓刑、管制、假释或监外执行信息可能是此人。",
        "A record of probation, control, parole or a sentence served outside may mean this person.",
        "请核实。待遇继续发放，只是期间不参加调整。",
        "Check it. The benefit goes on; it is merely not raised in that time.",
    )  # fmt: skip
