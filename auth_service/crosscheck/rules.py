"""What an agreement means: the rules of linkage in the order of rank. The first that fits decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from auth_service.crosscheck.agreement import Agreement, BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel


class Strength(StrEnum):
    """How far a finding carries. Neither ever acts: both are read by people."""

    STRONG = "strong"
    """ID number and name both say so, and nothing speaks against it: fit to open a case."""
    WEAK = "weak"
    """Worth looking at; supports nothing adverse until somebody has looked."""


@dataclass(frozen=True, slots=True)
class LinkRule:
    """One rule: the levels that it allows for each field, and what it says to people."""

    id: str
    strength: Strength
    ids: frozenset[IdLevel]
    names: frozenset[NameLevel]
    births: frozenset[BirthLevel]
    regions: frozenset[RegionLevel]
    sexes: frozenset[SexLevel]
    zh: str
    en: str

    def fits(self, agreement: Agreement) -> bool:
        return (
            agreement.id in self.ids
            and agreement.name in self.names
            and agreement.birth in self.births
            and agreement.region in self.regions
            and agreement.sex in self.sexes
        )


_ALIKE = (NameLevel.SURNAME_ALIKE, NameLevel.SOUNDS_ALIKE, NameLevel.LOOKS_ALIKE, NameLevel.ONE_CHARACTER)
_ITS_OWN = (IdLevel.EXACT, IdLevel.WIDENED, IdLevel.REPAIRED)
_NOT_ITS_OWN = (IdLevel.NEAR, IdLevel.DIFFERENT, IdLevel.MISSING)
_BIRTH_AGREES = (BirthLevel.EXACT, BirthLevel.PART, BirthLevel.SWAPPED, BirthLevel.NEAR)
_BIRTH_NOT_AGAINST = (*_BIRTH_AGREES, BirthLevel.MISSING)
_SAME_TOWN = (RegionLevel.VILLAGE, RegionLevel.TOWN)
_SAME_COUNTY = (*_SAME_TOWN, RegionLevel.COUNTY)
_SEX_NOT_AGAINST = (SexLevel.SAME, SexLevel.MISSING)


def _rule(  # noqa: PLR0913 - one line of a table
    name: str,
    strength: Strength,
    ids: Iterable[IdLevel],
    names: Iterable[NameLevel],
    zh: str,
    en: str,
    *,
    births: Iterable[BirthLevel] = _BIRTH_NOT_AGAINST,
    regions: Iterable[RegionLevel] = tuple(RegionLevel),
    sexes: Iterable[SexLevel] = _SEX_NOT_AGAINST,
) -> LinkRule:
    sets = (frozenset(ids), frozenset(names), frozenset(births), frozenset(regions), frozenset(sexes))
    return LinkRule(name, strength, *sets, zh, en)


LINK_RULES = (
    _rule(
        "L01", Strength.STRONG, [IdLevel.EXACT], [NameLevel.EXACT],
        "身份证号和姓名完全一致，其他信息不矛盾", "ID number and name are the same, and nothing speaks against it",
    ),
    _rule(
        "L02", Strength.STRONG, [IdLevel.WIDENED], [NameLevel.EXACT],
        "15 位旧号升位后一致，姓名完全一致", "the old 15-digit number is this person's, and the name is the same",
    ),
    _rule(
        "L03", Strength.STRONG, [IdLevel.REPAIRED], [NameLevel.EXACT],
        "身份证号有一处笔误，校验位印证，姓名和出生日期一致",
        "one slip in the ID number, which its check digit confirms; name and birth date agree",
        births=_BIRTH_AGREES,
    ),
    _rule(
        "L04", Strength.STRONG, [IdLevel.REPAIRED], [NameLevel.EXACT],
        "身份证号有一处笔误，校验位印证，姓名一致，同一县区",
        "one slip in the ID number, which its check digit confirms; same name, same county",
        births=[BirthLevel.MISSING], regions=_SAME_COUNTY,
    ),
    _rule(
        "L05", Strength.STRONG, [IdLevel.EXACT, IdLevel.WIDENED], [NameLevel.EXACT],
        "身份证号、姓名、出生日期都一致，只有性别不同：多为填错",
        "ID number, name and birth date are the same, only the sex differs: a slip",
        births=[BirthLevel.EXACT], sexes=[SexLevel.DIFFERENT],
    ),
    _rule(
        "L06", Strength.STRONG, [IdLevel.EXACT, IdLevel.WIDENED], [NameLevel.SURNAME_ALIKE],
        "身份证号一致，名字相同，姓氏只是同音或形近，出生日期一致",
        "the ID number is this person's; same given name, a surname that sounds or looks alike, birth date agrees",
        births=_BIRTH_AGREES,
    ),
    _rule(
        "L20", Strength.WEAK, _NOT_ITS_OWN, [NameLevel.EXACT],
        "姓名、出生日期一致，同一乡镇；身份证号缺失或不同",
        "same name, birth date and town; the ID number is missing or another",
        births=[BirthLevel.EXACT], regions=_SAME_TOWN,
    ),
    _rule(
        "L10", Strength.WEAK, _ITS_OWN, _ALIKE,
        "身份证号一致，姓名只是相近：可能是笔误，也可能写了亲属的号码",
        "the ID number is this person's, the name merely alike: a slip, or a relative's number",
    ),
    _rule(
        "L11", Strength.WEAK, [IdLevel.EXACT, IdLevel.WIDENED], [NameLevel.MISSING],
        "身份证号一致，记录没有姓名", "the ID number is this person's; the record has no name",
    ),
    _rule(
        "L12", Strength.WEAK, _ITS_OWN, [NameLevel.EXACT],
        "身份证号和姓名一致，但出生日期或性别矛盾：可能选错了同名的人",
        "ID number and name agree, birth date or sex does not: perhaps a namesake was picked",
        births=tuple(BirthLevel), sexes=tuple(SexLevel),
    ),
    _rule(
        "L13", Strength.WEAK, [IdLevel.NEAR], [NameLevel.EXACT],
        "身份证号只差一两位，姓名和出生日期一致",
        "the ID number differs in one or two digits; name and birth date agree",
        births=[BirthLevel.EXACT, BirthLevel.PART, BirthLevel.SWAPPED],
    ),
    _rule(
        "L21", Strength.WEAK, _NOT_ITS_OWN, [NameLevel.EXACT],
        "姓名、出生日期一致，同一县区", "same name and birth date in one county",
        births=[BirthLevel.EXACT], regions=[RegionLevel.COUNTY],
    ),
    _rule(
        "L22", Strength.WEAK, _NOT_ITS_OWN, [NameLevel.EXACT],
        "姓名一致，同一乡镇，出生日期部分一致或有笔误",
        "same name and town; the birth date agrees in part or but for a slip",
        births=[BirthLevel.PART, BirthLevel.SWAPPED, BirthLevel.NEAR], regions=_SAME_TOWN,
    ),
    _rule(
        "L23", Strength.WEAK, [IdLevel.NEAR, IdLevel.MISSING], [NameLevel.EXACT],
        "姓名、出生日期一致，地区不同或未写；没有别的身份证号",
        "same name and birth date elsewhere; no other ID number",
        births=[BirthLevel.EXACT], regions=[RegionLevel.DIFFERENT, RegionLevel.MISSING],
    ),
    _rule(
        "L24", Strength.WEAK, _NOT_ITS_OWN, _ALIKE,
        "姓名相近，出生日期一致，同一乡镇", "an alike name, the same birth date and town",
        births=[BirthLevel.EXACT], regions=_SAME_TOWN,
    ),
    _rule(
        "L30", Strength.WEAK, [IdLevel.EXACT, IdLevel.WIDENED], [*_ALIKE, NameLevel.MISSING, NameLevel.DIFFERENT],
        "身份证号一致，姓名不同：可能写了在世亲属的号码，先核实",
        "the ID number is this person's, the name another's: perhaps a living relative's number, ask first",
        births=tuple(BirthLevel), sexes=tuple(SexLevel),
    ),
)  # fmt: skip
"""In order of rank. L0 strong, L1 by number, L2 by name and date, L3 by the number only. source: domain.md section 6
(D01) and 11; an ID number beside a merely alike name stays weak even where the birth date agrees, because forms
fill in the date from the number, and twins share it."""

RESIDUE_RULE = _rule(
    "L40", Strength.WEAK, _NOT_ITS_OWN, [NameLevel.EXACT, *_ALIKE],
    "没有规则命中，但按统计很可能是同一人：姓名相近、出生日期相近",
    "no rule fires, yet probably the same person: the name is alike and the birth date nearly agrees",
    births=_BIRTH_AGREES, regions=(*_SAME_COUNTY, RegionLevel.MISSING),
)  # fmt: skip
"""For what the optional last stage thinks likely (engines/linkage_splink.py); the probability alone raises nothing."""
_ALL_RULES = (*LINK_RULES, RESIDUE_RULE)
_RULES = {rule.id: rule for rule in _ALL_RULES}
_RANKS = {rule.id: place for place, rule in enumerate(_ALL_RULES)}

NAMES_WITHOUT_NUMBER = frozenset(name for rule in _ALL_RULES if rule.ids & {*_NOT_ITS_OWN} for name in rule.names)
"""How names must agree for any rule to fire on a pair whose ID numbers are not the same."""


def judge(agreement: Agreement) -> LinkRule | None:
    """The rule that an agreement meets, or None: this is nobody to ask about. No rule stands on a name alone."""
    return next((rule for rule in LINK_RULES if rule.fits(agreement)), None)


def link_rule(rule_id: str) -> LinkRule:
    """A rule by its id. raises KeyError: there is none"""
    return _RULES[rule_id]


def rank(rule: LinkRule) -> int:
    """Its place in the order; lower goes first."""
    return _RANKS[rule.id]
