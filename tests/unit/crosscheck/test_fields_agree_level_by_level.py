"""Every level of every field: what reaches it, and what falls just short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex, check_character
from auth_service.crosscheck.agreement import (
    BirthLevel,
    IdLevel,
    NameLevel,
    RegionLevel,
    SexLevel,
    agree,
    compare_births,
    compare_names,
    compare_numbers,
    compare_regions,
    compared_person,
    compared_record,
    date_digits,
)
from auth_service.crosscheck.normalise import NumberKind, one_slip_apart, plain_name, repaired, stated_number
from auth_service.crosscheck.records import PersonFacts, RegistryFacts

SOUNDS = {"张": "zhang", "章": "zhang", "伟": "wei", "玮": "wei", "秀": "xiu", "英": "ying", "央": "yang", "兰": "lan",
          "芳": "fang", "芬": "fen", "李": "li", "强": "qiang", "明": "ming"}  # fmt: skip
SHE = "130203195010010029"
"""A whole number: 路北, born 1950-10-01, a woman."""


def test_the_number_of_these_tests_is_whole() -> None:
    assert stated_number(SHE).kind is NumberKind.WHOLE


@pytest.mark.parametrize(
    ("stated", "level"),
    [
        (SHE, IdLevel.EXACT),
        ("１３０２０３ 19501001 0029", IdLevel.EXACT),
        ("130203501001002", IdLevel.WIDENED),
        ("130203501001003", IdLevel.NEAR),
        ("130203501001113", IdLevel.DIFFERENT),
        ("130203195010010092", IdLevel.REPAIRED),
        ("13020319501O010029", IdLevel.REPAIRED),
        ("130203195010010021", IdLevel.REPAIRED),
        ("13020319501001002", IdLevel.REPAIRED),
        ("1302031950100110029", IdLevel.REPAIRED),
        ("130203195110010026", IdLevel.NEAR),
        ("130283193506151231", IdLevel.DIFFERENT),
        ("G12345678", IdLevel.DIFFERENT),
        ("", IdLevel.MISSING),
        ("不详", IdLevel.MISSING),
        ("130203********0029", IdLevel.MISSING),
        ("000000000000000000", IdLevel.MISSING),
        ("130203", IdLevel.MISSING),
    ],
)
def test_a_stated_number_reaches_a_level(stated: str, level: IdLevel) -> None:
    assert compare_numbers(stated_number(stated), SHE) is level


def test_another_persons_whole_number_one_digit_away_is_near_and_never_repaired() -> None:
    """Twins have neighbouring numbers: a right check digit says that it is somebody else's."""
    twin = SHE[:16] + "4"
    twin += check_character(twin)
    assert compare_numbers(stated_number(twin), SHE) is IdLevel.NEAR
    assert repaired(stated_number(twin)) == ()


def test_a_persons_passport_is_compared_as_it_stands() -> None:
    assert compare_numbers(stated_number("g1234 5678"), "G12345678") is IdLevel.EXACT
    assert compare_numbers(stated_number("G12345679"), "G12345678") is IdLevel.DIFFERENT


@given(st.integers(0, 10**17 - 1), st.integers(0, 17), st.sampled_from("0123456789"), st.integers(0, 3))
def test_every_single_slip_that_breaks_a_number_is_repaired_to_it(body: int, place: int, digit: str, kind: int) -> None:
    number = f"{body:017d}" + check_character(f"{body:017d}")
    slipped = [
        number[:place] + digit + number[place + 1 :],
        number[:place] + number[place + 1 : place + 2] + number[place] + number[place + 2 :],
        number[:place] + number[place + 1 :],
        number[:place] + digit + number[place:],
    ][kind]
    stated = stated_number(slipped)
    if stated.kind is NumberKind.BROKEN:
        assert compare_numbers(stated, number) is IdLevel.REPAIRED
        assert number in repaired(stated)


@given(st.integers(0, 10**17 - 1))
def test_what_is_repaired_lies_one_slip_away_and_is_whole(body: int) -> None:
    stated = stated_number(f"{body:017d}5")
    for number in repaired(stated):
        assert one_slip_apart(stated.text, number)
        assert stated_number(number).kind is NumberKind.WHOLE


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("张秀英", "张秀英", NameLevel.EXACT),
        ("张 秀　英", "张秀英", NameLevel.EXACT),
        ("阿不力孜•买买提", "阿不力孜·买买提", NameLevel.EXACT),
        ("阿不力孜买买提", "阿不力孜·买买提", NameLevel.EXACT),
        ("章秀英", "张秀英", NameLevel.SURNAME_ALIKE),
        ("章英", "张英", NameLevel.SOUNDS_ALIKE),
        ("章伟", "张玮", NameLevel.SOUNDS_ALIKE),
        ("ZHANG WEI", "张伟", NameLevel.SOUNDS_ALIKE),
        ("张秀央", "张秀英", NameLevel.LOOKS_ALIKE),
        ("李兰芳", "李兰芬", NameLevel.LOOKS_ALIKE),
        ("章秀央", "张秀英", NameLevel.LOOKS_ALIKE),
        ("张秀明", "张秀英", NameLevel.ONE_CHARACTER),
        ("张秀", "张秀英", NameLevel.ONE_CHARACTER),
        ("张英秀", "张秀英", NameLevel.ONE_CHARACTER),
        ("张？英", "张秀英", NameLevel.ONE_CHARACTER),
        ("张□英", "张*英", NameLevel.ONE_CHARACTER),
        ("张明强", "张秀英", NameLevel.DIFFERENT),
        ("张", "张伟", NameLevel.DIFFERENT),
        ("", "张秀英", NameLevel.MISSING),
        ("???", "张秀英", NameLevel.MISSING),
    ],
)
def test_two_names_reach_a_level_and_it_is_the_same_both_ways(one: str, other: str, level: NameLevel) -> None:
    assert compare_names(plain_name(one), plain_name(other), SOUNDS) is level
    assert compare_names(plain_name(other), plain_name(one), SOUNDS) is level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (19500312, 19500312, BirthLevel.EXACT),
        (19500000, 19500312, BirthLevel.PART),
        (19500300, 19500312, BirthLevel.PART),
        (19500300, 19500300, BirthLevel.PART),
        (19500400, 19500312, BirthLevel.DIFFERENT),
        (19510000, 19500312, BirthLevel.DIFFERENT),
        (19501203, 19500312, BirthLevel.SWAPPED),
        (19500313, 19500312, BirthLevel.NEAR),
        (19590312, 19500312, BirthLevel.NEAR),
        (19500321, 19500312, BirthLevel.NEAR),
        (19500423, 19500312, BirthLevel.DIFFERENT),
        (0, 19500312, BirthLevel.MISSING),
    ],
)
def test_two_birth_dates_reach_a_level_and_it_is_the_same_both_ways(one: int, other: int, level: BirthLevel) -> None:
    assert compare_births(one, other) is level
    assert compare_births(other, one) is level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("130203001201", "130203001201", RegionLevel.VILLAGE),
        ("130203001201", "130203001202", RegionLevel.TOWN),
        ("130203001", "130203001202", RegionLevel.TOWN),
        ("130203001201", "130203002201", RegionLevel.COUNTY),
        ("130203", "130203002201", RegionLevel.COUNTY),
        ("130202001201", "130203001201", RegionLevel.DIFFERENT),
        ("1303", "130203001201", RegionLevel.DIFFERENT),
        ("1302", "130203001201", RegionLevel.MISSING),
        ("", "130203001201", RegionLevel.MISSING),
    ],
)
def test_two_regions_reach_a_level_and_it_is_the_same_both_ways(one: str, other: str, level: RegionLevel) -> None:
    assert compare_regions(one, other) is level
    assert compare_regions(other, one) is level


def test_a_county_that_got_a_new_code_is_still_the_same_county() -> None:
    record = compared_record(RegistryFacts("r", "", "张伟", region="130223001201"))
    person = compared_person(PersonFacts("p", SHE, "张伟", region="130284001201"))
    assert agree(record, person, SOUNDS).region is RegionLevel.VILLAGE


def test_what_the_ledger_leaves_out_is_read_from_the_persons_own_number() -> None:
    person = compared_person(PersonFacts("p", SHE, "张秀英"))
    assert (person.birth, person.sex) == (19501001, Sex.FEMALE)


def test_what_a_record_leaves_out_is_not_read_from_its_number() -> None:
    """It may be a relative's: then the date would agree with the relative's and prove nothing."""
    record = compared_record(RegistryFacts("r", SHE, "张秀英"))
    found = agree(record, compared_person(PersonFacts("p", SHE, "张秀英")), SOUNDS)
    assert (found.birth, found.sex) == (BirthLevel.MISSING, SexLevel.MISSING)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (Sex.MALE, Sex.MALE, SexLevel.SAME),
        (Sex.MALE, Sex.FEMALE, SexLevel.DIFFERENT),
        (None, Sex.MALE, SexLevel.MISSING),
    ],
)
def test_two_sexes_reach_a_level(one: Sex | None, other: Sex, level: SexLevel) -> None:
    record = compared_record(RegistryFacts("r", "", "", one))
    assert agree(record, compared_person(PersonFacts("p", "", "", other)), SOUNDS).sex is level


def test_a_date_is_kept_as_digits_with_zeros_for_what_is_unknown() -> None:
    dates = (None, PartialDate(1950), PartialDate(1950, 3), PartialDate(1950, 3, 12))
    assert [date_digits(one) for one in dates] == [0, 19500000, 19500300, 19500312]
