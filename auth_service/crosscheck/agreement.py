"""How two descriptions of a person agree, field by field. Missing is its own level, never half an agreement."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.region_tree import Regions
from auth_service.crosscheck.normalise import (
    UNREADABLE,
    NumberKind,
    StatedNumber,
    look_alike,
    one_slip_apart,
    plain_name,
    sound_of,
    stated_number,
)
from auth_service.crosscheck.records import PersonFacts, RegistryFacts

present_code = Regions().present
"""A code as it is today, by the ends that everybody knows. Who has a tree of their own hands over today's codes."""


class Level(StrEnum):
    """How far one field agrees. Hashed as its text, which is quick: agreements are looked up very often."""

    __hash__ = str.__hash__


class IdLevel(Level):
    """The record's ID number against the person's."""

    EXACT = "exact"
    WIDENED = "widened"
    """Its 15 digits are the person's number in the old form."""
    REPAIRED = "repaired"
    """It fails its check digit, and one slip (or letters for digits) leads to the person's, whose check digit fits."""
    NEAR = "near"
    """One slip away without a check digit to say so, or two slips."""
    DIFFERENT = "different"
    MISSING = "missing"


class NameLevel(Level):
    """The record's name against the person's."""

    EXACT = "exact"
    """After folding: width, case, spaces and dots aside."""
    SURNAME_ALIKE = "surname_alike"
    """The same two given characters after a surname that sounds or looks alike: relatives do not differ like this."""
    SOUNDS_ALIKE = "sounds_alike"
    """Every character has the same syllable, tone aside; also where one side is written in pinyin."""
    LOOKS_ALIKE = "looks_alike"
    """Every differing character looks or sounds like the other's."""
    ONE_CHARACTER = "one_character"
    """One character differs, is lacking or could not be printed, or two are exchanged."""
    DIFFERENT = "different"
    MISSING = "missing"


class BirthLevel(Level):
    """The record's birth date against the person's."""

    EXACT = "exact"
    PART = "part"
    """One side knows only the year or month, and that agrees."""
    SWAPPED = "swapped"
    """Month and day exchanged."""
    NEAR = "near"
    """One digit differs, or two neighbouring ones are exchanged."""
    DIFFERENT = "different"
    MISSING = "missing"


class RegionLevel(Level):
    """The smallest region that both share, in today's codes."""

    VILLAGE = "village"
    TOWN = "town"
    COUNTY = "county"
    DIFFERENT = "different"
    MISSING = "missing"


class SexLevel(Level):
    """The record's sex against the person's."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing"


class Agreement(NamedTuple):
    """How a record and a person agree, field by field."""

    id: IdLevel
    name: NameLevel
    birth: BirthLevel
    region: RegionLevel
    sex: SexLevel


class Compared(NamedTuple):
    """One side, in the form that is compared.

    number  as stated; a person's is whole
    birth   year, month and day as digits of one number, zeros where unknown; 0 is missing
    region  today's code
    """

    number: StatedNumber
    name: str
    birth: int
    sex: Sex | None
    region: str


def date_digits(birth: PartialDate | None) -> int:
    """A date as `Compared.birth` holds it."""
    return 0 if birth is None else birth.year * 10_000 + (birth.month or 0) * 100 + (birth.day or 0)


def compared_record(facts: RegistryFacts) -> Compared:
    """A record for comparing. Its birth date is its own: read out of its ID number it would prove nothing."""
    return Compared(
        stated_number(facts.id_text), plain_name(facts.name), date_digits(facts.birth), facts.sex,
        present_code(facts.region),
    )  # fmt: skip


def compared_person(facts: PersonFacts) -> Compared:
    """A person for comparing. What the ledger leaves out is read from their own ID number."""
    number = stated_number(facts.id_number)
    birth, sex = date_digits(facts.birth), facts.sex
    if number.kind is NumberKind.WHOLE:
        birth = birth or int(number.text[6:14])
        sex = sex or (Sex.MALE if int(number.text[16]) % 2 else Sex.FEMALE)
    return Compared(number, plain_name(facts.name), birth, sex, present_code(facts.region))


def agree(record: Compared, person: Compared, syllables: Mapping[str, str]) -> Agreement:
    """How a record and a person agree. syllables: see normalise.sound_of"""
    return Agreement(
        compare_numbers(record.number, person.number.text),
        compare_names(record.name, person.name, syllables),
        compare_births(record.birth, person.birth),
        compare_regions(record.region, person.region),
        _sexes(record.sex, person.sex),
    )


def compare_numbers(stated: StatedNumber, number: str) -> IdLevel:
    """stated: the record's. number: the person's."""
    if stated.kind is NumberKind.NONE or not number:
        return IdLevel.MISSING
    if stated.text == number:
        return IdLevel.REPAIRED if stated.misread else IdLevel.EXACT
    if stated.kind is NumberKind.FIFTEEN:
        return _fifteen(stated, number)
    if stated.kind is NumberKind.BROKEN:
        if one_slip_apart(stated.text, number):
            return IdLevel.REPAIRED
        return IdLevel.NEAR if _two_digits_apart(stated.text, number) else IdLevel.DIFFERENT
    both_whole = stated.kind is NumberKind.WHOLE and len(number) == 18
    return IdLevel.NEAR if both_whole and one_slip_apart(stated.text[:17], number[:17]) else IdLevel.DIFFERENT


def _fifteen(stated: StatedNumber, number: str) -> IdLevel:
    full = stated.full
    if full == number:
        return IdLevel.REPAIRED if stated.misread else IdLevel.WIDENED
    return IdLevel.NEAR if len(number) == 18 and one_slip_apart(full[:17], number[:17]) else IdLevel.DIFFERENT


def _two_digits_apart(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 2


def compare_names(one: str, other: str, syllables: Mapping[str, str]) -> NameLevel:
    """Two plain names. syllables: see normalise.sound_of"""
    if one == other and one and UNREADABLE not in one:
        return NameLevel.EXACT
    if not one.strip(UNREADABLE) or not other.strip(UNREADABLE):
        return NameLevel.MISSING
    if UNREADABLE not in one + other:
        if len(one) == 3 == len(other) and one[1:] == other[1:] and _taken_for(one[0], other[0], syllables):
            return NameLevel.SURNAME_ALIKE
        if _sound_alike(one, other, syllables):
            return NameLevel.SOUNDS_ALIKE
    return _shapes(one, other, syllables)


def _sound_alike(one: str, other: str, syllables: Mapping[str, str]) -> bool:
    """Whether two names sound the same. Most do not from their first unlike characters on, which is quickly seen."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            if syllables.get(a, a)[0] != syllables.get(b, b)[0]:
                return False
            break
    return sound_of(one, syllables) == sound_of(other, syllables)


def _shapes(one: str, other: str, syllables: Mapping[str, str]) -> NameLevel:
    if one == other:
        return NameLevel.ONE_CHARACTER
    if len(one) == len(other):
        for a, b in zip(one, other, strict=True):
            if not _taken_for(a, b, syllables):
                break
        else:
            return NameLevel.LOOKS_ALIKE
    return NameLevel.ONE_CHARACTER if len(one + other) > 3 and one_slip_apart(one, other) else NameLevel.DIFFERENT


def _taken_for(one: str, other: str, syllables: Mapping[str, str]) -> bool:
    if one == other or look_alike(one, other):
        return True
    sound = syllables.get(one)
    return sound is not None and sound == syllables.get(other)


def compare_births(one: int, other: int) -> BirthLevel:
    """Two dates as `Compared` holds them."""
    if not one or not other:
        return BirthLevel.MISSING
    if one == other:
        return BirthLevel.EXACT if one % 100 else BirthLevel.PART
    if not one % 100 or not other % 100:
        return _parts(one, other)
    year, month, day = one // 10_000, one // 100 % 100, one % 100
    if year * 10_000 + day * 100 + month == other:
        return BirthLevel.SWAPPED
    return BirthLevel.NEAR if one_slip_apart(str(one), str(other)) else BirthLevel.DIFFERENT


def _parts(one: int, other: int) -> BirthLevel:
    if one // 10_000 != other // 10_000:
        return BirthLevel.DIFFERENT
    months = one // 100 % 100, other // 100 % 100
    return BirthLevel.PART if 0 in months or months[0] == months[1] else BirthLevel.DIFFERENT


def compare_regions(one: str, other: str) -> RegionLevel:
    """Two region codes of today. Where one side knows no more than the county, the county is all they can share."""
    shared = min(len(one), len(other))
    if not shared:
        return RegionLevel.MISSING
    if one[: min(shared, 6)] != other[: min(shared, 6)]:
        return RegionLevel.DIFFERENT
    if shared >= 12 and one == other:
        return RegionLevel.VILLAGE
    if shared >= 9 and one[:9] == other[:9]:
        return RegionLevel.TOWN
    return RegionLevel.COUNTY if shared >= 6 else RegionLevel.MISSING


def _sexes(one: Sex | None, other: Sex | None) -> SexLevel:
    if one is None or other is None:
        return SexLevel.MISSING
    return SexLevel.SAME if one is other else SexLevel.DIFFERENT
