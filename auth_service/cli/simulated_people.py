"""A made-up agency with known truth: who lives, who dies, and what happens to whom in one year.

People who do not exist in places that do. Every share is an own decision, written here and in docs/simulation.md: it
makes each rule's cases common enough to be counted, not as common as they are anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import numpy as np
from numpy.random import Generator

from auth_service.beneficiaries.id_number import check_character
from auth_service.beneficiaries.person import BenefitKind

_COUNTIES = (
    "130202", "130203", "130204", "130205", "130207", "130208", "130209", "130224", "130225", "130227", "130229",
    "130281", "130283", "130284",
)  # fmt: skip
"""source: domain.md section 10"""
_TOWNS, _VILLAGES = 8, 12
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN_MEN = "建国志强永福德明树林庆文山长海玉柱宝成立新维民春生贵发金锁有才光荣万和顺义根"
_GIVEN_WOMEN = "秀英桂兰玉珍淑芬凤霞素云春梅月娥敏华爱莲静芳翠香彩琴巧惠改枝焕俊荣菊花瑞"
_HOMOPHONES = dict(zip("英兰珍芬云梅建强福明林海成华芳莲", "瑛岚真纷芸玫健蔷富鸣琳亥城花方连", strict=True))
_COMMON_ORDER = 0.85
"""Of the numbers, with an order code as registries give them; the others lie above, where few are. own decision"""
_YEARS_OLD = (60, 104)
KINDS = (BenefitKind.RESIDENT_PENSION, BenefitKind.EMPLOYEE_PENSION)


class Fate(StrEnum):
    """What the year brings one person besides living on. Nobody has two."""

    NONE = "none"
    DIES = "dies"
    WRONGLY_DEAD = "wrongly_dead"
    """Lives, while a registry's row has them in every field."""
    IMPRISONED = "imprisoned"
    DETAINED = "detained"
    LEFT = "left"
    SHARES_ACCOUNT = "shares_account"
    TWICE = "twice"
    """Stands in the ledger under two numbers."""
    DRAWS_ELSEWHERE = "draws_elsewhere"
    AMOUNT_JUMPS = "amount_jumps"
    ANOTHERS_ACCOUNT = "anothers_account"
    WRONG_BIRTH = "wrong_birth"
    """The ledger has another birth date than the number."""
    TAG_WITHOUT_SOURCE = "tag_without_source"


SHARES: dict[Fate, float] = {
    Fate.DIES: 0.045,
    Fate.WRONGLY_DEAD: 0.0008,
    Fate.IMPRISONED: 0.001,
    Fate.DETAINED: 0.0005,
    Fate.LEFT: 0.0005,
    Fate.SHARES_ACCOUNT: 0.002,
    Fate.TWICE: 0.001,
    Fate.DRAWS_ELSEWHERE: 0.002,
    Fate.AMOUNT_JUMPS: 0.002,
    Fate.ANOTHERS_ACCOUNT: 0.002,
    Fate.WRONG_BIRTH: 0.001,
    Fate.TAG_WITHOUT_SOURCE: 0.002,
}
"""Of all people. source: own decisions, so that some dozens to thousands of people have each of them among a hundred
thousand; they say nothing of how common anything is anywhere."""


@dataclass(slots=True)
class Life:
    """One person and their year. on: the day of what befalls them; other: index of the person whom it concerns too"""

    place: int
    id_number: str
    name: str
    woman: bool
    born: date
    region: str
    kind: BenefitKind
    amount: Decimal
    account: str
    household: int
    fate: Fate = Fate.NONE
    on: date | None = None
    other: int | None = None
    tagged: bool = False
    last_seen: date | None = None

    @property
    def key(self) -> str:
        """As the ledger names them."""
        return f"SIM{self.place:07d}"

    def age_on(self, day: date) -> int:
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


@dataclass(slots=True)
class Agency:
    """Everybody of one agency, and the year that is played: its first day."""

    first_day: date
    lives: list[Life] = field(default_factory=list)

    def with_fate(self, fate: Fate) -> list[Life]:
        return [life for life in self.lives if life.fate is fate]


def made_up(people: int, first_day: date, seed: int) -> Agency:
    """`people` lives, the same for the same numbers. people: at least 200, so that fates have somebody to befall"""
    rng = np.random.default_rng(seed)
    agency = Agency(first_day)
    numbers: set[str] = set()
    while len(agency.lives) < people:
        life = _life(rng, agency, len(agency.lives))
        if life.id_number not in numbers:
            numbers.add(life.id_number)
            agency.lives.append(life)
    _befall(agency, rng)
    return agency


def homophone(name: str) -> str | None:
    """The name with one character that sounds the same; None where no character of it is known to have one."""
    for place, character in enumerate(name):
        if character in _HOMOPHONES:
            return name[:place] + _HOMOPHONES[character] + name[place + 1 :]
    return None


def _life(rng: Generator, agency: Agency, place: int) -> Life:
    with_the_last = bool(agency.lives) and rng.random() < 0.45
    last = agency.lives[-1] if agency.lives else None
    woman = bool(rng.random() < 0.53)
    region = last.region if with_the_last and last else _region(rng)
    youngest, oldest = _YEARS_OLD
    years = min(oldest, youngest + rng.gamma(2.2, 6.0))
    born = agency.first_day - timedelta(days=round(years * 365.25) + int(rng.integers(1, 365)))
    given = _GIVEN_WOMEN if woman else _GIVEN_MEN
    count = 1 if rng.random() < 0.12 else 2
    name = _SURNAMES[int(rng.integers(len(_SURNAMES)))] + "".join(str(one) for one in rng.choice(list(given), count))
    kind = KINDS[int(rng.random() < 0.4)]
    low, high = (180, 320) if kind is BenefitKind.RESIDENT_PENSION else (2600, 4800)
    return Life(
        place, _number(rng, region[:6], born, woman=woman), name, woman, born, region, kind,
        Decimal(int(rng.integers(low * 100, high * 100))).scaleb(-2), f"0000{int(rng.integers(10**14)):014d}",
        last.household if with_the_last and last else place, tagged=bool(rng.random() < 0.06),
        last_seen=agency.first_day - timedelta(days=int(rng.integers(20, 330))),
    )  # fmt: skip


def _region(rng: Generator) -> str:
    county = _COUNTIES[int(rng.integers(len(_COUNTIES)))]
    return f"{county}{100 + int(rng.integers(_TOWNS)):03d}{200 + int(rng.integers(_VILLAGES)):03d}"


def _number(rng: Generator, county: str, born: date, *, woman: bool) -> str:
    order = 950 + 2 * int(rng.integers(24)) + (0 if woman else 1)
    if rng.random() < _COMMON_ORDER:
        order = 2 * int(rng.integers(1, 450)) + (0 if woman else 1)
    body = f"{county}{born:%Y%m%d}{order:03d}"
    return body + check_character(body)


def _befall(agency: Agency, rng: Generator) -> None:
    """Gives fates: whole numbers of people by the shares, so that small agencies have each at least once."""
    left = [int(one) for one in rng.permutation(len(agency.lives))]
    for fate, share in SHARES.items():
        for _ in range(max(1, round(share * len(agency.lives)))):
            life = agency.lives[left.pop()]
            life.fate, life.on = fate, agency.first_day + timedelta(days=int(rng.integers(5, 330)))
            if fate in {Fate.SHARES_ACCOUNT, Fate.TWICE}:
                _pair(agency, life, agency.lives[left.pop()])


def _pair(agency: Agency, life: Life, other: Life) -> None:
    """other: becomes the same person again, or the one into whose account both are paid"""
    other.fate, other.other, life.other = life.fate, life.place, other.place
    other.on = life.on
    if life.fate is Fate.SHARES_ACCOUNT:
        other.account = life.account
        return
    other.name, other.woman, other.born, other.region = life.name, life.woman, life.born, life.region
    other.kind = life.kind
    body = life.id_number[:14] + f"{(int(life.id_number[14:17]) + 2) % 1000:03d}"
    taken = {one.id_number for one in agency.lives}
    while body + check_character(body) in taken:
        body = life.id_number[:14] + f"{(int(body[14:17]) + 2) % 1000:03d}"
    other.id_number = body + check_character(body)
