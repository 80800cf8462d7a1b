"""A synthetic ledger for the demo and the benchmark: people who do not exist, in areas that do.

ID numbers are well formed (area, birth date, check character) with order codes from 950 up, which registries hardly
reach; telephone numbers and accounts are of forms that nobody is given.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.random import Generator

from auth_service.beneficiaries.id_number import check_character

Row = dict[str, str]

HEADERS = (
    "人员编号", "证件号码", "姓名", "性别", "行政区划", "村(社区)",
    "联系电话", "险种", "待遇开始月份", "月待遇", "银行账号", "人员标识",
)  # fmt: skip
_AREAS = (
    "130202", "130203", "130204", "130205", "130207", "130208", "130209", "130224", "130225", "130227", "130229",
    "130281", "130283", "130284",
)  # fmt: skip
"""Counties of Tangshan. source: domain.md section 10"""
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN_MALE = ("建国", "志强", "永福", "德明", "树林", "国庆", "文山", "长海", "玉柱", "宝成", "立新", "维民")
_GIVEN_FEMALE = ("秀英", "桂兰", "玉珍", "淑芬", "凤霞", "素云", "春梅", "月娥", "敏华", "爱莲", "静芳", "云梅")
_VILLAGES = ("河西村", "东岭村", "柳树屯", "北关社区", "新华社区", "前进村", "南湖社区", "大庄村")
_KINDS = ("城乡居民养老", "城乡居民养老", "城镇职工养老", "机关事业养老")
_FIRST_BIRTH, _BIRTH_DAYS = date(1934, 1, 1), 30 * 365
_FIRST_ORDER_CODE = 950


@dataclass(frozen=True, slots=True)
class Ledger:
    """good rows that must be stored, and spoilt ones that must be refused."""

    good: list[Row]
    spoilt: list[Row]


def synthetic_ledger(people: int, seed: int = 2026) -> Ledger:
    """`people` good rows, the first three of them women, and four spoilt ones; the same for the same numbers."""
    rng = np.random.default_rng(seed)
    good: list[Row] = []
    numbers: set[str] = set()
    while len(good) < people:
        row = _person(rng, len(good) + 1, woman=len(good) < 3 or bool(rng.random() < 0.52))
        if row["证件号码"] not in numbers:
            numbers.add(row["证件号码"])
            good.append(row)
    return Ledger(good, _spoilt(rng, people))


def write_ledger(path: Path, rows: list[Row]) -> None:
    """As agencies hand it over: CSV with Chinese headers, UTF-8 with a byte order mark, as spreadsheets write it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, HEADERS)
        writer.writeheader()
        writer.writerows(rows)


def _person(rng: Generator, number: int, *, woman: bool) -> Row:
    born = _FIRST_BIRTH + timedelta(days=int(rng.integers(_BIRTH_DAYS)))
    area = str(rng.choice(_AREAS))
    surname = _SURNAMES[int(rng.integers(len(_SURNAMES)))]
    given = str(rng.choice(_GIVEN_FEMALE if woman else _GIVEN_MALE))
    kind = str(rng.choice(_KINDS))
    award = born + timedelta(days=round(60 * 365.25))
    return {
        "人员编号": f"TS{number:06d}",
        "证件号码": _id_number(rng, area, f"{born:%Y%m%d}", woman=woman),
        "姓名": surname + given,
        "性别": "女" if woman else "男",
        "行政区划": area,
        "村(社区)": str(rng.choice(_VILLAGES)),
        "联系电话": f"0315-000{int(rng.integers(10_000)):04d}",
        "险种": kind,
        "待遇开始月份": f"{award:%Y-%m}",
        "月待遇": f"{rng.uniform(180, 320) if kind.startswith('城乡') else rng.uniform(2600, 4800):.2f}",
        "银行账号": f"0000{int(rng.integers(10**12)):012d}",
        "人员标识": "脱贫不稳定" if rng.random() < 0.04 else "",
    }


def _id_number(rng: Generator, area: str, born: str, *, woman: bool) -> str:
    order = _FIRST_ORDER_CODE + 2 * int(rng.integers(22)) + (0 if woman else 1)
    body = f"{area}{born}{order:03d}"
    return body + check_character(body)


def _spoilt(rng: Generator, people: int) -> list[Row]:
    """A wrong check character, a 30th of February, no name, a sum in words."""
    rows = [_person(rng, people + count, woman=True) for count in range(1, 5)]
    number = rows[0]["证件号码"]
    rows[0]["证件号码"] = number[:17] + ("0" if number[17] != "0" else "1")
    rows[1]["证件号码"] = _id_number(rng, rows[1]["行政区划"], "19480230", woman=True)
    rows[2]["姓名"] = ""
    rows[3]["月待遇"] = "贰佰元"
    return rows
