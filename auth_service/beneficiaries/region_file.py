"""Rows of a file of regions: columns, checks, and what a good row means. Columns: contract.md section 8."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from auth_service.beneficiaries.dates import parse_date
from auth_service.beneficiaries.names import check_name
from auth_service.beneficiaries.region import check_region_code
from auth_service.beneficiaries.region_tree import Change, Region, parent_of, shortest
from auth_service.core.cells import refuse_lost_digits
from auth_service.core.errors import DateInvalid, FieldInvalid, FieldMissing

REGION_COLUMNS: dict[str, tuple[str, ...]] = {
    "region_code": ("行政区划代码", "行政区划", "统计用区划代码", "区划代码"),
    "name": ("名称", "地名", "行政区划名称"),
    "parent_code": ("上级代码", "上级区划代码"),
    "valid_from": ("启用日期", "起始日期"),
    "valid_to": ("停用日期", "截止日期"),
    "change": ("变更类型",),
    "successors": ("继任代码", "新代码", "变更后代码"),
}
"""English column -> Chinese headers that mean the same."""
REGION_REQUIRED = ("region_code", "name")
_CHANGES = {
    **{change.value: change for change in Change},
    **dict.fromkeys(("renamed", "更名", "变更代码", "代码变更", "撤县设市", "撤县设区"), Change.RECODED),
    **dict.fromkeys(("合并", "并入"), Change.MERGED),
    **dict.fromkeys(("拆分", "分设"), Change.SPLIT),
    **dict.fromkeys(("撤销",), Change.ABOLISHED),
}
_BETWEEN = re.compile(r"[;；、,，\s]+")
_SUCCESSORS = {Change.RECODED: (1, 1), Change.MERGED: (1, 1), Change.SPLIT: (2, 50), Change.ABOLISHED: (0, 0)}
"""How many a change has, at least and at most."""


def check_region_row(values: Mapping[str, str], known: Mapping[str, Region], today: date) -> Region:
    """One row as read. A column that the file lacks leaves what is known; an empty cell says that there is none.

    known    newest word on each code
    raises   RowRefused (subclasses), each with the field at fault
    """
    refuse_lost_digits(values)
    code = shortest(check_region_code(values.get("region_code", "")))
    parent = values.get("parent_code", "").strip()
    if parent and shortest(check_region_code(parent, "parent_code")) != parent_of(code):
        raise FieldInvalid("the code itself says which region holds it", field="parent_code")
    before = known.get(code, Region(code, ""))
    found = Region(
        code,
        check_name(values.get("name", "")),
        _day(values, "valid_from") if "valid_from" in values else before.valid_from,
        _day(values, "valid_to") if "valid_to" in values else before.valid_to,
        _change(values) if "change" in values else before.change,
        _successors(values) if "successors" in values else before.successors,
    )
    _check_end(found, today)
    return found


def _check_end(region: Region, today: date) -> None:
    """raises FieldMissing, FieldInvalid, DateInvalid: an end must say when, how, and where to"""
    if region.valid_to is None and region.change is None and not region.successors:
        return
    for field, given in (("valid_to", region.valid_to), ("change", region.change)):
        if given is None:
            raise FieldMissing(field=field)
    if region.valid_to is not None and region.valid_to > today:
        raise DateInvalid("nobody's region moves before its day", field="valid_to")
    if region.valid_from is not None and region.valid_to is not None and region.valid_to < region.valid_from:
        raise DateInvalid(field="valid_to")
    least, most = _SUCCESSORS[region.change or Change.ABOLISHED]
    if len(region.successors) < least:
        raise FieldMissing(field="successors")
    same_level = all(len(one) == len(region.code) and one != region.code for one in region.successors)
    if len(region.successors) > most or not same_level:
        raise FieldInvalid("other places of the same level", field="successors")


def _day(values: Mapping[str, str], column: str) -> date | None:
    return parse_date(values[column], column) if values[column].strip() else None


def _change(values: Mapping[str, str]) -> Change | None:
    word = values["change"].strip().lower()
    if word and word not in _CHANGES:
        raise FieldInvalid(field="change")
    return _CHANGES.get(word)


def _successors(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({shortest(check_region_code(word, "successors")) for word in words_of(values["successors"])}))


def words_of(cell: str) -> list[str]:
    """The codes of a cell that may hold several, as they are written."""
    return [word for word in _BETWEEN.split(cell.strip()) if word]
