"""What a registry's row says has happened to somebody, as far as a rule of supervision asks about it.

The kind of the registry says most; where one registry tells of several things, its `detail` (说明) decides, in the
words that offices use. What no word decides is taken for what asks least of the person.
"""

from __future__ import annotations

from enum import StrEnum

from auth_service.crosscheck.sources import RegistryKind, RegistryRecord


class Meaning(StrEnum):
    """What has happened. source: domain.md section 6, inputs of each rule"""

    DIED = "died"
    DIED_IN_HOSPITAL = "died_in_hospital"
    """As health writes it down: a certificate or a register of causes."""
    DIED_VILLAGE_SAYS = "died_village_says"
    CREMATED = "cremated"
    HOUSEHOLD_ENDED = "household_ended"
    """Cancelled, and nothing says for another reason than death."""
    SERVING = "serving"
    DETAINED = "detained"
    """Wanted, or detained and not sentenced."""
    SERVED_OUTSIDE = "served_outside"
    """Probation, control, parole: the sentence is served at home."""
    EXIT = "exit"
    ENTRY = "entry"
    SETTLED_ABROAD = "settled_abroad"
    MISSING = "missing"
    MARRIED = "married"
    ADOPTED = "adopted"
    EMPLOYED = "employed"
    OTHER_ROLL = "other_roll"
    """Draws a benefit elsewhere."""
    NOTHING = "nothing"
    """Nothing that any rule asks about."""


DEATHS = frozenset(
    {
        Meaning.DIED, Meaning.DIED_IN_HOSPITAL, Meaning.DIED_VILLAGE_SAYS, Meaning.CREMATED, Meaning.HOUSEHOLD_ENDED,
    }
)  # fmt: skip
HEALTH, VILLAGE, POLICE = "health", "village", "police"
_MISSING = ("失踪", "下落不明", "missing")
_ABROAD = ("定居", "移民", "丧失国籍", "丧失中国国籍", "退出国籍", "settled abroad", "emigrat", "nationality")
_FREE = ("刑满", "释放", "无罪", "撤案", "不起诉", "released", "acquitted")
_OUTSIDE = ("缓刑", "管制", "监外", "假释", "社区矫正", "probation", "parole", "outside")
_DETAINED = ("羁押", "拘留", "逮捕", "通缉", "在逃", "未决", "看守", "wanted", "detained", "arrest")
_MOVED = ("迁出", "迁移", "迁往", "参军", "入伍", "重复户口", "重户", "moved", "duplicate")
_IN = ("入境", "返回", "entry", "entered")
_OUT = ("出境", "exit", "left")
_UNDONE = ("离婚", "解除", "撤销", "无效", "离职", "停保", "减员", "终止", "divorce", "dissolved", "ended", "annulled")
_PLAIN = {
    RegistryKind.CREMATION: Meaning.CREMATED,
    RegistryKind.MARRIAGE: Meaning.MARRIED,
    RegistryKind.ADOPTION: Meaning.ADOPTED,
    RegistryKind.EMPLOYMENT: Meaning.EMPLOYED,
    RegistryKind.OTHER_REGION: Meaning.OTHER_ROLL,
}
_OF_SOURCE = {HEALTH: Meaning.DIED_IN_HOSPITAL, VILLAGE: Meaning.DIED_VILLAGE_SAYS}


def meaning_of(record: RegistryRecord) -> Meaning:
    """What a row says has happened; NOTHING where no rule asks about it."""
    said = record.detail.lower()
    if record.kind in {RegistryKind.DEATH, RegistryKind.HOUSEHOLD}:
        return _of_death(record, said)
    if record.kind is RegistryKind.PRISON:
        return _of_prison(record, said)
    if record.kind is RegistryKind.TRAVEL:
        return _of_travel(said)
    plain = _PLAIN.get(record.kind, Meaning.NOTHING)
    return Meaning.NOTHING if plain is not Meaning.CREMATED and _any(_UNDONE, said) else plain


def _of_death(record: RegistryRecord, said: str) -> Meaning:
    if _any(_MISSING, said):
        return Meaning.MISSING
    if record.kind is RegistryKind.DEATH:
        return _OF_SOURCE.get(record.source, Meaning.DIED)
    if "死亡" in said or "death" in said:
        return Meaning.HOUSEHOLD_ENDED
    if _any(_ABROAD, said):
        return Meaning.SETTLED_ABROAD
    return Meaning.NOTHING if _any(_MOVED, said) else Meaning.HOUSEHOLD_ENDED


def _of_prison(record: RegistryRecord, said: str) -> Meaning:
    if _any(_FREE, said):
        return Meaning.NOTHING
    if _any(_MISSING, said):
        return Meaning.MISSING
    if _any(_OUTSIDE, said):
        return Meaning.SERVED_OUTSIDE
    # police hold people before a sentence; what a court or a prison tells without a word is a sentence
    return Meaning.DETAINED if _any(_DETAINED, said) or record.source == POLICE else Meaning.SERVING


def _of_travel(said: str) -> Meaning:
    if _any(_MISSING, said):
        return Meaning.MISSING
    if _any(_ABROAD, said):
        return Meaning.SETTLED_ABROAD
    if _any(_IN, said):
        return Meaning.ENTRY
    return Meaning.EXIT if _any(_OUT, said) else Meaning.NOTHING


def _any(words: tuple[str, ...], said: str) -> bool:
    return any(word in said for word in words)
