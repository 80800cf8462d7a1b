"""Rows of registries: which kinds there are, what each column means, and what a good row says. Columns: contract.md 8.

A row is kept as its source told it. An ID number that is misread or a relative's stays as given, for linkage to judge;
only what cannot be, such as a death to come, is refused here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import IdNumber, Sex, parse_id_number
from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, check_text, given_date, given_sex
from auth_service.beneficiaries.names import check_name
from auth_service.beneficiaries.region import check_region_code
from auth_service.core.cells import refuse_lost_digits
from auth_service.core.clock import AGENCY_ZONE, legal_date
from auth_service.core.errors import (
    DateInvalid,
    EventBeforeBirth,
    EventInFuture,
    FieldInvalid,
    FieldMissing,
    IdNumberInvalid,
)


class RegistryKind(StrEnum):
    """What a registry tells of people. source: issue 7, domain.md section 6"""

    DEATH = "death"
    """Deaths, as civil affairs, police or health write them down; the row's source says which."""
    CREMATION = "cremation"
    HOUSEHOLD = "household"
    """Household registration cancelled."""
    PRISON = "prison"
    TRAVEL = "travel"
    """Crossing the border."""
    MEDICAL = "medical"
    MARRIAGE = "marriage"
    ADOPTION = "adoption"
    EMPLOYMENT = "employment"
    OTHER_REGION = "other_region"
    """Benefit rolls of other regions and schemes."""
    POVERTY = "poverty"
    SUBSISTENCE = "subsistence"
    DISABILITY = "disability"


KIND_WORDS: dict[RegistryKind, tuple[str, str]] = {
    RegistryKind.DEATH: ("死亡登记", "Deaths"),
    RegistryKind.CREMATION: ("火化信息", "Cremations"),
    RegistryKind.HOUSEHOLD: ("户口注销", "Household registration cancelled"),
    RegistryKind.PRISON: ("服刑信息", "Prison sentences"),
    RegistryKind.TRAVEL: ("出入境信息", "Border crossings"),
    RegistryKind.MEDICAL: ("就医信息", "Medical care"),
    RegistryKind.MARRIAGE: ("婚姻登记", "Marriages"),
    RegistryKind.ADOPTION: ("收养登记", "Adoptions"),
    RegistryKind.EMPLOYMENT: ("就业登记", "Employment"),
    RegistryKind.OTHER_REGION: ("外地待遇名单", "Benefit rolls of other regions"),
    RegistryKind.POVERTY: ("建档立卡名单", "Poverty list"),
    RegistryKind.SUBSISTENCE: ("低保特困名单", "Subsistence list"),
    RegistryKind.DISABILITY: ("残疾人名单", "Disability list"),
}
"""Kind -> (zh, en)."""
ENDING = frozenset(
    {
        RegistryKind.DEATH, RegistryKind.CREMATION, RegistryKind.HOUSEHOLD, RegistryKind.PRISON,
        RegistryKind.OTHER_REGION,
    }
)  # fmt: skip
"""Kinds that speak against a benefit: that many people of the ledger stand in one file is odd there, and only there."""
DATED = frozenset(
    {RegistryKind.DEATH, RegistryKind.CREMATION, RegistryKind.HOUSEHOLD, RegistryKind.PRISON, RegistryKind.MARRIAGE}
)
"""Kinds whose events happen each on a day of its own; a list may carry one day for all."""


class RegistryAct(StrEnum):
    """What a source says with a row. source: contract.md section 8"""

    NEW = "new"
    CORRECT = "correct"
    """In place of what it said under the same reference."""
    VOID = "void"
    """What it said under this reference never was."""


_ACTS = {
    **{act.value: act for act in RegistryAct},
    "": RegistryAct.NEW,
    "新增": RegistryAct.NEW,
    "更正": RegistryAct.CORRECT,
    "撤销": RegistryAct.VOID,
}
SOURCES: dict[str, tuple[str, ...]] = {
    "civil_affairs": ("民政", "民政局", "民政部门"),
    "police": ("公安", "公安局", "公安部门"),
    "health": ("卫健", "卫健委", "卫生健康", "医院"),
    "funeral_home": ("殡仪馆", "火葬场"),
    "court": ("法院",),
    "prison": ("司法", "司法局", "监狱"),
    "immigration": ("移民", "移民局", "出入境"),
    "medical_insurance": ("医保", "医保局"),
    "human_resources": ("人社", "人社局"),
    "poverty_office": ("扶贫", "扶贫办", "乡村振兴"),
    "disabled_federation": ("残联",),
    "village": ("村委会", "居委会", "村(社区)", "村级报告", "协办员"),
}
"""A source's name here -> how files write it. Another name is kept as it is written."""
_SOURCE_OF = {word: name for name, words in SOURCES.items() for word in (name, *words)}
SOURCE_OF_KIND: dict[RegistryKind, str] = {
    RegistryKind.DEATH: "civil_affairs",
    RegistryKind.CREMATION: "funeral_home",
    RegistryKind.HOUSEHOLD: "police",
    RegistryKind.PRISON: "prison",
    RegistryKind.TRAVEL: "immigration",
    RegistryKind.MEDICAL: "medical_insurance",
    RegistryKind.MARRIAGE: "civil_affairs",
    RegistryKind.ADOPTION: "civil_affairs",
    RegistryKind.EMPLOYMENT: "human_resources",
    RegistryKind.OTHER_REGION: "human_resources",
    RegistryKind.POVERTY: "poverty_office",
    RegistryKind.SUBSISTENCE: "civil_affairs",
    RegistryKind.DISABILITY: "disabled_federation",
}
"""Who keeps a registry where neither row nor command says it."""
REGISTRY_COLUMNS: dict[str, tuple[str, ...]] = {
    "source_ref": ("来源编号",),
    "message": ("消息类型",),
    **{name: LEDGER_COLUMNS[name] for name in ("id_number", "name", "sex", "birth_date", "region_code", "village")},
    "event_date": ("发生日期", "死亡日期", "火化日期", "注销日期"),
    "recorded_at": ("登记时间", "登记日期"),
    "source": ("数据来源",),
    "detail": ("说明",),
}
"""English column -> Chinese headers that mean the same."""
REGISTRY_REQUIRED = ("source_ref",)
_LONGEST = 64
_UNKNOWN_SEX = frozenset({"0", "9", "未知", "未说明", "unknown"})
"""source: GB/T 2261.1, 0 unknown and 9 not stated"""
_MIDNIGHT = time(0, 0)


@dataclass(frozen=True, slots=True)
class RegistryRecord:
    """One row as its source told it.

    ref          the source's own reference; a correction and a void carry the one that they mean
    source_time  when the source wrote it down; None where it does not say
    id_text      the ID number as given, and `id_number` the same where it is one
    event        when it happened, as far as known
    """

    kind: RegistryKind
    source: str
    ref: str
    act: RegistryAct
    source_time: datetime | None = None
    id_text: str = ""
    id_number: IdNumber | None = field(default=None, compare=False)
    name: str = ""
    sex: Sex | None = None
    birth: PartialDate | None = None
    region: str = ""
    village: str = ""
    event: PartialDate | None = None
    detail: str = ""


def check_registry_row(values: Mapping[str, str], kind: RegistryKind, source: str, now: datetime) -> RegistryRecord:
    """One row as read, checked field by field.

    values   English column name -> text as in the file
    source   whose file it is, where the row does not say it
    raises   RowRefused (subclasses), each with the field at fault
    """
    refuse_lost_digits(values)
    act = _ACTS.get(values.get("message", "").strip().lower())
    if act is None:
        raise FieldInvalid(field="message")
    ref = check_text(values, "source_ref", _LONGEST)
    if ref is None:
        raise FieldMissing(field="source_ref")
    today = legal_date(now)
    id_text = check_text(values, "id_number", _LONGEST) or ""
    name = check_name(values["name"]) if values.get("name", "").strip() else ""
    if not (id_text or name) and act is not RegistryAct.VOID:
        raise FieldMissing(field="id_number")
    record = RegistryRecord(
        kind=kind,
        source=source_named(check_text(values, "source", _LONGEST) or source),
        ref=ref,
        act=act,
        source_time=_source_time(values, now),
        id_text=id_text,
        id_number=_number(id_text, today),
        name=name,
        sex=None if values.get("sex", "").strip().lower() in _UNKNOWN_SEX else given_sex(values),
        birth=given_date(values, "birth_date"),
        region=check_region_code(values["region_code"]) if values.get("region_code", "").strip() else "",
        village=check_text(values, "village") or "",
        event=given_date(values, "event_date"),
        detail=check_text(values, "detail") or "",
    )
    _refuse_impossible(record, today)
    return record


def source_named(text: str) -> str:
    """The name under which a source is known here."""
    word = text.strip()
    return _SOURCE_OF.get(word, _SOURCE_OF.get(word.lower(), word))


def looks_shifted(values: Mapping[str, str]) -> bool:
    """Whether cells stand under their neighbour's header: digits where a name is wanted, a name where a number is.

    source   own decision; a number of six digits is the shortest that can be a date or an area
    """
    name, number = values.get("name", ""), values.get("id_number", "")
    dates = [values.get(column, "") for column in ("birth_date", "event_date", "recorded_at")]
    return sum(map(str.isdigit, name)) >= 6 or any(map(_is_han, number)) or any(_is_word(text) for text in dates)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _is_word(text: str) -> bool:
    return any(_is_han(character) and character not in "年月日时分秒" for character in text)


def _number(text: str, today: date) -> IdNumber | None:
    try:
        return parse_id_number(text, today) if text else None
    except IdNumberInvalid:
        return None


def _source_time(values: Mapping[str, str], now: datetime) -> datetime | None:
    """The instant, or the beginning of a day or month that is all they say. A time to come would win for good.

    raises   DateInvalid, EventInFuture
    """
    text = values.get("recorded_at", "").strip()
    if not text:
        return None
    try:
        told = datetime.fromisoformat(text.replace("/", "-")) if ":" in text else None
    except ValueError as error:
        raise DateInvalid(field="recorded_at") from error
    if told is None:
        day = given_date(values, "recorded_at")
        told = None if day is None else datetime.combine(day.first, _MIDNIGHT)
    if told is None:
        return None
    instant = told.replace(tzinfo=AGENCY_ZONE) if told.tzinfo is None else told
    if instant > now + timedelta(hours=1):  # clocks of two offices differ
        raise EventInFuture(field="recorded_at")
    return instant


def _refuse_impossible(record: RegistryRecord, today: date) -> None:
    """raises EventInFuture, EventBeforeBirth: on every reading of what is only partly known"""
    if record.birth is not None and record.birth.first > today:
        raise EventInFuture(field="birth_date")
    if record.event is None:
        return
    if record.event.first > today:
        raise EventInFuture(field="event_date")
    number = record.id_number.birth_date if record.id_number else None
    born = record.birth.first if record.birth else number
    if born is not None and record.event.last < born:
        raise EventBeforeBirth(field="event_date")
