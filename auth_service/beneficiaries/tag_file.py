"""Rows of a list of people who hold one tag, as the office that keeps it gives it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from auth_service.beneficiaries.dates import parse_date
from auth_service.beneficiaries.id_number import IdNumber, parse_id_number
from auth_service.core.cells import refuse_lost_digits
from auth_service.core.errors import DateInvalid

TAG_COLUMNS: dict[str, tuple[str, ...]] = {
    "id_number": ("证件号码", "身份证号", "身份证号码", "公民身份号码", "社会保障号码"),
    "valid_from": ("起始日期", "认定日期"),
    "valid_to": ("截止日期", "有效期至"),
}
"""English column -> Chinese headers that mean the same."""
TAG_REQUIRED = ("id_number",)


@dataclass(frozen=True, slots=True)
class TagListRow:
    """One checked row. on: the first day, None where the list's own day counts; until: the last; None: none is said"""

    id_number: IdNumber
    on: date | None
    until: date | None


def check_tag_row(values: Mapping[str, str], today: date) -> TagListRow:
    """One row as read. raises RowRefused (subclasses), each with the field at fault"""
    refuse_lost_digits(values)
    on, until = _day(values, "valid_from"), _day(values, "valid_to")
    if on is not None and on > today:
        raise DateInvalid("not in the future", field="valid_from")
    if on is not None and until is not None and until < on:
        raise DateInvalid(field="valid_to")
    return TagListRow(parse_id_number(values.get("id_number", ""), today), on, until)


def _day(values: Mapping[str, str], column: str) -> date | None:
    return parse_date(values[column], column) if values.get(column, "").strip() else None
