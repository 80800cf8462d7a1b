"""Words for what registries said of people, in flags: key -> (zh, en). A source without words is shown as it is."""

from __future__ import annotations

from auth_service.crosscheck.batches import ODDITY_WORDS
from auth_service.crosscheck.sources import KIND_WORDS
from auth_service.qualification.grades import WORTH

_SOURCES: dict[str, tuple[str, str]] = {
    "civil_affairs": ("民政", "civil affairs"),
    "police": ("公安", "police"),
    "health": ("卫生健康", "health"),
    "funeral_home": ("殡仪馆", "funeral home"),
    "court": ("法院", "court"),
    "prison": ("司法、监狱", "prison administration"),
    "immigration": ("移民管理", "immigration"),
    "medical_insurance": ("医保", "medical insurance"),
    "human_resources": ("人社", "human resources"),
    "poverty_office": ("乡村振兴", "poverty office"),
    "disabled_federation": ("残联", "disabled persons' federation"),
    "village": ("村（社区）", "village"),
}
_LEVELS: dict[str, tuple[str, str]] = {
    "id_level": ("证件号码", "ID number"),
    "name_level": ("姓名", "Name"),
    "birth_level": ("出生日期", "Birth date"),
    "region_level": ("地区", "Region"),
    "sex_level": ("性别", "Sex"),
}
_AGREES: dict[str, tuple[str, str]] = {
    "exact": ("一致", "the same"),
    "widened": ("15 位旧号升位后一致", "the same, from its 15 digits"),
    "repaired": ("有一处笔误，校验位印证", "one slip, which the check digit confirms"),
    "near": ("相近", "nearly the same"),
    "surname_alike": ("名相同，姓相近", "same given name, a surname alike"),
    "sounds_alike": ("同音", "sounds alike"),
    "looks_alike": ("形近", "looks alike"),
    "one_character": ("差一个字", "one character differs"),
    "part": ("已知部分一致", "agrees as far as known"),
    "swapped": ("月日颠倒", "month and day exchanged"),
    "village": ("同一村（社区）", "same village"),
    "town": ("同一乡镇", "same town"),
    "county": ("同一县区", "same county"),
    "same": ("一致", "the same"),
    "different": ("不同", "different"),
    "missing": ("未写", "not given"),
}
LINK_TEXTS: dict[str, tuple[str, str]] = {
    "fact.link.link": ("比对记录", "Finding"),
    "fact.link.kind": ("登记种类", "Registry"),
    **{f"fact.link.kind.{kind.value}": words for kind, words in KIND_WORDS.items()},
    "fact.link.source": ("登记来源", "Source"),
    **{f"fact.link.source.{source}": words for source, words in _SOURCES.items()},
    "fact.link.link_rule": ("比对规则", "Rule of comparison"),
    "fact.link.strength": ("相符程度", "How surely"),
    "fact.link.strength.strong": ("强：号码和姓名都相符", "strong: number and name agree"),
    "fact.link.strength.weak": ("弱：只部分相符", "weak: agrees in part"),
    **{f"fact.link.{level}": words for level, words in _LEVELS.items()},
    **{f"fact.link.{level}.{agrees}": words for level in _LEVELS for agrees, words in _AGREES.items()},
    "fact.link.event_date": ("登记的日期", "Registered date"),
    "fact.link.evidence": ("认证记录", "Attempt"),
    "fact.link.sign": ("据以认证的数据", "Sign behind the pass"),
    **{f"fact.link.sign.{kind.value}": (worth.zh, worth.en) for kind, worth in WORTH.items()},
    "fact.link.sign_source": ("数据来源", "Source of the sign"),
    **{f"fact.link.sign_source.{source}": words for source, words in _SOURCES.items()},
    "why.D07.here": (
        "{on} 在本系统认证通过，比登记的身故日期晚 {days} 天。",
        "A pass was made here on {on}; days behind the registered death: {days}.",
    ),
    "why.D07.sign": (
        "{on}，{what}（来源：{source}），比登记的身故日期晚 {days} 天。",
        "On {on}: {what} (source: {source}); days behind the registered death: {days}.",
    ),
    "fact.link.passed_on": ("认证日期", "Passed on"),
    "fact.link.days_after": ("晚于登记日期的天数", "Days after the registered date"),
    "fact.link.other_link": ("另一条比对记录", "Other finding"),
    "fact.link.other_source": ("另一来源", "Other source"),
    **{f"fact.link.other_source.{source}": words for source, words in _SOURCES.items()},
    "fact.link.other_event_date": ("另一来源的日期", "Date of the other source"),
    "fact.link.days_apart": ("相差天数", "Days apart"),
    "fact.link.taken_back": ("登记后来的变化", "What became of it"),
    "fact.link.taken_back.voided": ("来源已撤销", "its source voided it"),
    "fact.link.taken_back.corrected": ("来源已更正", "its source corrected it"),
    "fact.link.taken_back.discarded": ("整批已作废", "the whole file was discarded"),
    "fact.link.taken_back.disproved": ("已核实不是此人", "somebody has found that it means another person"),
    "fact.link.still_told": ("仍有其他登记这样说", "Another record still says so"),
    "fact.link.stopped": ("待遇因此停着", "A benefit is stopped for it"),
    "fact.link.registry_batch": ("登记批次", "Batch"),
    "fact.link.rows": ("行数", "Rows"),
    "fact.link.hits": ("命中台账的行数", "Rows that hit the ledger"),
    "fact.link.odd": ("异常之处", "What is odd"),
    **{f"fact.link.odd.{oddity.value}": words for oddity, words in ODDITY_WORDS.items()},
}
