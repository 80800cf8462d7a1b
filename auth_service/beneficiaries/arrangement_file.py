"""Rows of files about contacts, proxies and accommodations: columns, checks, what a good row means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from auth_service.beneficiaries.arrangements import (
    KINDS,
    AccommodationKind,
    Arrangement,
    ContactKind,
    ProxyKind,
    Topic,
)
from auth_service.beneficiaries.dates import parse_date
from auth_service.beneficiaries.id_number import IdNumber, parse_id_number
from auth_service.beneficiaries.ledger import check_phone, check_text
from auth_service.beneficiaries.names import check_name
from auth_service.core.cells import refuse_lost_digits
from auth_service.core.clock import legal_date
from auth_service.core.errors import DateInvalid, FieldInvalid, FieldMissing, RowRefused

_PERSON = ("证件号码", "身份证号", "身份证号码", "公民身份号码", "社会保障号码")
_SHARED_BEFORE: dict[str, tuple[str, ...]] = {"message": ("消息类型",), "id_number": _PERSON}
_SHARED_AFTER: dict[str, tuple[str, ...]] = {
    "valid_from": ("起始日期",),
    "valid_to": ("截止日期",),
    "source": ("数据来源",),
}
COLUMNS: dict[Topic, dict[str, tuple[str, ...]]] = {
    Topic.CONTACT: {
        **_SHARED_BEFORE,
        "kind": ("联系方式类型", "类型"),
        "value": ("联系方式", "号码或地址"),
        "name": ("联系人", "姓名"),
        "relation": ("关系", "与本人关系"),
        **_SHARED_AFTER,
    },
    Topic.PROXY: {
        **_SHARED_BEFORE,
        "kind": ("代理类型", "类型"),
        "name": ("代理人姓名", "监护人姓名"),
        "proxy_id_number": ("代理人证件号码", "监护人证件号码"),
        "phone": ("代理人电话", "监护人电话"),
        "basis": ("依据文书", "依据文号"),
        **_SHARED_AFTER,
    },
    Topic.ACCOMMODATION: {**_SHARED_BEFORE, "kind": ("需求类型", "类型"), "detail": ("说明",), **_SHARED_AFTER},
}
"""English column -> Chinese headers that mean the same."""
REQUIRED: dict[Topic, tuple[str, ...]] = {
    Topic.CONTACT: ("id_number", "kind", "value", "source"),
    Topic.PROXY: ("id_number", "kind", "name", "basis", "source"),
    Topic.ACCOMMODATION: ("id_number", "kind", "source"),
}
KIND_WORDS: dict[str, tuple[str, ...]] = {
    ContactKind.PHONE: ("电话", "手机"),
    ContactKind.ADDRESS: ("地址", "住址"),
    ContactKind.RELATIVE: ("亲属", "亲友"),
    ProxyKind.GUARDIAN: ("法定监护人", "监护人"),
    ProxyKind.AGENT: ("委托代理人", "代理人"),
    ProxyKind.CARER: ("照护人", "照料人"),
    AccommodationKind.BEDRIDDEN: ("卧床",),
    AccommodationKind.BLIND: ("视力障碍", "失明"),
    AccommodationKind.DEAF: ("听力障碍", "失聪"),
    AccommodationKind.NO_SMARTPHONE: ("无智能手机",),
    AccommodationKind.HOME_VISIT: ("需上门", "希望上门"),
    AccommodationKind.SLOW: ("需更多时间", "慢速模式"),
    AccommodationKind.LANGUAGE: ("语言", "方言"),
}
"""Kind -> Chinese words; the first is how it is shown."""
_GIVEN = {"": True, "new": True, "新增": True, "end": False, "终止": False}
OLDEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class ArrangementRow:
    """One checked row: about whom, and what a source says."""

    id_number: IdNumber
    word: Arrangement


def check_arrangement_row(topic: Topic, values: Mapping[str, str], now: datetime) -> ArrangementRow:
    """One row as read, checked field by field. raises RowRefused (subclasses), each with the field at fault"""
    refuse_lost_digits(values)
    today = legal_date(now)
    message = values.get("message", "").strip().lower()
    if message not in _GIVEN:
        raise FieldInvalid(field="message")
    kind = _kind(topic, values)
    on = _day(values, "valid_from") or today
    until = _day(values, "valid_to")
    if on > today:
        raise DateInvalid("not in the future", field="valid_from")
    if until is not None and until < on:
        raise DateInvalid(field="valid_to")
    details = {name: text for name, text in _details(topic, kind, values, today).items() if text}
    source = _wanted(values, "source", 64)
    word = Arrangement(topic, kind, details, source, _GIVEN[message], on, until, now)
    return ArrangementRow(parse_id_number(values.get("id_number", ""), today), word)


def _details(topic: Topic, kind: str, values: Mapping[str, str], today: date) -> dict[str, str]:
    """raises RowRefused"""
    if topic is Topic.CONTACT:
        phone = kind != ContactKind.ADDRESS
        value = check_phone(values, "value") if phone else check_text(values, "value")
        if not value:
            raise FieldMissing(field="value")
        return {"value": value, "name": _name(values), "relation": check_text(values, "relation", 40) or ""}
    if topic is Topic.PROXY:
        proxy = _proxy_number(values, today)
        name = check_name(values.get("name", ""))
        basis = _wanted(values, "basis", 200)
        return {"id_number": proxy, "name": name, "phone": check_phone(values, "phone") or "", "basis": basis}
    detail = check_text(values, "detail", 100) or ""
    if kind == AccommodationKind.LANGUAGE and not detail:
        raise FieldMissing(field="detail")
    return {"detail": detail}


def _proxy_number(values: Mapping[str, str], today: date) -> str:
    number = values.get("proxy_id_number", "").strip()
    try:
        return parse_id_number(number, today).number if number else ""
    except RowRefused as error:
        raise type(error)(error.detail, field="proxy_id_number") from error


def _kind(topic: Topic, values: Mapping[str, str]) -> str:
    given = _wanted(values, "kind", 40).lower()
    for kind in KINDS[topic]:
        if given == kind.value or given in KIND_WORDS[kind]:
            return kind.value
    raise FieldInvalid(field="kind")


def _name(values: Mapping[str, str]) -> str:
    return check_name(values["name"]) if values.get("name", "").strip() else ""


def _wanted(values: Mapping[str, str], column: str, limit: int) -> str:
    found = check_text(values, column, limit)
    if found is None:
        raise FieldMissing(field=column)
    return found


def _day(values: Mapping[str, str], column: str) -> date | None:
    text = values.get(column, "").strip()
    if not text:
        return None
    day = parse_date(text, column)
    if day < OLDEST:
        raise DateInvalid(field=column)
    return day
