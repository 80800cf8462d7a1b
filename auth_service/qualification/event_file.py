"""Rows of a file of events (silent evidence, certificates of others, visits): columns, checks, what a good row means.

Columns: contract.md section 8. Nothing but source, kind, day and area is kept, and of the reference a keyed hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from auth_service.beneficiaries.dates import parse_date
from auth_service.beneficiaries.id_number import IdNumber, parse_id_number
from auth_service.beneficiaries.region import check_region_code
from auth_service.core.cells import refuse_lost_digits
from auth_service.core.clock import legal_date
from auth_service.core.errors import DateInvalid, FieldInvalid, FieldMissing, FieldTooLong
from auth_service.qualification.grades import EVENT_WORDS, IMPORTED, EventKind
from auth_service.qualification.life import OWN, LifeEvent, Message

EVENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "source_ref": ("来源编号",),
    "message": ("消息类型",),
    "id_number": ("证件号码", "身份证号", "身份证号码", "公民身份号码", "社会保障号码"),
    "kind": ("行为类型",),
    "event_date": ("发生日期",),
    "region_code": ("行政区划", "行政区划代码"),
    "source": ("数据来源",),
}
"""English column -> Chinese headers that mean the same."""
EVENT_REQUIRED = ("source_ref", "id_number", "kind", "event_date", "source")
_MESSAGES = {
    **{message.value: message for message in Message},
    "": Message.NEW,
    "新增": Message.NEW,
    "更正": Message.CORRECT,
    "撤销": Message.VOID,
}
_LONGEST = 64
_OLDEST = date(1990, 1, 1)
"""Earlier events are shifted columns: no feed reaches so far back."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One checked row."""

    id_number: IdNumber
    event: LifeEvent
    region_code: str | None


def check_event_row(values: Mapping[str, str], now: datetime) -> EventRow:
    """One row as read, checked field by field.

    values   English column name -> text as in the file
    raises   RowRefused (subclasses), each with the field at fault; an event of the future among them
    """
    refuse_lost_digits(values)
    today = legal_date(now)
    on = parse_date(_text(values, "event_date"), "event_date")
    if not _OLDEST <= on <= today:
        raise DateInvalid("not in the future", field="event_date")
    message = _MESSAGES.get(values.get("message", "").strip().lower())
    if message is None:
        raise FieldInvalid(field="message")
    source = _text(values, "source")
    if source == OWN:
        raise FieldInvalid("this is the service's own name", field="source")
    event = LifeEvent(source, _text(values, "source_ref"), _kind(values), on, now, message)
    region = values.get("region_code", "").strip()
    return EventRow(
        parse_id_number(values.get("id_number", ""), today), event, check_region_code(region) if region else None
    )


def _kind(values: Mapping[str, str]) -> EventKind:
    kind = EVENT_WORDS.get(_text(values, "kind"))
    if kind is None or kind not in IMPORTED:
        raise FieldInvalid(field="kind")
    return kind


def _text(values: Mapping[str, str], column: str) -> str:
    text = values.get(column, "").strip()
    if not text:
        raise FieldMissing(field=column)
    if len(text) > _LONGEST:
        raise FieldTooLong(field=column)
    if any(ord(character) < 32 for character in text):
        raise FieldInvalid(field=column)
    return text
